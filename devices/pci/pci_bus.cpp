// Configuration cycles by ports CF8h and CFCh, and conflict-free placement of all windows.
#include "devices/pci/pci_bus.h"

namespace ringdown {
namespace {

// CONFIG_ADDRESS.
using RegisterNumber = Field<u32, 2, 6>;
using FunctionNumber = Field<u32, 8, 3>;
using DeviceNumber = Field<u32, 11, 5>;
using BusNumber = Field<u32, 16, 8>;
using Enable = Field<u32, 31>;
constexpr u32 kAddressWritable =
    RegisterNumber::kMask | FunctionNumber::kMask | DeviceNumber::kMask | BusNumber::kMask | Enable::kMask;

constexpr u32 kConfigAddress = 0;  // offsets from CF8h
constexpr u32 kResetControl = 1;
constexpr u32 kConfigData = 4;

bool overlap(u64 base_a, u64 length_a, u64 base_b, u64 length_b) {
  return base_a < base_b + length_b && base_b < base_a + length_a;
}

}  // namespace

Result<void> PciBus::add(PciFunction& function, PciAddress at) {
  for (const Slot& slot : slots_) {
    if (slot.at == at) {
      return Error{
          fmt::format("PCI function {} cannot be added at 00:{:02x}.{}: {} is there; choose another slot",
                      function.name(), at.device, at.function, slot.function->name())};
    }
  }
  slots_.push_back({at, &function});
  update_decoding();
  return {};
}

PciBus::Slot* PciBus::selected() {
  if (!address_.get<Enable>() || address_.get<BusNumber>() != 0) return nullptr;
  for (Slot& slot : slots_) {
    if (slot.at.device == address_.get<DeviceNumber>() &&
        slot.at.function == address_.get<FunctionNumber>()) {
      return &slot;
    }
  }
  return nullptr;
}

u8 PciBus::selected_register(u32 offset) const {
  return static_cast<u8>(address_.get<RegisterNumber>() * 4 + (offset - kConfigData));
}

u64 PciBus::read(u32 offset, Width width) {
  if (offset >= kConfigData) {
    // Master abort: nobody claims the cycle and the bridge returns all ones.
    const Slot* slot = selected();
    if (slot == nullptr) return open_bus(width);
    slot->function->config_read_begins(selected_register(offset), bytes_of(width));
    return slot->function->read_config(selected_register(offset), width);
  }
  // CONFIG_ADDRESS answers aligned double words only; anything smaller is an ordinary I/O cycle.
  if (offset == kConfigAddress && width == Width::Dword) return address_.value();
  if (offset == kResetControl && width == Width::Byte && reset_control_ != nullptr) {
    return reset_control_->read(0, width);
  }
  return open_bus(width);
}

void PciBus::write(u32 offset, Width width, u64 value) {
  if (offset >= kConfigData) {
    Slot* slot = selected();
    if (slot == nullptr) return;
    log_.write(LogCategory::Pci, "{}: configuration {:02x} <- {:x}", slot->function->name(),
               selected_register(offset), value);
    slot->function->write_config(selected_register(offset), width, static_cast<u32>(value));
    update_decoding();
  } else if (offset == kConfigAddress && width == Width::Dword) {
    address_.assign_masked(static_cast<u32>(value), kAddressWritable);
  } else if (offset == kResetControl && width == Width::Byte && reset_control_ != nullptr) {
    reset_control_->write(0, width, value);
  }
}

void PciBus::update_decoding() {
  struct Decision {
    PciFunction* function;
    std::size_t index;
    PciWindow* window;
    std::optional<u32> base;
  };
  std::vector<Decision> decisions;
  for (Slot& slot : slots_) {
    const std::span<PciWindow> windows = slot.function->windows();
    for (std::size_t i = 0; i < windows.size(); ++i) {
      Decision decision{slot.function, i, &windows[i], slot.function->window_base(i)};
      // Earlier functions win, whatever came first in time: the result depends on registers alone, so a
      // restored machine decodes as the saved one did.
      for (const Decision& earlier : decisions) {
        if (!decision.base || !earlier.base || &space(*earlier.window) != &space(windows[i])) continue;
        if (overlap(*decision.base, windows[i].length, *earlier.base, earlier.window->length))
          decision.base.reset();
      }
      decisions.push_back(decision);
    }
  }
  for (Decision& decision : decisions) {
    PciWindow& window = *decision.window;
    if (!window.placed || window.placed == decision.base) continue;
    if (window.range != nullptr) space(window).detach(*window.placed);
    decision.function->window_detached(decision.index, *window.placed);
    window.placed.reset();
  }
  for (Decision& decision : decisions) {
    PciWindow& window = *decision.window;
    if (!decision.base || window.placed) continue;
    if (window.range != nullptr) {
      const Result<void> attached = space(window).attach(*decision.base, window.length, *window.range,
                                                         decision.function->name(), window.widest);
      if (!attached) {
        log_.write(LogCategory::Pci, "{}: {}", decision.function->name(), attached.error().message);
        continue;
      }
    }
    window.placed = decision.base;
    decision.function->window_attached(decision.index, *decision.base);
    log_.write(LogCategory::Pci, "{}: window {} at {:x}", decision.function->name(), decision.index,
               *decision.base);
  }
}

void PciBus::reset() {
  address_.assign(0);
  for (Slot& slot : slots_) slot.function->reset();
  update_decoding();
}

void PciBus::serialize(Archive& archive) {
  archive(address_);
  if (archive.loading()) update_decoding();
}

}  // namespace ringdown
