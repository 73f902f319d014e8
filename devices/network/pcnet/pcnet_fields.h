// Registers of the Am79C970A by number, and their fields (AMD publication 19436, "User accessible
// registers").
#pragma once

#include "core/field.h"
#include "core/types.h"

namespace ringdown::pcnet {

/// Control and status registers. Those of 32 bits take two numbers, the lower half first.
namespace csr {
inline constexpr unsigned kStatus = 0;
inline constexpr unsigned kInitBlock = 1;  // IADR
inline constexpr unsigned kMasks = 3;      // interrupt masks and deferral control
inline constexpr unsigned kFeatures = 4;   // test and features control
inline constexpr unsigned kExtended = 5;   // extended control and interrupt
inline constexpr unsigned kTableLengths = 6;
inline constexpr unsigned kLogicalFilter = 8;     // LADRF, four registers
inline constexpr unsigned kPhysicalAddress = 12;  // PADR, three registers
inline constexpr unsigned kMode = 15;
inline constexpr unsigned kInitBlockAlias = 16;
inline constexpr unsigned kCurrentReceiveBuffer = 18;   // CRBA
inline constexpr unsigned kCurrentTransmitBuffer = 20;  // CXBA
inline constexpr unsigned kReceiveRing = 24;            // BADR
inline constexpr unsigned kNextReceive = 26;            // NRDA
inline constexpr unsigned kCurrentReceive = 28;         // CRDA
inline constexpr unsigned kTransmitRing = 30;           // BADX
inline constexpr unsigned kNextTransmit = 32;           // NXDA
inline constexpr unsigned kCurrentTransmit = 34;        // CXDA
inline constexpr unsigned kCurrentReceiveCount = 40;    // CRBC
inline constexpr unsigned kCurrentReceiveStatus = 41;   // CRST
inline constexpr unsigned kCurrentTransmitCount = 42;   // CXBC
inline constexpr unsigned kCurrentTransmitStatus = 43;  // CXST
inline constexpr unsigned kPollingInterval = 47;
inline constexpr unsigned kSoftwareStyle = 58;  // an alias of BCR20
inline constexpr unsigned kReceiveCounter = 72;
inline constexpr unsigned kTransmitCounter = 74;
inline constexpr unsigned kReceiveLength = 76;
inline constexpr unsigned kTransmitLength = 78;
inline constexpr unsigned kFifoControl = 80;
inline constexpr unsigned kChipId = 88;
inline constexpr unsigned kRingLengthConversion = 92;
inline constexpr unsigned kBusTimeout = 100;
inline constexpr unsigned kMissedFrames = 112;
inline constexpr unsigned kReceiveCollisions = 114;
inline constexpr unsigned kTest = 124;
}  // namespace csr

/// Bus configuration registers.
namespace bcr {
inline constexpr unsigned kMasterRead = 0;
inline constexpr unsigned kMasterWrite = 1;
inline constexpr unsigned kMiscellaneous = 2;
inline constexpr unsigned kLed0 = 4;  // to 7
inline constexpr unsigned kLed3 = 7;
inline constexpr unsigned kBurst = 18;
inline constexpr unsigned kEeprom = 19;
inline constexpr unsigned kSoftwareStyle = 20;
inline constexpr unsigned kPciLatency = 22;
}  // namespace bcr

// CSR0.
using Init = Field<u16, 0>;
using Start = Field<u16, 1>;
using Stop = Field<u16, 2>;
using TransmitDemand = Field<u16, 3>;  // TDMD
using TransmitterOn = Field<u16, 4>;   // TXON
using ReceiverOn = Field<u16, 5>;      // RXON
using InterruptEnable = Field<u16, 6>;
using InterruptFlag = Field<u16, 7>;
using InitDone = Field<u16, 8>;      // IDON
using TransmitDone = Field<u16, 9>;  // TINT
using ReceiveDone = Field<u16, 10>;  // RINT
using MemoryError = Field<u16, 11>;  // MERR
using Missed = Field<u16, 12>;
using CollisionError = Field<u16, 13>;  // CERR
using Babble = Field<u16, 14>;
using AnyError = Field<u16, 15>;
inline constexpr u16 kStatusClears = 0x7f00;
inline constexpr u16 kMaskable = 0x5f00;  // the bits that CSR3 has masks for
inline constexpr u16 kErrors = 0x7800;

// CSR3.
using LookAhead = Field<u16, 5>;        // LAPPEN
using NoUnderflowStop = Field<u16, 6>;  // DXSUFLO
inline constexpr u16 kMasksWritable = 0x5f7c;

// CSR4: each status has its mask one bit below, but for UINT.
using TransmitStarted = Field<u16, 3>;  // TXSTRT
using UserInterrupt = Field<u16, 6>;    // UINT
using UserCommand = Field<u16, 7>;      // UINTCMD
using MissedOverflow = Field<u16, 9>;   // MFCO
using StripReceived = Field<u16, 10>;   // ASTRP_RCV
using PadTransmitted = Field<u16, 11>;  // APAD_XMT
using DisablePolling = Field<u16, 12>;  // DPOLL
using EnableTest = Field<u16, 15>;      // EN124
inline constexpr u16 kFeatureStatus = 0x022a;
inline constexpr u16 kFeatureClears = kFeatureStatus | UserInterrupt::kMask;
inline constexpr u16 kFeaturesWritable = 0xfd15;

// CSR5: each status has its enable bit one bit below.
using Suspend = Field<u16, 0>;             // SPND
using MagicMode = Field<u16, 1>;           // MPMODE
using MagicEnable = Field<u16, 2>;         // MPEN
using MagicReceived = Field<u16, 4>;       // MPINT
using LastInterruptOnly = Field<u16, 14>;  // LTINTEN
using NoGoodInterrupt = Field<u16, 15>;    // TOKINTD
inline constexpr u16 kExtendedStatus = 0x0a90;
inline constexpr u16 kExtendedWritable = 0xc56f;

// CSR15.
using NoReceiver = Field<u16, 0>;        // DRX
using NoTransmitter = Field<u16, 1>;     // DTX
using Loopback = Field<u16, 2>;          // LOOP
using NoCheckSequence = Field<u16, 3>;   // DXMTFCS
using ForceCollision = Field<u16, 4>;    // FCOLL
using InternalLoopback = Field<u16, 6>;  // INTL
using NoLinkTest = Field<u16, 12>;       // DLNKTST
using NoPhysical = Field<u16, 13>;       // DRCVPA
using NoBroadcast = Field<u16, 14>;      // DRCVBC
using Promiscuous = Field<u16, 15>;      // PROM

// CSR124.
using AcceptRunts = Field<u16, 3>;  // RPA

// BCR2.
using PromWritable = Field<u16, 8>;  // APROMWE

// BCR4 to 7.
using LedLink = Field<u16, 6>;    // LNKSTE
using LedValue = Field<u16, 15>;  // LEDOUT

// BCR18.
using DoubleWordIo = Field<u16, 7>;  // DWIO

// BCR19.
using EepromData = Field<u16, 0>;  // EDI written, EDO read
using EepromClock = Field<u16, 1>;
using EepromSelect = Field<u16, 2>;
using EepromPort = Field<u16, 4>;  // EEN
using EepromPresent = Field<u16, 13>;
using EepromRead = Field<u16, 14>;
using EepromValid = Field<u16, 15>;

// BCR20.
using Style = Field<u16, 0, 8>;     // SWSTYLE
using Wide = Field<u16, 8>;         // SSIZE32
using PcnetBits = Field<u16, 9>;    // CSRPCNET
using ParityMode = Field<u16, 10>;  // APERREN

}  // namespace ringdown::pcnet
