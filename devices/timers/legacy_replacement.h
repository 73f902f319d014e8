// The switch that gives IRQ0 and IRQ8 to the HPET in place of the 8254 and the real-time clock.
#pragma once

#include <array>

#include "core/interrupt_line.h"

namespace ringdown {

/// "LegacyReplacement Route" of the HPET specification 1.0a, section 2.3.5. Its inputs are the four sources;
/// levels are those of their wires and come back with their devices' state.
class LegacyReplacement final : public InterruptSink {
 public:
  enum Input : unsigned { kPit, kRtc, kTimer0, kTimer1 };

  LegacyReplacement(InterruptLine irq0, InterruptLine irq8) : irq0_(irq0), irq8_(irq8) {}

  void set_input(unsigned pin, Level level) override {
    levels_[pin] = level;
    drive();
  }
  /// Whether the HPET's timers 0 and 1 have the two interrupts.
  void set_replaced(bool replaced) {
    replaced_ = replaced;
    drive();
  }

 private:
  void drive() {
    irq0_.set(levels_[replaced_ ? kTimer0 : kPit]);
    irq8_.set(levels_[replaced_ ? kTimer1 : kRtc]);
  }

  InterruptLine irq0_;
  InterruptLine irq8_;
  std::array<Level, 4> levels_{};
  bool replaced_ = false;
};

}  // namespace ringdown
