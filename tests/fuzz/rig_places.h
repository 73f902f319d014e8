// Where the fuzzed boards have their registers.
#pragma once

#include <span>

#include "core/pci_function.h"
#include "core/types.h"

namespace ringdown::test {

/// Which devices a rig is about.
enum class RigBoard : u8 {
  Drives,   // disks, CD-ROM and floppy drives
  Network,  // one network adapter of each kind, and a virtio disk
};

/// Where `DeviceRig::set_up` puts the functions that firmware places.
namespace rig_base {
inline constexpr u32 kBusMaster = 0xc000, kPower = 0x600, kSmbus = 0x700, kFrameBuffer = 0xe000'0000;
inline constexpr u32 kE1000Ports = 0xc100, kPcnetPorts = 0xc200, kRtl8029Ports = 0xc300,
                     kVirtioNetPorts = 0xc400, kVirtioDiskPorts = 0xc500;
inline constexpr u32 kE1000 = 0xfe00'0000, kPcnet = 0xfe04'0000, kVirtioNet = 0xfe08'0000,
                     kVirtioDisk = 0xfe0c'0000;
}  // namespace rig_base

/// The network adapters of RigBoard::Network, by number.
enum class RigCard : u8 { E1000 = 0, Pcnet = 1, Rtl8029 = 2, Virtio = 3 };
PciAddress pci_address(RigCard card);

struct Place {
  u32 base;
  u32 length;
};

struct RigPlaces {
  std::span<const Place> ports;
  std::span<const Place> memory;
  std::span<const PciAddress> functions;
};
const RigPlaces& places_of(RigBoard board);

}  // namespace ringdown::test
