// Draws x87 states, numbers and operands that meet the edges of the formats often.
#pragma once

#include <random>
#include <span>

#include "tests/instruction/x87/x87_case.h"

namespace ringdown::test {

class X87Operands {
 public:
  explicit X87Operands(u64 seed) : random_(seed) {}

  u64 bits() { return random_(); }
  u64 below(u64 limit) { return random_() % limit; }

  Float80 number();
  /// A number whose conversion to one of the narrower formats is near a limit or a rounding boundary.
  Float80 near_limit();
  /// Control, status without pending exceptions, tags, pointers, registers.
  void draw_state(X87Image& image);
  /// An operand in one of the formats; only decimal digits where `decimal`.
  void draw_memory(std::span<u8> memory, bool decimal);

  /// One or more numbers of each class: zeros, denormals, pseudo-denormals, normal numbers, unnormals,
  /// infinities, pseudo-infinities, NaNs, pseudo-NaNs.
  static std::span<const Float80> classes();
  /// Singles and doubles of each class.
  static constexpr std::size_t kMemoryPatterns = 22;
  static void set_pattern(std::span<u8> memory, std::size_t pattern);

 private:
  std::mt19937_64 random_;
};

}  // namespace ringdown::test
