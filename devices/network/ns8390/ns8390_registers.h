// Registers of the DP8390D (National Semiconductor TL/F/8582, chapter 10) and their fields.
#pragma once

#include "core/field.h"
#include "core/types.h"

namespace ringdown::ns8390 {

/// Register 0 is the command register on every page.
inline constexpr unsigned kCommand = 0x0;
inline constexpr unsigned kRegisters = 16;

enum class Page0Read : u8 {
  CurrentLocal0 = 0x1,  // CLDA0, 1
  CurrentLocal1 = 0x2,
  Boundary = 0x3,        // BNRY
  TransmitStatus = 0x4,  // TSR
  Collisions = 0x5,      // NCR
  Fifo = 0x6,
  InterruptStatus = 0x7,  // ISR
  CurrentRemote0 = 0x8,   // CRDA0, 1
  CurrentRemote1 = 0x9,
  ReceiveStatus = 0xc,  // RSR
  Tally0 = 0xd,         // CNTR0 to 2
  Tally1 = 0xe,
  Tally2 = 0xf,
};

enum class Page0Write : u8 {
  PageStart = 0x1,       // PSTART
  PageStop = 0x2,        // PSTOP
  Boundary = 0x3,        // BNRY
  TransmitPage = 0x4,    // TPSR
  TransmitCount0 = 0x5,  // TBCR0, 1
  TransmitCount1 = 0x6,
  InterruptStatus = 0x7,  // ISR
  RemoteStart0 = 0x8,     // RSAR0, 1
  RemoteStart1 = 0x9,
  RemoteCount0 = 0xa,  // RBCR0, 1
  RemoteCount1 = 0xb,
  ReceiveConfiguration = 0xc,   // RCR
  TransmitConfiguration = 0xd,  // TCR
  DataConfiguration = 0xe,      // DCR
  InterruptMask = 0xf,          // IMR
};

/// Page 1: read and written alike.
inline constexpr unsigned kPhysicalAddress = 0x1;  // PAR0 to 5
inline constexpr unsigned kCurrentPage = 0x7;      // CURR
inline constexpr unsigned kMulticast = 0x8;        // MAR0 to 7

/// Page 2 is for diagnosis. What it reads:
enum class Page2Read : u8 {
  PageStart = 0x1,
  PageStop = 0x2,
  RemoteNextPacket = 0x3,
  TransmitPage = 0x4,
  LocalNextPacket = 0x5,
  AddressCounter1 = 0x6,
  AddressCounter0 = 0x7,
  ReceiveConfiguration = 0xc,
  TransmitConfiguration = 0xd,
  DataConfiguration = 0xe,
  InterruptMask = 0xf,
};
/// What it writes:
enum class Page2Write : u8 {
  CurrentLocal0 = 0x1,
  CurrentLocal1 = 0x2,
  RemoteNextPacket = 0x3,
  LocalNextPacket = 0x5,
  AddressCounter1 = 0x6,
  AddressCounter0 = 0x7,
};

enum class RemoteCommand : u8 { None = 0, Read = 1, Write = 2, SendPacket = 3, Abort = 4 };

// CR.
using Stop = Field<u8, 0>;      // STP
using Start = Field<u8, 1>;     // STA
using Transmit = Field<u8, 2>;  // TXP
using Remote = Field<u8, 3, 3>;
using Page = Field<u8, 6, 2>;

// ISR and IMR.
using PacketReceived = Field<u8, 0>;     // PRX
using PacketTransmitted = Field<u8, 1>;  // PTX
using Overwrite = Field<u8, 4>;          // OVW
using CounterOverflow = Field<u8, 5>;    // CNT
using RemoteComplete = Field<u8, 6>;     // RDC
using ResetStatus = Field<u8, 7>;        // RST: never interrupts
inline constexpr u8 kInterrupts = 0x7f;

// DCR.
using WordTransfer = Field<u8, 0>;    // WTS
using ByteOrder = Field<u8, 1>;       // BOS
using LongAddress = Field<u8, 2>;     // LAS
using AutoInitialize = Field<u8, 4>;  // ARM
inline constexpr u8 kDataConfigurationOnes = 0x80;

// TCR.
using InhibitCrc = Field<u8, 0>;  // CRC
using Loopback = Field<u8, 1, 2>;
inline constexpr u8 kLoopbackInController = 1;
inline constexpr u8 kLoopbackInEncoder = 2;
inline constexpr u8 kLoopbackOnCable = 3;
inline constexpr u8 kTransmitConfigurationOnes = 0xe0;

// TSR.
using TransmittedGood = Field<u8, 0>;            // PTX
using CarrierLost = Field<u8, 4>;                // CRS
using HeartbeatFailed = Field<u8, 6>;            // CDH
inline constexpr u8 kTransmitStatusOnes = 0x02;  // table "Loopback modes", chapter 12

// RCR.
using AcceptRunts = Field<u8, 1>;      // AR
using AcceptBroadcast = Field<u8, 2>;  // AB
using AcceptMulticast = Field<u8, 3>;  // AM
using Promiscuous = Field<u8, 4>;      // PRO
using Monitor = Field<u8, 5>;          // MON
inline constexpr u8 kReceiveConfigurationOnes = 0xc0;

// RSR.
using ReceivedGood = Field<u8, 0>;      // PRX
using CrcError = Field<u8, 1>;          // CRC
using MissedPacket = Field<u8, 4>;      // MPA
using GroupMatch = Field<u8, 5>;        // PHY
using ReceiverDisabled = Field<u8, 6>;  // DIS

}  // namespace ringdown::ns8390
