// Draws arguments and runs instructions.
#include "tests/instruction/x87_transcendental/transcendental_cases.h"

#include <catch2/catch.hpp>
#include <random>

#include "cpu/float/classify.h"

namespace ringdown::test {

namespace {

const TranscendentalInstruction kInstructions[]{
    {Transcendental::F2xm1, "f2xm1", {0xD9, 0xF0}},     {Transcendental::Fyl2x, "fyl2x", {0xD9, 0xF1}},
    {Transcendental::Fyl2xp1, "fyl2xp1", {0xD9, 0xF9}}, {Transcendental::Fpatan, "fpatan", {0xD9, 0xF3}},
    {Transcendental::Fsin, "fsin", {0xD9, 0xFE}},       {Transcendental::Fcos, "fcos", {0xD9, 0xFF}},
    {Transcendental::Fptan, "fptan", {0xD9, 0xF2}},     {Transcendental::Fsincos, "fsincos", {0xD9, 0xFB}},
};

constexpr u64 kSeed = 20260711;

class Draw {
 public:
  explicit Draw(Transcendental function) : random_(kSeed + static_cast<u64>(function)) {}

  Arguments arguments(Transcendental function) {
    switch (function) {
      case Transcendental::F2xm1:
        return {number(below(8) == 0 ? -1000 : -70, -1), {}};
      case Transcendental::Fyl2x:
        return {below(2) != 0 ? near_one() : positive(-16380, 16380), number(-300, 300)};
      case Transcendental::Fyl2xp1:
        return {near_zero(), number(-300, 300)};
      case Transcendental::Fpatan:
        return point();
      case Transcendental::Fsin:
      case Transcendental::Fcos:
      case Transcendental::Fptan:
      case Transcendental::Fsincos:
        return {below(3) == 0 ? near_multiple() : number(below(8) == 0 ? -160 : -70, 62), {}};
    }
    return {};
  }

 private:
  u64 below(u64 limit) { return random_() % limit; }

  u64 significand() {
    const u64 bits = random_();
    switch (below(6)) {
      case 0:
        return float80::kIntegerBit | bits >> (1 + below(63));
      case 1:
        return ~(bits >> (1 + below(63)));
      case 2:
        return float80::kIntegerBit | bits << below(63);
      default:
        return float80::kIntegerBit | bits;
    }
  }

  Float80 positive(int low, int high) {
    const int exponent = low + static_cast<int>(below(static_cast<u64>(high - low + 1)));
    return {significand(), static_cast<u16>(float80::kBias + exponent)};
  }
  Float80 number(int low, int high) {
    const Float80 value = positive(low, high);
    return below(2) != 0 ? negate(value) : value;
  }

  /// 1 ± 2^-k and the like, but not 1.
  Float80 near_one() {
    const u64 distance = (random_() >> 1 >> below(62)) | 1;
    if (below(2) != 0) return {float80::kIntegerBit | distance, float80::kBias};
    return {u64{0} - distance, float80::kBias - 1};
  }

  /// From -(1 - √½) to √2 - 1.
  Float80 near_zero() {
    if (below(4) != 0) return number(below(8) == 0 ? -1000 : -70, -3);
    const u64 bits = random_() >> 1;
    constexpr u64 kNegativeRoom = 0x95F6'1998'0C43'36F7 - float80::kIntegerBit;
    constexpr u64 kPositiveRoom = 0xD413'CCCF'E779'9211 - float80::kIntegerBit;
    const bool negative = below(2) != 0;
    const u64 room = negative ? kNegativeRoom : kPositiveRoom;
    const Float80 value{float80::kIntegerBit + bits % room, float80::kBias - 2};
    return negative ? negate(value) : value;
  }

  Arguments point() {
    const Float80 x = number(-3000, 3000);
    Float80 y = number(0, 0);
    const u64 apart = below(8) == 0 ? 160 : 70;
    y.sign_exponent =
        static_cast<u16>(y.sign_exponent - float80::kBias + exponent_field(x) + below(2 * apart) - apart);
    return {x, y};
  }

  /// A number next to a multiple of π/2, of any size.
  Float80 near_multiple() {
    __extension__ typedef unsigned __int128 Wide;
    // 64 bits of π/2, so that the product's upper half is near a multiple for small factors.
    constexpr u64 kHalfPi = 0xC90F'DAA2'2168'C235;
    const u64 factor = 1 + (random_() >> (1 + below(63)));
    const Wide product = static_cast<Wide>(kHalfPi) * factor;
    const u64 high = static_cast<u64>(product >> 64);
    const int shift = high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<u64>(product));
    const int exponent = 64 - shift;
    if (exponent > 62) return number(0, 62);
    const u64 bits = static_cast<u64>(product << shift >> 64) + below(5) - 2;
    const Float80 value{bits | float80::kIntegerBit, static_cast<u16>(float80::kBias + exponent)};
    return below(2) != 0 ? negate(value) : value;
  }

  std::mt19937_64 random_;
};

}  // namespace

std::span<const TranscendentalInstruction> transcendental_instructions() { return kInstructions; }

TranscendentalResult run_transcendental(X87Guest& guest, const TranscendentalInstruction& instruction,
                                        const Arguments& arguments, Rounding rounding) {
  X87State& x87 = guest.cpu().x87;
  x87.initialize();
  x87.control.set<x87_control::RoundingControl>(rounding);
  // Whatever the precision control says, results are rounded to 64 bits (SDM vol. 1, 8.1.5.2).
  x87.control.set<x87_control::PrecisionControl>(Precision::Single);
  constexpr u8 kTop = 4;
  x87.set_top(kTop);
  x87.mark_valid(kTop);
  x87.mark_valid(kTop + 1);
  x87.registers[kTop] = arguments.x;
  x87.registers[kTop + 1] = arguments.y;
  REQUIRE(guest.execute(instruction.code));
  return {x87.registers[x87.physical(0)], x87.registers[x87.physical(1)], x87.status.value()};
}

void for_each_argument(Transcendental function, int count, const std::function<void(const Arguments&)>& use) {
  Draw draw(function);
  for (int i = 0; i < count; ++i) use(draw.arguments(function));
}

}  // namespace ringdown::test
