// Registers of the 8254x family as the manual names them (Intel 317453, chapter 13).
#pragma once

#include "core/field.h"

namespace ringdown::e1000 {

/// Byte offsets in the memory space.
enum class Offset : u32 {
  Ctrl = 0x0000,
  Status = 0x0008,
  Eecd = 0x0010,
  Eerd = 0x0014,
  CtrlExt = 0x0018,
  Mdic = 0x0020,
  Fcal = 0x0028,
  Fcah = 0x002c,
  Fct = 0x0030,
  Vet = 0x0038,
  Icr = 0x00c0,
  Itr = 0x00c4,
  Ics = 0x00c8,
  Ims = 0x00d0,
  Imc = 0x00d8,
  Rctl = 0x0100,
  Fcttv = 0x0170,
  Txcw = 0x0178,
  Rxcw = 0x0180,
  Tctl = 0x0400,
  Tipg = 0x0410,
  Aifs = 0x0458,
  Ledctl = 0x0e00,
  Pba = 0x1000,
  Fcrtl = 0x2160,
  Fcrth = 0x2168,
  Rdfh = 0x2410,
  Rdft = 0x2418,
  Rdfhs = 0x2420,
  Rdfts = 0x2428,
  Rdfpc = 0x2430,
  Rdbal = 0x2800,
  Rdbah = 0x2804,
  Rdlen = 0x2808,
  Rdh = 0x2810,
  Rdt = 0x2818,
  Rdtr = 0x2820,
  Rxdctl = 0x2828,
  Radv = 0x282c,
  Rsrpd = 0x2c00,
  Txdmac = 0x3000,
  Tdfh = 0x3410,
  Tdft = 0x3418,
  Tdfhs = 0x3420,
  Tdfts = 0x3428,
  Tdfpc = 0x3430,
  Tdbal = 0x3800,
  Tdbah = 0x3804,
  Tdlen = 0x3808,
  Tdh = 0x3810,
  Tdt = 0x3818,
  Tidv = 0x3820,
  Txdctl = 0x3828,
  Tadv = 0x382c,
  Tspmt = 0x3830,

  Statistics = 0x4000,
  Mpc = 0x4010,
  Rlec = 0x4040,
  Xonrxc = 0x4048,
  Xontxc = 0x404c,
  Xoffrxc = 0x4050,
  Xofftxc = 0x4054,
  Fcruc = 0x4058,
  Prc64 = 0x405c,  // and five more
  Gprc = 0x4074,
  Bprc = 0x4078,
  Mprc = 0x407c,
  Gptc = 0x4080,
  Gorcl = 0x4088,
  Gorch = 0x408c,
  Gotcl = 0x4090,
  Gotch = 0x4094,
  Rnbc = 0x40a0,
  Ruc = 0x40a4,
  Roc = 0x40ac,
  Torl = 0x40c0,
  Torh = 0x40c4,
  Totl = 0x40c8,
  Toth = 0x40cc,
  Tpr = 0x40d0,
  Tpt = 0x40d4,
  Ptc64 = 0x40d8,  // and five more
  Mptc = 0x40f0,
  Bptc = 0x40f4,
  Tsctc = 0x40f8,
  Tsctfc = 0x40fc,
  StatisticsEnd = 0x4100,

  Rxcsum = 0x5000,
  Mta = 0x5200,
  Ral0 = 0x5400,  // RAL and RAH of each of 16 addresses
  Rah0 = 0x5404,
  Vfta = 0x5600,
  Wuc = 0x5800,
  Wufc = 0x5808,
  Wus = 0x5810,
  Manc = 0x5820,
  Ipav = 0x5838,
  Ip4at = 0x5840,
  Ip6at = 0x5880,
  Wupl = 0x5900,
  Wupm = 0x5a00,
  Fflt = 0x5f00,
  Ffmt = 0x9000,
  Ffvt = 0x9800,
};

constexpr Offset operator+(Offset base, u32 bytes) {
  return static_cast<Offset>(static_cast<u32>(base) + bytes);
}

/// Sizes of tables.
inline constexpr u32 kReceiveAddresses = 16;
inline constexpr u32 kHashWords = 128;  // of MTA and of VFTA

// CTRL
using FullDuplex = Field<u32, 0>;
using SetLinkUp = Field<u32, 6>;
using ForcedSpeed = Field<u32, 8, 2>;
using ForceSpeed = Field<u32, 11>;
using ForceDuplex = Field<u32, 12>;
using DeviceReset = Field<u32, 26>;
using ReceiveFlowControl = Field<u32, 27>;
using TransmitFlowControl = Field<u32, 28>;
using VlanMode = Field<u32, 30>;
using PhyReset = Field<u32, 31>;
// CTRL on the 82543GC: the pins of its PHY's management interface.
using MdioPin = Field<u32, 20>;        // SWDPIN2
using MdcPin = Field<u32, 21>;         // SWDPIN3
using MdioDirection = Field<u32, 24>;  // SWDPIO2: 1 is out
using MdcDirection = Field<u32, 25>;

// STATUS
using LinkUp = Field<u32, 1>;
using TransmitOff = Field<u32, 4>;
using Speed = Field<u32, 6, 2>;
using DetectedSpeed = Field<u32, 8, 2>;

// EECD: the pins of the EEPROM, and who may use them
namespace eecd {
using Clock = Field<u32, 0>;
using Select = Field<u32, 1>;
using DataIn = Field<u32, 2>;
using DataOut = Field<u32, 3>;
using Request = Field<u32, 6>;
using Grant = Field<u32, 7>;
using Present = Field<u32, 8>;
}  // namespace eecd

// CTRL_EXT
using EepromReset = Field<u32, 13>;
using Sdp4Data = Field<u32, 4>;  // on the 82543GC's adapters the PHY's reset, active low
using Sdp4Direction = Field<u32, 8>;

// MDIC
using MdiData = Field<u32, 0, 16>;
using MdiRegister = Field<u32, 16, 5>;
using MdiPhy = Field<u32, 21, 5>;
using MdiOperation = Field<u32, 26, 2>;
using MdiReady = Field<u32, 28>;
using MdiInterrupt = Field<u32, 29>;
using MdiError = Field<u32, 30>;
inline constexpr u32 kMdiWrite = 1;
inline constexpr u32 kMdiRead = 2;

// ICR, ICS, IMS, IMC
namespace cause {
inline constexpr u32 kTxdw = 1u << 0;
inline constexpr u32 kTxqe = 1u << 1;
inline constexpr u32 kLsc = 1u << 2;
inline constexpr u32 kRxdmt0 = 1u << 4;
inline constexpr u32 kRxo = 1u << 6;
inline constexpr u32 kRxt0 = 1u << 7;
inline constexpr u32 kMdac = 1u << 9;
inline constexpr u32 kPhyInt = 1u << 12;
inline constexpr u32 kTxdLow = 1u << 15;
inline constexpr u32 kSrpd = 1u << 16;
/// Reserved bits among them can be set by ICS and interrupt: Intel's diagnostics count on it.
inline constexpr u32 kAll = 0x1'ffff;
}  // namespace cause

// RCTL
using ReceiverEnable = Field<u32, 1>;
using UnicastPromiscuous = Field<u32, 3>;
using MulticastPromiscuous = Field<u32, 4>;
using LongPacketEnable = Field<u32, 5>;
using LoopbackMode = Field<u32, 6, 2>;
using MinimumThreshold = Field<u32, 8, 2>;
using MulticastOffset = Field<u32, 12, 2>;
using BroadcastAccept = Field<u32, 15>;
using BufferSize = Field<u32, 16, 2>;
using VlanFilterEnable = Field<u32, 18>;
using CfiEnable = Field<u32, 19>;
using CfiValue = Field<u32, 20>;
using DiscardPauseFrames = Field<u32, 22>;
using PassMacControl = Field<u32, 23>;
using BufferSizeExtension = Field<u32, 25>;
using StripCrc = Field<u32, 26>;
inline constexpr u32 kMacLoopback = 1;  // LBM

// TCTL
using TransmitterEnable = Field<u32, 1>;
using PadShortPackets = Field<u32, 3>;
using SoftwareXoff = Field<u32, 22>;

// PBA: kilobytes
using ReceiveAllocation = Field<u32, 0, 16>;

// FCRTL, FCRTH
using XonEnable = Field<u32, 31>;
inline constexpr u32 kFifoThreshold = 0xfff8;

// RDTR, TIDV, RADV, TADV
using Delay = Field<u32, 0, 16>;
using FlushDelayed = Field<u32, 31>;

// RXDCTL, TXDCTL
using WriteBackThreshold = Field<u32, 16, 6>;
using Granularity = Field<u32, 24>;
using LowThreshold = Field<u32, 25, 7>;

// RAH
using AddressSelect = Field<u32, 16, 2>;
using AddressValid = Field<u32, 31>;

// WUC
using WakePmeStatus = Field<u32, 2>;

// RXCSUM
using ChecksumStart = Field<u32, 0, 8>;
using IpOffload = Field<u32, 8>;
using TransportOffload = Field<u32, 9>;
using Ipv6Offload = Field<u32, 10>;

}  // namespace ringdown::e1000
