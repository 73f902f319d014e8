// PCI bus 0: configuration mechanism #1 and the placing of every function's windows.
#pragma once

#include <string>
#include <vector>

#include "core/bus.h"
#include "core/log.h"
#include "core/pci_function.h"

namespace ringdown {

/// Routes configuration cycles to functions (PCI Local Bus Specification 2.1, section 3.7.4.1) and keeps the
/// ranges of all functions attached where their configuration space says. Restore it after its functions.
class PciBus final : public Serializable {
 public:
  /// Windows are attached to `ports` and `memory`.
  PciBus(Bus& ports, Bus& memory, Log& log) : ports_(ports), memory_(memory), log_(log) {}

  /// Puts a function in its place. Fails if the place is taken.
  Result<void> add(PciFunction& function, PciAddress at);
  /// The one-byte register at CF9h, between the two configuration ports: the south bridge's reset control.
  void connect_reset_control(BusRange& reset_control) { reset_control_ = &reset_control; }

  /// CONFIG_ADDRESS and CONFIG_DATA: attach 8 bytes at CF8h, widest Dword.
  BusRange& configuration_ports() { return configuration_; }
  static constexpr u32 kConfigurationPortsLength = 8;

  /// RST#: resets every function and detaches every window.
  void reset();

  /// Attaches and detaches windows after configuration space changed. Where two windows overlap, the function
  /// added first is decoded.
  void update_decoding();

  ChunkTag chunk_tag() const override { return ChunkTag("PCIB"); }
  void serialize(Archive& archive) override;

 private:
  struct Slot {
    PciAddress at;
    PciFunction* function;
  };

  u64 read(u32 offset, Width width);
  void write(u32 offset, Width width, u64 value);
  Slot* selected();
  u8 selected_register(u32 offset) const;
  Bus& space(const PciWindow& window) { return window.space == PciSpace::Io ? ports_ : memory_; }

  Bus& ports_;
  Bus& memory_;
  Log& log_;
  std::vector<Slot> slots_;
  BusRange* reset_control_ = nullptr;
  Window<PciBus, &PciBus::read, &PciBus::write> configuration_{*this};
  Register<u32> address_;  // CONFIG_ADDRESS
};

}  // namespace ringdown
