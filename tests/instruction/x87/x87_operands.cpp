// Tables of edge values, and random numbers between them.
#include "tests/instruction/x87/x87_operands.h"

#include <algorithm>
#include <iterator>

#include "cpu/float/classify.h"

namespace ringdown::test {

namespace {

constexpr u64 kTop = float80::kIntegerBit;

constexpr Float80 kClasses[]{
    {0, 0x0000},  // zeros
    {0, 0x8000},
    {1, 0x0000},  // denormals
    {kTop - 1, 0x8000},
    {kTop, 0x0000},  // pseudo-denormals
    {~u64{0}, 0x8000},
    {kTop, 0x0001},  // normal numbers
    {kTop, 0x3FFF},
    {kTop, 0xBFFF},
    {0xC90F'DAA2'2168'C235, 0x4000},
    {0xFFFF'FF80'0000'0000, 0x407E},
    {kTop, 0x403E},
    {~u64{0}, 0x7FFE},
    {~u64{0}, 0xFFFE},
    {kTop - 1, 0x3FFF},  // unnormals
    {0, 0x4000},
    {1, 0x8001},
    {0, 0x7FFF},  // pseudo-infinities
    {0, 0xFFFF},
    {u64{1} << 62, 0x7FFF},  // pseudo-NaNs
    {1, 0xFFFF},
    {kTop, 0x7FFF},  // infinities
    {kTop, 0xFFFF},
    {u64{3} << 62, 0xFFFF},  // quiet NaNs
    {u64{3} << 62 | 0x1234, 0x7FFF},
    {kTop | 1, 0x7FFF},  // signaling NaNs
    {kTop | u64{1} << 61, 0xFFFF},
};

constexpr u32 kSingles[]{0,           0x8000'0000, 1,           0x807F'FFFF, 0x0080'0000, 0x3F80'0000,
                         0xFF7F'FFFF, 0x7F80'0000, 0xFF80'0000, 0x7FC0'0001, 0x7F80'0001};
constexpr u64 kDoubles[]{0,
                         0x8000'0000'0000'0000,
                         1,
                         0x800F'FFFF'FFFF'FFFF,
                         0x0010'0000'0000'0000,
                         0x3FF0'0000'0000'0000,
                         0xFFEF'FFFF'FFFF'FFFF,
                         0x7FF0'0000'0000'0000,
                         0xFFF0'0000'0000'0000,
                         0x7FF8'0000'0000'0001,
                         0x7FF0'0000'0000'0001};
static_assert(std::size(kSingles) + std::size(kDoubles) == X87Operands::kMemoryPatterns);

template <class T>
void put(std::span<u8> memory, const T& value) {
  std::memcpy(memory.data(), &value, sizeof(value));
}

}  // namespace

std::span<const Float80> X87Operands::classes() { return kClasses; }

void X87Operands::set_pattern(std::span<u8> memory, std::size_t pattern) {
  if (pattern < std::size(kSingles)) return put(memory, kSingles[pattern]);
  put(memory, kDoubles[pattern - std::size(kSingles)]);
}

Float80 X87Operands::number() {
  static constexpr u64 kSignificands[]{
      0, 1, kTop, kTop + 1, ~u64{0}, u64{3} << 62, ~u64{0} >> 1, u64{1} << 62, ~u64{0} << 11, ~u64{0} << 40};
  static constexpr u16 kExponents[]{0,      1,      0x3FFE, 0x3FFF, 0x4000, 0x7FFE, 0x7FFF,
                                    0x403E, 0x401E, 0x400E, 0x3F80, 0x3C00, 0x407F, 0x43FF};
  if (below(16) == 0) return kClasses[below(std::size(kClasses))];
  Float80 value;
  value.significand = below(3) == 0 ? kSignificands[below(std::size(kSignificands))] : bits() << below(60);
  value.sign_exponent =
      static_cast<u16>(below(2) == 0 ? kExponents[below(std::size(kExponents))] : 0x3FFF - 40 + below(80));
  if (below(6) != 0) value.significand |= kTop;
  if (below(2) != 0) value.sign_exponent |= float80::kSignBit;
  return value;
}

Float80 X87Operands::near_limit() {
  // Exponents around the ends of single, double, the integers and 18 decimal digits.
  static constexpr u16 kExponents[]{0x3F6A, 0x3F80, 0x3F81, 0x407E, 0x407F, 0x3BCD, 0x3C00,
                                    0x3C01, 0x43FE, 0x43FF, 0x400D, 0x400E, 0x401D, 0x401E,
                                    0x403D, 0x403E, 0x403A, 0x3FFE, 0x3FFF, 0x3FFD};
  // Where a format's last bit is, and the halfway bit behind it.
  static constexpr unsigned kLastBits[]{40, 39, 11, 10, 49, 48, 33, 32, 1, 0, 62, 63};
  const u16 exponent = static_cast<u16>(kExponents[below(std::size(kExponents))] + below(3) - 1);
  u64 significand = bits() << kLastBits[below(std::size(kLastBits))];
  if (below(3) == 0) significand = ~u64{0} << below(64);
  if (below(8) == 0) significand = 0xDE0B'6B3A'763F'FFF0 + below(32);  // 10^18 - 1 at exponent 403A
  if (below(3) == 0) significand += below(3) - 1;
  return {significand | kTop, static_cast<u16>(exponent | (bits() & float80::kSignBit))};
}

void X87Operands::draw_state(X87Image& image) {
  const u64 masks = below(2) != 0 ? x87_exception::kAll : below(64);
  const u64 precision = below(3) == 0 ? below(4) : 3;
  image.control = static_cast<u32>(x87_control::kReservedOne | masks | precision << 8 | below(4) << 10);
  const u64 top = below(8);
  // Only masked flags: an unmasked one would be pending.
  image.status = static_cast<u32>((bits() & 0x4740) | top << 11 | (bits() & masks));
  image.pointers = {static_cast<u32>(bits()), static_cast<u32>(bits()) & 0x07FF'FFFF,
                    static_cast<u32>(bits()), static_cast<u32>(bits()) & 0xFFFF};
  image.tags = below(3) == 0 ? u32{3} << ((top + 7) % 8 * 2) : 0;
  for (unsigned i = 0; i < 8; ++i) {
    if (below(4) == 0) image.tags |= u32{3} << (2 * i);
  }
  Float80 first{};
  for (u8 i = 0; i < 8; ++i) {
    Float80 value = number();
    if (i == 0) first = value;
    if (i != 0 && below(4) == 0)
      value.sign_exponent = static_cast<u16>((first.sign_exponent + below(3)) & float80::kExponentMask);
    image.set_st(i, value);
  }
}

void X87Operands::draw_memory(std::span<u8> memory, bool decimal) {
  for (std::size_t i = 0; i < 16; ++i) memory[i] = static_cast<u8>(bits());
  if (decimal) {
    for (unsigned i = 0; i < 9; ++i) memory[i] = static_cast<u8>(below(10) << 4 | below(10));
    return;
  }
  switch (below(5)) {
    case 0:
      return set_pattern(memory, below(kMemoryPatterns));
    case 1:
      return put(memory, static_cast<s64>(below(2001)) - 1000);
    case 2: {
      const Float80 value = number();
      put(memory, value.significand);
      return put(memory.subspan(8), value.sign_exponent);
    }
    default:
      return;
  }
}

}  // namespace ringdown::test
