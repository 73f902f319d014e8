// The counting, gating and latching of one 8254 counter.
#include "devices/timers/pit_counter.h"

#include <algorithm>

namespace ringdown {
namespace {

// Status byte, above the bits of the control word (8254 data sheet, "Read-Back Command").
using StatusNullCount = Field<u8, 6>;
using StatusOut = Field<u8, 7>;

/// Pulses of a clock as fast as 10 MHz in all of virtual time: what lies behind is no pulse of a machine.
constexpr u64 kLastPulse = u64{1} << 48;

}  // namespace

PitCounter::Mode PitCounter::mode() const {
  // The highest mode bit is a don't-care for modes 2 and 3: 6 and 7 are the same.
  const u8 bits = ControlMode::get(control_);
  return static_cast<Mode>(bits > static_cast<u8>(Mode::HardwareStrobe) ? bits - 4 : bits);
}

u32 PitCounter::encode(u32 count) const {
  if (!bcd()) return count & 0xffff;
  count %= 10'000;
  return (count / 1000) << 12 | (count / 100 % 10) << 8 | (count / 10 % 10) << 4 | count % 10;
}

u32 PitCounter::decode(u16 value) const {
  u32 count = value;
  // Digits above nine are what the guest asked for; the chip's result is undefined, here they weigh as is.
  if (bcd()) count = (value >> 12) * 1000 + (value >> 8 & 15) * 100 + (value >> 4 & 15) * 10 + (value & 15);
  count %= modulus();
  return count == 0 ? modulus() : count;
}

void PitCounter::program(u64 pulse, u8 control_word) {
  freeze(pulse);
  control_ = control_word & kControlBits;
  out_ = mode() != Mode::TerminalCount;
  armed_ = strobing_ = load_pending_ = written_ = loaded_ = false;
  null_count_ = true;
  high_byte_next_write_ = high_byte_next_read_ = false;
  latched_count_.reset();
  latched_status_.reset();
  value_ %= modulus();
}

/// Stops counting: the element keeps what it has.
void PitCounter::freeze(u64 pulse) {
  value_ = element(pulse);
  origin_ = pulse;
  counting_ = false;
}

void PitCounter::write(u64 pulse, u8 value) {
  advance(pulse);
  switch (access()) {
    case Access::Low:
      register_ = decode(value);
      break;
    case Access::High:
      register_ = decode(static_cast<u16>(value << 8));
      break;
    case Access::LowThenHigh:
    case Access::Latch:
      high_byte_next_write_ = !high_byte_next_write_;
      if (high_byte_next_write_) {
        low_byte_ = value;
        // Mode 0: the first byte stops counting and lowers OUT at once.
        if (mode() == Mode::TerminalCount) {
          freeze(pulse);
          armed_ = load_pending_ = out_ = false;
        }
        return;
      }
      register_ = decode(static_cast<u16>(value << 8 | low_byte_));
      break;
  }
  count_written(pulse);
}

void PitCounter::count_written(u64 pulse) {
  null_count_ = written_ = true;
  if (mode() == Mode::TerminalCount) out_ = false;
  // Modes 1 and 5 wait for a trigger, a second count of modes 2 and 3 for the end of a (half) period or a
  // trigger; all others go to the element at the next pulse, whatever GATE is.
  if (triggered() || (periodic() && loaded_)) return;
  load_next(pulse);
}

void PitCounter::load_next(u64 pulse) {
  load_pending_ = true;
  load_at_ = pulse + 1;
}

void PitCounter::load(u64 pulse) {
  load_pending_ = null_count_ = false;
  loaded_ = armed_ = true;
  period_ = register_;
  value_ = period_ % modulus();
  origin_ = pulse;
  counting_ = triggered() || gate_;
  if (periodic()) out_ = true;
  if (mode() == Mode::HardwareOneShot) out_ = false;
}

u64 PitCounter::half_period() const {
  // An odd count is high one pulse longer than low; a count of 1 is not allowed and kept from standing still.
  return std::max<u64>(1, out_ ? (u64{period_} + 1) / 2 : period_ / 2);
}

void PitCounter::advance(u64 pulse) {
  // The pulse that loads the element does not decrement it: the old count cannot end then.
  if (load_pending_ && pulse >= load_at_) {
    advance_once(load_at_ - 1);
    load(load_at_);
  }
  if (counting_ && pulse > origin_) {
    switch (mode()) {
      case Mode::RateGenerator:
        advance_rate(pulse);
        break;
      case Mode::SquareWave:
        advance_square(pulse);
        break;
      case Mode::TerminalCount:
      case Mode::HardwareOneShot:
      case Mode::SoftwareStrobe:
      case Mode::HardwareStrobe:
        advance_once(pulse);
        break;
    }
  }
  // GATE has no say in how long a strobe is.
  if (strobing_ && pulse >= strobe_end_) {
    strobing_ = false;
    out_ = true;
  }
}

void PitCounter::advance_rate(u64 pulse) {
  if (null_count_ && pulse - origin_ >= period_) load(origin_ + period_);
  origin_ += (pulse - origin_) / period_ * period_;
  // OUT is low for the pulse in which the element is one.
  out_ = period_ - (pulse - origin_) != 1;
}

void PitCounter::advance_square(u64 pulse) {
  if (null_count_ && pulse - origin_ >= half_period()) {
    const bool out = !out_;
    load(origin_ + half_period());
    out_ = out;
  }
  const u64 high = std::max<u64>(1, (u64{period_} + 1) / 2);
  const u64 low = std::max<u64>(1, period_ / 2);
  origin_ += (pulse - origin_) / (high + low) * (high + low);
  if (pulse - origin_ >= half_period()) {
    origin_ += half_period();
    out_ = !out_;
  }
}

void PitCounter::advance_once(u64 pulse) {
  if (!counting_ || !armed_ || periodic()) return;
  const u64 expires = origin_ + (value_ == 0 ? modulus() : value_);
  if (pulse < expires) return;
  armed_ = false;
  strobing_ = mode() == Mode::SoftwareStrobe || mode() == Mode::HardwareStrobe;
  strobe_end_ = expires + 1;
  out_ = !strobing_;
  origin_ = expires;
  value_ = 0;
}

bool PitCounter::out(u64 pulse) {
  advance(pulse);
  return out_;
}

std::optional<u64> PitCounter::next_change(u64 pulse) {
  advance(pulse);
  std::optional<u64> next;
  const auto consider = [&next](u64 candidate) { next = next ? std::min(*next, candidate) : candidate; };
  if (load_pending_) consider(load_at_);
  if (strobing_) consider(strobe_end_);
  if (!counting_) return next;
  if (mode() == Mode::RateGenerator) {
    const u64 low_at = origin_ + period_ - 1;
    consider(pulse < low_at ? low_at : origin_ + period_);
  } else if (mode() == Mode::SquareWave) {
    consider(origin_ + half_period());
  } else if (armed_) {
    consider(origin_ + (value_ == 0 ? modulus() : value_));
  }
  return next;
}

void PitCounter::set_gate(u64 pulse, bool gate) {
  advance(pulse);
  if (gate == gate_) return;
  gate_ = gate;
  if (triggered()) {
    // A trigger; before the first count the counter is not armed. The low level does nothing.
    if (gate && written_) load_next(pulse);
  } else if (!gate) {
    freeze(pulse);
    // Modes 2 and 3: OUT goes high at once.
    if (periodic()) out_ = true;
  } else if (periodic()) {
    if (loaded_) load_next(pulse);
  } else {
    origin_ = pulse;
    counting_ = loaded_ && !half_written();
  }
}

u32 PitCounter::element(u64 pulse) {
  advance(pulse);
  if (!counting_) return value_;
  const u64 elapsed = pulse - std::min(pulse, origin_);
  if (mode() == Mode::RateGenerator) return static_cast<u32>((period_ - elapsed) % modulus());
  if (mode() == Mode::SquareWave) {
    // Counts down by two, from the even number at or below the count.
    const u64 from = period_ & ~1u;
    return static_cast<u32>((from - std::min<u64>(from, 2 * elapsed)) % modulus());
  }
  return static_cast<u32>((value_ + modulus() - elapsed % modulus()) % modulus());
}

u8 PitCounter::status(u64 pulse) {
  advance(pulse);
  return StatusOut::with(StatusNullCount::with(control_, null_count_), out_);
}

void PitCounter::latch_count(u64 pulse) {
  // A second latch before the first was read is ignored.
  if (!latched_count_) latched_count_ = static_cast<u16>(encode(element(pulse)));
}

void PitCounter::latch_status(u64 pulse) {
  if (!latched_status_) latched_status_ = status(pulse);
}

u8 PitCounter::read(u64 pulse) {
  if (latched_status_) {
    const u8 value = *latched_status_;
    latched_status_.reset();
    return value;
  }
  const u16 count = latched_count_ ? *latched_count_ : static_cast<u16>(encode(element(pulse)));
  bool high = access() == Access::High;
  bool last = true;
  if (access() == Access::LowThenHigh) {
    high = high_byte_next_read_;
    last = high;
    high_byte_next_read_ = !high_byte_next_read_;
  }
  if (last) latched_count_.reset();
  return static_cast<u8>(high ? count >> 8 : count);
}

void PitCounter::serialize(Archive& archive) {
  archive(control_, gate_, out_, counting_, armed_, strobing_, load_pending_, written_, loaded_, null_count_,
          high_byte_next_write_, high_byte_next_read_, low_byte_, register_, period_, load_at_, strobe_end_,
          origin_, value_, latched_count_, latched_status_);
  const auto is_count = [](u32 count) { return count >= 1 && count <= 0x1'0000; };
  const auto is_pulse = [](u64 pulse) { return pulse <= kLastPulse; };
  // An access of 0 is no control word but a latch command.
  if (control_ > kControlBits || access() == Access::Latch || !is_count(register_) || !is_count(period_) ||
      value_ > 0xffff || !is_pulse(load_at_) || !is_pulse(strobe_end_) || !is_pulse(origin_)) {
    archive.fail("8254 counter state is impossible");
    const bool gate = gate_;
    *this = PitCounter();
    gate_ = gate;
  }
}

}  // namespace ringdown
