// The PIIX3 ISA bridge: routes PCI interrupts to ISA interrupts and holds the reset control register.
#pragma once

#include <array>
#include <bitset>

#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/machine_control.h"
#include "core/pci_function.h"

namespace ringdown {

/// Function 0 of the 82371SB (Intel 290550). As a sink it has one input per PCI interrupt pin
/// (`pci_router_input`) and `kSciInput`.
class Piix3 final : public PciFunction, public InterruptSink {
 public:
  /// The power management function's SCI, which shares IRQ 9 with whatever is routed there.
  static constexpr unsigned kSciInput = kPciRouterInputs;

  /// `isa_interrupts` takes IRQ 0 to 15 (both PICs and the I/O APIC); only IRQs that a PCI interrupt was
  /// routed to, and IRQ 9, are ever driven.
  Piix3(InterruptSink& isa_interrupts, MachineControl& control, Log& log);

  /// RCR: connect to the bus as the register at CF9h.
  BusRange& reset_control() { return reset_control_window_; }

  void set_input(unsigned pin, Level level) override;
  void reset() override;

  ChunkTag chunk_tag() const override { return ChunkTag("PIX3"); }
  void serialize(Archive& archive) override;

 private:
  static constexpr unsigned kPirqs = 4;

  u64 read_reset_control(u32 offset, Width width);
  void write_reset_control(u32 offset, Width width, u64 value);
  void config_written(u8 offset, unsigned length) override;
  void config_restored() override { drive_outputs(); }
  /// Puts the OR of everything routed to each IRQ on its wire.
  void drive_outputs();

  InterruptSink& isa_interrupts_;
  MachineControl& control_;
  Log& log_;
  Window<Piix3, &Piix3::read_reset_control, &Piix3::write_reset_control> reset_control_window_{*this};
  u8 reset_control_ = 0;                      // RCR
  std::bitset<kPciRouterInputs + 1> inputs_;  // wires: their devices drive them again after a restore
  std::array<u16, kPirqs> asserted_{};        // inputs high per PIRQ, likewise
  u16 driven_ = 0;                            // IRQ wires now high, likewise
};

}  // namespace ringdown
