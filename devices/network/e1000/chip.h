// The controllers of the 8254x family that are here, and what tells them apart.
#pragma once

#include "core/types.h"

namespace ringdown::e1000 {

/// In the order in which they came.
enum class Chip : u8 {
  I82543Gc,
  I82540Em,
  I82545Em,
};

inline constexpr u16 kIntel = 0x8086;

/// How software reaches the PHY.
enum class PhyAccess : u8 {
  Pins,          // a management frame, bit by bit, through SWDPIN2 and 3 of CTRL
  MdicRegister,  // MDIC
};

struct ChipTraits {
  u16 device_id;
  u16 subsystem_id;
  u8 revision;
  PhyAccess phy_access;
  u16 phy_identifier;        // the low half: model and revision (Marvell 88E1000, 88E1011)
  u16 phy_extended_control;  // register 20 after a reset: the one's downshift is off
  bool pci_x;                // has the PCI-X capability
};

/// Identifiers as on Intel's adapters: PRO/1000 T Server, MT Desktop and MT Server.
constexpr ChipTraits traits_of(Chip chip) {
  switch (chip) {
    case Chip::I82543Gc:
      return {0x1004, 0x1004, 0x02, PhyAccess::Pins, 0x0c50, 0x0060, false};
    case Chip::I82540Em:
      return {0x100e, 0x001e, 0x02, PhyAccess::MdicRegister, 0x0c24, 0x0d60, false};
    case Chip::I82545Em:
      return {0x100f, 0x1001, 0x01, PhyAccess::MdicRegister, 0x0c24, 0x0d60, true};
  }
  return {};
}

}  // namespace ringdown::e1000
