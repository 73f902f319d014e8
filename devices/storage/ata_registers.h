// The ATA command block and control block registers (ATA/ATAPI-5, T13/1321D, section 7; 48-bit: ATA/ATAPI-6).
#pragma once

#include "core/field.h"
#include "core/types.h"

namespace ringdown {

/// Offsets in the command block. Reads at 1 give Error, at 7 Status; writes Features and Command.
enum class AtaRegister : u8 {
  Data = 0,
  ErrorFeatures = 1,
  SectorCount = 2,
  LbaLow = 3,   // sector number
  LbaMid = 4,   // cylinder low
  LbaHigh = 5,  // cylinder high
  Device = 6,   // device/head
  StatusCommand = 7,
};

namespace ata_status {
inline constexpr u8 kError = 0x01;  // ERR; CHK for packet devices
inline constexpr u8 kDataRequest = 0x08;
inline constexpr u8 kSeekComplete = 0x10;
inline constexpr u8 kDeviceFault = 0x20;
inline constexpr u8 kReady = 0x40;
inline constexpr u8 kBusy = 0x80;
}  // namespace ata_status

namespace ata_error {
inline constexpr u8 kAborted = 0x04;
inline constexpr u8 kIdNotFound = 0x10;
inline constexpr u8 kUncorrectable = 0x40;
inline constexpr u8 kDiagnosticsPassed = 0x01;  // what the register holds after a reset
}  // namespace ata_error

namespace ata_device {
using Head = Field<u8, 0, 4>;
using Drive = Field<u8, 4>;
using Lba = Field<u8, 6>;
inline constexpr u8 kObsolete = 0xa0;  // bits 7 and 5: kept as written
}  // namespace ata_device

namespace ata_control {
using InterruptDisable = Field<u8, 1>;  // nIEN
using SoftwareReset = Field<u8, 2>;     // SRST
using HighOrderByte = Field<u8, 7>;     // HOB
}  // namespace ata_control

/// The Sector Count register of packet commands.
namespace atapi_reason {
inline constexpr u8 kCommand = 0x01;  // C/D: command packet or status, not data
inline constexpr u8 kInput = 0x02;    // I/O: towards the host
}  // namespace atapi_reason

}  // namespace ringdown
