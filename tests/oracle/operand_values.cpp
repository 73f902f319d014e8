// Edges of integers, floats and the floating-point state.
#include "tests/oracle/operand_values.h"

#include <algorithm>

#include "cpu/flags.h"
#include "cpu/float/x87_state.h"
#include "cpu/sse_state.h"

namespace ringdown::test {

namespace {

constexpr std::array<u32, 20> kEdges = {
    0,    1,     2,      7,      8,      0x0f,    0x1f,        0x20,        0x7f,        0x80,
    0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fff'ffff, 0x8000'0000, 0xffff'fffe, 0xffff'ffff};

u64 fraction(SeededRandom& random, unsigned bits) {
  const u64 all = (u64{1} << bits) - 1;
  switch (random.below(5)) {
    case 0:
      return 0;
    case 1:
      return all;
    case 2:
      return u64{1} << random.below(bits);
    case 3:
      return all & ~(all >> random.below(bits));
    default:
      return random.bits() & all;
  }
}

/// A biased exponent near its edges or the bias.
u32 exponent(SeededRandom& random, unsigned bits) {
  const u32 maximum = (1u << bits) - 1;
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return maximum;
    case 2:
      return 1 + random.below(2);
    case 3:
      return maximum - 1 - random.below(2);
    case 4:
    case 5:
    case 6:
      return std::min(maximum, maximum / 2 + random.below(70) - std::min(maximum / 2, 4u));
    default:
      return random.below(maximum + 1);
  }
}

u64 binary(SeededRandom& random, unsigned exponent_bits, unsigned fraction_bits) {
  return u64{random.below(2)} << (exponent_bits + fraction_bits) |
         u64{exponent(random, exponent_bits)} << fraction_bits | fraction(random, fraction_bits);
}

Float80 extended(SeededRandom& random) {
  const u32 field = exponent(random, 15);
  const u64 integer_bit = field != 0 || random.percent(5) ? u64{1} << 63 : 0;
  const u64 significand = fraction(random, 63) | (random.percent(4) ? 0 : integer_bit);
  return {significand, static_cast<u16>(random.below(2) << 15 | field)};
}

void set_control_words(FxImage& fx, SeededRandom& random) {
  X87State x87;
  const bool masked = random.percent(70);
  const u32 bits = random.word();
  const u16 control = static_cast<u16>((bits & x87_control::kWritable) | x87_control::kReservedOne |
                                       (masked ? x87_exception::kAll : 0));
  x87.control.assign(control);
  x87.status.assign(static_cast<u16>(bits >> 16 & (random.percent(30) ? 0x7f7f : 0x7f40)));
  if (random.percent(50)) x87.set_top(0);
  x87.update_error_summary();
  fx.set<u16>(FxImage::kControl, control);
  fx.set<u16>(FxImage::kStatus, x87.status.value());
  const u32 free = random.percent(70) ? 0x1f80 | (random.word() & 0xe07f) : random.word() & 0xffff;
  fx.set<u32>(FxImage::kMxcsr, random.percent(40) ? SseState::kMxcsrReset : free);
}

}  // namespace

u32 edge_value(SeededRandom& random) {
  switch (random.below(6)) {
    case 0:
    case 1:
      return random.of(kEdges);
    case 2:
      return random.of(kEdges) ^ random.of(kEdges);
    case 3:
      return random.below(64);
    default:
      return random.word();
  }
}

std::array<u8, 16> float_value(SeededRandom& random, unsigned bits) {
  std::array<u8, 16> bytes{};
  const auto put = [&bytes](unsigned at, const auto& value) {
    std::memcpy(bytes.data() + at, &value, std::min<std::size_t>(sizeof(value), bytes.size() - at));
  };
  if (bits == 80) {
    const Float80 value = extended(random);
    put(0, value.significand);
    put(8, value.sign_exponent);
  } else if (bits == 64) {
    for (const unsigned at : {0u, 8u}) put(at, binary(random, 11, 52));
  } else {
    for (const unsigned at : {0u, 4u, 8u, 12u}) put(at, static_cast<u32>(binary(random, 8, 23)));
  }
  return bytes;
}

FxImage fx_value(SeededRandom& random) {
  FxImage fx;
  fx.set<u16>(FxImage::kControl, x87_control::kInitial);
  fx.set<u32>(FxImage::kMxcsr, SseState::kMxcsrReset);
  if (!random.percent(30)) set_control_words(fx, random);
  fx.set<u8>(FxImage::kValid, random.percent(50) ? 0xff : static_cast<u8>(random.word()));
  fx.set<u16>(FxImage::kOpcode, static_cast<u16>(random.word() & 0x7ff));
  fx.set<u32>(FxImage::kInstruction, random.word());
  fx.set<u32>(FxImage::kData, random.word());
  for (unsigned i = 0; i < 8; ++i) {
    fx.set_st(i, extended(random));
    const unsigned kind = random.below(4);
    std::array<u8, 16> value = float_value(random, kind == 0 ? 64 : 32);
    if (kind == 1) {
      for (u8& byte : value) byte = static_cast<u8>(edge_value(random));
    }
    std::copy(value.begin(), value.end(), fx.bytes.begin() + FxImage::kXmm + 16 * i);
  }
  return fx;
}

u32 eflags_value(SeededRandom& random) {
  u32 flags = eflags::kReserved1 | eflags::kIf | (random.word() & eflags::kStatus);
  if (random.percent(20)) flags |= eflags::kDf;
  if (random.percent(10)) flags |= eflags::kAc;
  if (random.percent(3)) flags |= eflags::kTf;
  return flags;
}

}  // namespace ringdown::test
