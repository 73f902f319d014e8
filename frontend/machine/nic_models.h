// The network adapters that a machine can have, by name.
#pragma once

#include <span>
#include <string_view>

#include "frontend/machine/machine_config.h"

namespace ringdown {

enum class NicBus : u8 { Isa, Pci };

struct NicModelRow {
  NicModel model;
  std::string_view name;
  std::string_view meaning;
  NicBus bus;
  /// Of a PCI adapter, as its configuration space has them.
  u16 vendor_id;
  u16 device_id;
  /// The file of iPXE's expansion ROM for it, as Debian's package ipxe-qemu calls it; empty: there is none.
  std::string_view boot_rom;
};

std::span<const NicModelRow> nic_models();
const NicModelRow& row_of(NicModel model);
/// nullptr if there is none of that name.
const NicModelRow* find_nic_model(std::string_view name);

}  // namespace ringdown
