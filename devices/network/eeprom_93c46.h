// The 93C46: 64 words of EEPROM behind three wires, where adapters keep their address.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// A National Semiconductor NM93C46 (data sheet DS011255). Programming takes no time.
class Eeprom93c46 {
 public:
  static constexpr unsigned kWords = 64;
  using Words = std::array<u16, kWords>;

  explicit Eeprom93c46(const Words& words) : words_(words) {}

  /// The pins CS, SK and DI; a bit is taken at the rising edge of the clock.
  void set_pins(bool select, bool clock, bool data);
  /// DO; high while the chip does not drive it.
  bool output() const { return output_; }

  u16 word(unsigned address) const { return words_[address % kWords]; }

  void serialize(Archive& archive);

 private:
  enum class Phase : u8 { Start, Command, Reading, Writing, Done };
  enum class Opcode : u8 { Control = 0, Write = 1, Read = 2, Erase = 3 };

  void clock_in(bool bit);
  void decode();
  void begin_reading();
  void program();

  Words words_;
  bool select_ = false;
  bool clock_ = false;
  bool output_ = true;
  bool writable_ = false;  // between EWEN and EWDS
  Phase phase_ = Phase::Start;
  u16 shift_ = 0;  // bits that came in, or that go out
  u8 bits_ = 0;    // how many of them
  u8 command_ = 0;
};

}  // namespace ringdown
