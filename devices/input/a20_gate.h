// The gate of address line 20, opened by either of the two devices that a PC has for it.
#pragma once

#include <array>

#include "core/interrupt_line.h"

namespace ringdown {

/// ORs its sources onto A20M# (PIIX3 data sheet, "A20M#"). Its sources hold the state and drive it again
/// after a restore.
class A20Gate {
 public:
  enum class Source : u8 { KeyboardController, Port92 };

  explicit A20Gate(ProcessorPins& pins) : pins_(pins) {}

  void set(Source source, bool enabled) {
    enabled_[static_cast<unsigned>(source)] = enabled;
    pins_.set_a20(enabled_[0] || enabled_[1] ? Level::High : Level::Low);
  }

 private:
  ProcessorPins& pins_;
  std::array<bool, 2> enabled_{};
};

}  // namespace ringdown
