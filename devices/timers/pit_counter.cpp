// The counting, gating and latching of one 8254 counter.
#include "devices/timers/pit_counter.h"

#include <algorithm>

#include "core/field.h"

namespace ringdown {
namespace {

// Status byte (8254 data sheet, "Read-Back Command").
using StatusBcd = Field<u8, 0>;
using StatusMode = Field<u8, 1, 3>;
using StatusAccess = Field<u8, 4, 2>;
using StatusNullCount = Field<u8, 6>;
using StatusOut = Field<u8, 7>;

}  // namespace

u32 PitCounter::encode(u32 count) const {
  if (!bcd_) return count & 0xffff;
  count %= 10'000;
  return (count / 1000) << 12 | (count / 100 % 10) << 8 | (count / 10 % 10) << 4 | count % 10;
}

u32 PitCounter::decode(u16 value) const {
  u32 count = value;
  // Digits above nine are what the guest asked for; the chip's result is undefined, here they weigh as is.
  if (bcd_) count = (value >> 12) * 1000 + (value >> 8 & 15) * 100 + (value >> 4 & 15) * 10 + (value & 15);
  count %= modulus();
  return count == 0 ? modulus() : count;
}

void PitCounter::program(u64 pulse, Access access, Mode mode, bool bcd) {
  advance(pulse);
  access_ = access;
  mode_ = mode;
  bcd_ = bcd;
  out_ = mode != Mode::TerminalCount;
  counting_ = armed_ = strobing_ = load_pending_ = loaded_ = reload_waiting_ = false;
  high_byte_next_write_ = high_byte_next_read_ = false;
  latched_count_.reset();
  latched_status_.reset();
  value_ %= modulus();
  origin_ = pulse;
}

void PitCounter::write(u64 pulse, u8 value) {
  advance(pulse);
  switch (access_) {
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
        if (mode_ == Mode::TerminalCount) {
          value_ = (value_ + modulus() - static_cast<u32>(counting_ ? (pulse - origin_) % modulus() : 0)) %
                   modulus();
          origin_ = pulse;
          counting_ = armed_ = load_pending_ = out_ = false;
        }
        return;
      }
      register_ = decode(static_cast<u16>(value << 8 | low_byte_));
      break;
  }
  count_written(pulse);
}

void PitCounter::count_written(u64 pulse) {
  if (mode_ == Mode::TerminalCount) out_ = false;
  if (triggered()) {
    reload_waiting_ = true;  // the next trigger takes it
  } else if (periodic() && loaded_ && counting_) {
    reload_waiting_ = true;
  } else if (periodic() && !gate_) {
    reload_waiting_ = true;  // the rising edge of GATE starts it
  } else {
    load_pending_ = true;
    load_at_ = pulse + 1;
  }
}

void PitCounter::load(u64 pulse) {
  if (strobing_) out_ = true;
  load_pending_ = reload_waiting_ = strobing_ = false;
  loaded_ = true;
  period_ = register_;
  value_ = period_ % modulus();
  origin_ = pulse;
  armed_ = true;
  counting_ = triggered() || gate_;
  if (periodic()) out_ = true;
  if (mode_ == Mode::HardwareOneShot) out_ = false;
}

u64 PitCounter::half_period() const {
  // An odd count is high one pulse longer than low; a count of 1 is not allowed and kept from standing still.
  return std::max<u64>(1, out_ ? (u64{period_} + 1) / 2 : period_ / 2);
}

void PitCounter::advance(u64 pulse) {
  if (load_pending_ && pulse >= load_at_) {
    // Modes 0 and 4 may expire on the old count in the pulse before the new one is loaded.
    if (!periodic()) advance_once(load_at_);
    load(load_at_);
  }
  if (!counting_ || pulse <= origin_) return;
  switch (mode_) {
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

void PitCounter::advance_rate(u64 pulse) {
  if (reload_waiting_ && pulse - origin_ >= period_) load(origin_ + period_);
  origin_ += (pulse - origin_) / period_ * period_;
  // OUT is low for the pulse in which the element is one.
  out_ = period_ - (pulse - origin_) != 1;
}

void PitCounter::advance_square(u64 pulse) {
  if (reload_waiting_ && pulse - origin_ >= half_period()) {
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
  if (!counting_) return;
  const bool strobe = mode_ == Mode::SoftwareStrobe || mode_ == Mode::HardwareStrobe;
  const u64 expires = origin_ + (value_ == 0 ? modulus() : value_);
  if (armed_ && pulse >= expires) {
    armed_ = false;
    out_ = !strobe;
    strobing_ = strobe;
    origin_ = expires;
    value_ = 0;
  }
  if (strobing_ && pulse > origin_) {
    strobing_ = false;
    out_ = true;
  }
}

bool PitCounter::out(u64 pulse) {
  advance(pulse);
  return out_;
}

std::optional<u64> PitCounter::next_change(u64 pulse) {
  advance(pulse);
  std::optional<u64> next;
  if (load_pending_) next = load_at_;
  const auto consider = [&next](u64 candidate) { next = next ? std::min(*next, candidate) : candidate; };
  if (!counting_) return next;
  if (mode_ == Mode::RateGenerator) {
    const u64 low_at = origin_ + period_ - 1;
    consider(pulse < low_at ? low_at : origin_ + period_);
  } else if (mode_ == Mode::SquareWave) {
    consider(origin_ + half_period());
  } else if (armed_) {
    consider(origin_ + (value_ == 0 ? modulus() : value_));
  } else if (strobing_) {
    consider(origin_ + 1);
  }
  return next;
}

void PitCounter::set_gate(u64 pulse, bool gate) {
  advance(pulse);
  if (gate == gate_) return;
  gate_ = gate;
  if (triggered()) {
    if (gate) {
      load_pending_ = true;
      load_at_ = pulse + 1;
    }
    return;
  }
  if (periodic()) {
    // Low stops counting and raises OUT at once; a rising edge reloads at the next pulse.
    if (!gate) {
      value_ = element(pulse);
      counting_ = false;
      out_ = true;
    } else if (loaded_ || reload_waiting_) {
      load_pending_ = true;
      load_at_ = pulse + 1;
    }
    return;
  }
  if (!gate) {
    if (counting_)
      value_ = static_cast<u32>((value_ + modulus() - (pulse - origin_) % modulus()) % modulus());
    counting_ = false;
  } else {
    counting_ = loaded_;
  }
  origin_ = pulse;
}

u16 PitCounter::element(u64 pulse) {
  advance(pulse);
  if (!counting_) return static_cast<u16>(value_);
  const u64 elapsed = pulse - std::min(pulse, origin_);
  if (mode_ == Mode::RateGenerator) return static_cast<u16>((period_ - elapsed) % modulus());
  if (mode_ == Mode::SquareWave) {
    // Counts down by two, from the even number at or below the count.
    const u64 from = period_ & ~1u;
    return static_cast<u16>((from - std::min<u64>(from, 2 * elapsed)) % modulus());
  }
  return static_cast<u16>((value_ + modulus() - elapsed % modulus()) % modulus());
}

u16 PitCounter::status(u64 pulse) {
  advance(pulse);
  u8 value = StatusBcd::with(0, bcd_);
  value = StatusMode::with(value, static_cast<u8>(mode_));
  value = StatusAccess::with(value, static_cast<u8>(access_));
  value = StatusNullCount::with(value, load_pending_ || reload_waiting_ || !loaded_);
  return StatusOut::with(value, out_);
}

void PitCounter::latch_count(u64 pulse) {
  // A second latch before the first was read is ignored.
  if (!latched_count_) latched_count_ = static_cast<u16>(encode(element(pulse)));
}

void PitCounter::latch_status(u64 pulse) {
  if (!latched_status_) latched_status_ = static_cast<u8>(status(pulse));
}

u8 PitCounter::read(u64 pulse) {
  if (latched_status_) {
    const u8 value = *latched_status_;
    latched_status_.reset();
    return value;
  }
  const u16 count = latched_count_ ? *latched_count_ : static_cast<u16>(encode(element(pulse)));
  bool high = access_ == Access::High;
  bool last = true;
  if (access_ == Access::LowThenHigh) {
    high = high_byte_next_read_;
    last = high;
    high_byte_next_read_ = !high_byte_next_read_;
  }
  if (last) latched_count_.reset();
  return static_cast<u8>(high ? count >> 8 : count);
}

void PitCounter::serialize(Archive& archive) {
  archive(access_, mode_, bcd_, gate_, out_, counting_, armed_, strobing_, load_pending_, loaded_,
          reload_waiting_, high_byte_next_write_, high_byte_next_read_, low_byte_, register_, period_,
          load_at_, origin_, value_, latched_count_, latched_status_);
  const auto in_range = [](u32 count) { return count >= 1 && count <= 0x1'0000; };
  if (access_ > Access::LowThenHigh || mode_ > Mode::HardwareStrobe || !in_range(register_) ||
      !in_range(period_) || value_ > 0xffff) {
    archive.fail("8254 counter state is impossible");
    const bool gate = gate_;
    *this = PitCounter();
    gate_ = gate;
  }
}

}  // namespace ringdown
