// An interrupt sink that remembers what was done to its inputs.
#pragma once

#include <array>

#include "core/bus.h"
#include "core/interrupt_line.h"

namespace ringdown::test {

/// Levels and rising edges of up to 32 inputs.
class InterruptProbe final : public InterruptSink {
 public:
  void set_input(unsigned pin, Level level) override {
    if (level == Level::High && !high_[pin]) ++edges_[pin];
    high_[pin] = level == Level::High;
  }
  bool high(unsigned pin = 0) const { return high_[pin]; }
  unsigned edges(unsigned pin = 0) const { return edges_[pin]; }
  InterruptLine line(unsigned pin = 0) { return {*this, pin}; }

 private:
  std::array<bool, 32> high_{};
  std::array<unsigned, 32> edges_{};
};

/// Byte accesses to a range of ports.
inline u8 read_byte(BusRange& range, u32 offset) { return static_cast<u8>(range.read(offset, Width::Byte)); }
inline void write_byte(BusRange& range, u32 offset, unsigned value) {
  range.write(offset, Width::Byte, value);
}

}  // namespace ringdown::test
