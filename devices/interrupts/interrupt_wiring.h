// How a PC's interrupt wires fork between its 8259As and its I/O APIC.
#pragma once

#include "core/interrupt_line.h"

namespace ringdown {

/// The sixteen ISA interrupts: each goes to the 8259A pair and to the I/O APIC, where the timer sits on input
/// 2 because input 0 takes the 8259As' INT (MultiProcessor Specification 1.4, section 3.6.2.1).
class IsaInterrupts final : public InterruptSink {
 public:
  IsaInterrupts(InterruptSink& pic, InterruptSink& io_apic) : pic_(pic), io_apic_(io_apic) {}
  void set_input(unsigned pin, Level level) override {
    pic_.set_input(pin, level);
    if (pin != kCascade) io_apic_.set_input(pin == kTimer ? kTimerOnIoApic : pin, level);
  }

 private:
  static constexpr unsigned kTimer = 0;
  static constexpr unsigned kCascade = 2;
  static constexpr unsigned kTimerOnIoApic = 2;
  InterruptSink& pic_;
  InterruptSink& io_apic_;
};

/// One wire soldered to two inputs.
class InterruptFork final : public InterruptSink {
 public:
  InterruptFork(InterruptLine first, InterruptLine second) : first_(first), second_(second) {}
  void set_input(unsigned, Level level) override {
    first_.set(level);
    second_.set(level);
  }

 private:
  InterruptLine first_;
  InterruptLine second_;
};

}  // namespace ringdown
