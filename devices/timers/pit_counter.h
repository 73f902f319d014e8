// One counter of an 8254: its six modes as exact functions of the input clock.
#pragma once

#include <optional>

#include "core/archive.h"
#include "core/field.h"
#include "core/types.h"

namespace ringdown {

/// Time here is the number of the input clock's pulse since the machine began; every call's pulse is at or
/// after the one before. Source: Intel 8254 data sheet, "Mode Definitions".
class PitCounter {
 public:
  enum class Access : u8 { Latch = 0, Low = 1, High = 2, LowThenHigh = 3 };
  enum class Mode : u8 {
    TerminalCount = 0,
    HardwareOneShot = 1,
    RateGenerator = 2,
    SquareWave = 3,
    SoftwareStrobe = 4,
    HardwareStrobe = 5,
  };

  /// Fields of the control word; the status byte of the read-back command repeats them as they were written.
  using ControlBcd = Field<u8, 0>;
  using ControlMode = Field<u8, 1, 3>;
  using ControlAccess = Field<u8, 4, 2, Access>;

  /// A control word for this counter with an access other than Latch.
  void program(u64 pulse, u8 control_word);
  /// One byte of a new count.
  void write(u64 pulse, u8 value);
  /// One byte: of the latched status, the latched count, or the counting element, in this order.
  u8 read(u64 pulse);
  void latch_count(u64 pulse);
  void latch_status(u64 pulse);
  void set_gate(u64 pulse, bool gate);

  bool gate() const { return gate_; }
  bool out(u64 pulse);
  /// The next pulse after `pulse` at which OUT may change; nothing while it stays as it is.
  std::optional<u64> next_change(u64 pulse);

  void serialize(Archive& archive);

 private:
  Mode mode() const;
  Access access() const { return ControlAccess::get(control_); }
  bool bcd() const { return ControlBcd::get(control_); }
  bool periodic() const { return mode() == Mode::RateGenerator || mode() == Mode::SquareWave; }
  /// Modes 1 and 5 count only after a rising edge of GATE.
  bool triggered() const { return mode() == Mode::HardwareOneShot || mode() == Mode::HardwareStrobe; }
  u32 modulus() const { return bcd() ? 10'000 : 0x1'0000; }
  /// In mode 0 the first byte of two stops counting until the second one comes.
  bool half_written() const { return mode() == Mode::TerminalCount && high_byte_next_write_; }
  u32 encode(u32 count) const;
  u32 decode(u16 value) const;
  u64 half_period() const;
  u8 status(u64 pulse);
  u32 element(u64 pulse);
  void freeze(u64 pulse);
  void load_next(u64 pulse);
  void count_written(u64 pulse);
  void load(u64 pulse);
  void advance(u64 pulse);
  void advance_rate(u64 pulse);
  void advance_square(u64 pulse);
  void advance_once(u64 pulse);

  static constexpr u8 kControlBits = 0x3f;

  u8 control_ = ControlAccess::with(0, Access::LowThenHigh);
  bool gate_ = true;
  bool out_ = false;
  bool counting_ = false;      // the element decrements
  bool armed_ = false;         // reaching zero will act on OUT
  bool strobing_ = false;      // modes 4 and 5: OUT is low until strobe_end_
  bool load_pending_ = false;  // the count register goes to the element at load_at_
  bool written_ = false;       // a count was written since the control word
  bool loaded_ = false;        // and one has reached the element
  bool null_count_ = true;     // the last one has not
  bool high_byte_next_write_ = false;
  bool high_byte_next_read_ = false;
  u8 low_byte_ = 0;
  u32 register_ = 0x1'0000;  // the count register as a number, 1 to the modulus
  u32 period_ = 0x1'0000;    // the count in use
  u64 load_at_ = 0;
  u64 strobe_end_ = 0;
  u64 origin_ = 0;  // at this pulse the element held value_ (modes 2, 3: a (half) period began)
  u32 value_ = 0;   // below the modulus: a count of the modulus itself stands as zero
  std::optional<u16> latched_count_;
  std::optional<u8> latched_status_;
};

}  // namespace ringdown
