// The command set of the 82077AA: codes, number of parameters, and the bits of the status registers.
#pragma once

#include "core/field.h"
#include "core/types.h"

namespace ringdown {

enum class FloppyCommand : u8 {
  ReadData,
  ReadDeletedData,
  WriteData,
  WriteDeletedData,
  ReadTrack,
  Verify,
  Version,
  FormatTrack,
  Recalibrate,
  SenseInterruptStatus,
  Specify,
  SenseDriveStatus,
  Seek,
  Configure,
  RelativeSeek,
  DumpRegisters,
  ReadId,
  PerpendicularMode,
  Lock,
  Invalid,
};
inline constexpr FloppyCommand kLastFloppyCommand = FloppyCommand::Invalid;

/// One row of the data sheet's table 5-1.
struct FloppyCommandCode {
  FloppyCommand command;
  u8 variable;  // bits of the code that are the host's choice
  u8 code;
  u8 parameters;  // bytes that follow
};

/// The row that a first byte selects; SCAN commands, which the 82077AA no longer has, are invalid.
const FloppyCommandCode& decode_floppy_command(u8 byte);

/// Bits of a command's first byte.
namespace floppy_code {
using MultiTrack = Field<u8, 7>;
using Mfm = Field<u8, 6>;
using Skip = Field<u8, 5>;
using RelativeInward = Field<u8, 6>;
using LockBit = Field<u8, 7>;
}  // namespace floppy_code

/// The third byte of CONFIGURE.
namespace floppy_configuration {
using ImpliedSeek = Field<u8, 6>;
using NoFifo = Field<u8, 5>;
using NoPolling = Field<u8, 4>;
using Threshold = Field<u8, 0, 4>;
inline constexpr u8 kAll = 0x7f;
inline constexpr u8 kAtReset = 0x20;
inline constexpr u8 kLocked = 0x2f;  // what LOCK keeps through a reset by software
}  // namespace floppy_configuration

/// The byte of PERPENDICULAR MODE, and of DUMPREG without the first bit.
namespace floppy_perpendicular {
using Overwrite = Field<u8, 7>;
using Drives = Field<u8, 2, 4>;
using Mode = Field<u8, 0, 2>;  // GAP, WGATE
}  // namespace floppy_perpendicular

/// Status registers 0 to 3, section 6 of the data sheet.
namespace floppy_status {
inline constexpr u8 kAbnormal = 0x40;  // ST0
inline constexpr u8 kInvalid = 0x80;
inline constexpr u8 kPolled = 0xc0;
inline constexpr u8 kSeekEnd = 0x20;
inline constexpr u8 kEquipmentCheck = 0x10;
inline constexpr u8 kEndOfCylinder = 0x80;  // ST1
inline constexpr u8 kDataError = 0x20;
inline constexpr u8 kOverrun = 0x10;
inline constexpr u8 kNoData = 0x04;
inline constexpr u8 kNotWritable = 0x02;
inline constexpr u8 kMissingAddressMark = 0x01;
inline constexpr u8 kControlMark = 0x40;  // ST2
inline constexpr u8 kDataErrorInData = 0x20;
inline constexpr u8 kWrongCylinder = 0x10;
inline constexpr u8 kWriteProtected = 0x40;  // ST3
inline constexpr u8 kTrack0 = 0x10;
inline constexpr u8 kAlwaysSet = 0x28;
}  // namespace floppy_status

}  // namespace ringdown
