// The table of network adapters.
#include "frontend/machine/nic_models.h"

#include <algorithm>
#include <array>

#include "devices/network/e1000/chip.h"
#include "devices/network/ns8390/rtl8029.h"
#include "devices/network/pcnet/pcnet.h"
#include "devices/virtio/virtio_net.h"
#include "devices/virtio/virtio_pci.h"

namespace ringdown {

namespace {

constexpr u16 device_of(e1000::Chip chip) { return e1000::traits_of(chip).device_id; }

// In the order of NicModel.
constexpr std::array kModels{
    NicModelRow{NicModel::E1000, "e1000", "Intel 82540EM, gigabit, PCI: Linux, Windows 2000 to 7, BSD",
                NicBus::Pci, e1000::kIntel, device_of(e1000::Chip::I82540Em), "pxe-e1000.rom"},
    NicModelRow{NicModel::E1000_82543Gc, "e1000-82543gc", "Intel 82543GC, gigabit, PCI: Windows XP",
                NicBus::Pci, e1000::kIntel, device_of(e1000::Chip::I82543Gc), "pxe-e1000.rom"},
    NicModelRow{NicModel::E1000_82545Em, "e1000-82545em", "Intel 82545EM, gigabit, PCI: servers", NicBus::Pci,
                e1000::kIntel, device_of(e1000::Chip::I82545Em), "pxe-e1000.rom"},
    NicModelRow{NicModel::Ne2000, "ne2000", "Novell NE2000, 10 Mbit/s, ISA: DOS, Windows 3.1 to 98",
                NicBus::Isa, 0, 0, ""},
    NicModelRow{NicModel::Rtl8029, "rtl8029", "Realtek RTL8029, an NE2000 on PCI: Windows 95 to XP",
                NicBus::Pci, Rtl8029::kVendorId, Rtl8029::kDeviceId, "pxe-ne2k_pci.rom"},
    NicModelRow{NicModel::Pcnet, "pcnet", "AMD PCnet-PCI II, 10 Mbit/s, PCI: Windows NT to XP, old Unix",
                NicBus::Pci, Pcnet::kVendorId, Pcnet::kDeviceId, "pxe-pcnet.rom"},
    NicModelRow{NicModel::Virtio, "virtio", "paravirtual, the fastest: Linux from 2.6.25 on, BSD",
                NicBus::Pci, VirtioPci::kVendorId, VirtioNet::kPciDevice, "pxe-virtio.rom"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kModels.size(); ++i) {
    if (kModels[i].model != static_cast<NicModel>(i)) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::span<const NicModelRow> nic_models() { return kModels; }

const NicModelRow& row_of(NicModel model) { return kModels.at(static_cast<std::size_t>(model)); }

const NicModelRow* find_nic_model(std::string_view name) {
  const auto* const row = std::ranges::find(kModels, name, &NicModelRow::name);
  return row != kModels.end() ? row : nullptr;
}

}  // namespace ringdown
