// What the decoder remembers of an encoding: instructions with other values come out as if decoded anew.
#include "cpu/known_encodings.h"

#include <catch2/catch.hpp>

#include "cpu/decoder.h"
#include "tests/unit/cpu/encodings.h"

namespace ringdown::test {

namespace {

constexpr BlockMode kModes[] = {
    {.code32 = true, .stack32 = true, .flat_code = true, .flat_data = true},
    {.code32 = true, .stack32 = true, .flat_code = true},
    {.code32 = true},
    {.paragraph = true, .code64k = true},
};

/// Decodes single instructions with a memory of encodings, and without.
struct Pair {
  DecodedBlock& decode(Decoder& decoder, std::span<const u8> bytes, BlockMode mode, u32 eip) {
    DecodeRequest request;
    request.bytes = bytes;
    request.mode = mode;
    request.eip = eip;
    DecodedBlock& block = &decoder == &warm ? from_warm : from_cold;
    status = decoder.decode(request, block);
    return block;
  }
  /// Whether both make the same operations of the bytes.
  bool agree(std::span<const u8> bytes, BlockMode mode, u32 eip) {
    const DecodedBlock& a = decode(warm, bytes, mode, eip);
    const DecodeStatus status_of_a = status;
    const DecodedBlock& b = decode(cold, bytes, mode, eip);
    return status_of_a == status && a.byte_length == b.byte_length &&
           a.exit.links[1].eip == b.exit.links[1].eip && std::ranges::equal(a.operations(), b.operations());
  }

  /// Decodes `before`, brings its operation in line with what became of the bytes from `first` on, and
  /// compares that with what they are decoded to.
  enum class Update : u8 { Refused, Right, Wrong };
  Update update(std::span<const u8> before, std::span<const u8> after, u32 first, u32 length,
                BlockMode mode) {
    Operation op = decode(warm, before, mode, 0x1000).storage[0];
    if (!warm.update_values(op, after, mode, first, length)) return Update::Refused;
    return op == decode(cold, after, mode, 0x1000).storage[0] ? Update::Right : Update::Wrong;
  }

  Decoder warm{CpuModel::standard()};
  Decoder cold{CpuModel::standard(), Decoder::Remember::Nothing};
  DecodedBlock from_warm;
  DecodedBlock from_cold;
  DecodeStatus status{};
};

}  // namespace

TEST_CASE("Every encoding is what it is, whatever values it was met with before") {
  Pair pair;
  unsigned differing = 0;
  for_each_encoding([&](const Encoding& encoding) {
    const unsigned values = encoding.instruction.raw.disp.size + encoding.instruction.raw.imm[0].size +
                            encoding.instruction.raw.imm[1].size;
    std::array<u8, 16> bytes{};
    std::copy(encoding.bytes.begin(), encoding.bytes.end(), bytes.begin());
    const std::size_t head = encoding.instruction.length - values / 8;
    for (BlockMode mode : kModes) {
      mode.single = true;
      for (const u8 value : {0x11, 0x80, 0x00, 0xff, 0x05}) {
        for (std::size_t i = head; i < bytes.size(); ++i)
          bytes[i] = static_cast<u8>(value + 0x10 * (i - head));
        if (pair.agree(bytes, mode, 0x1000u + value)) continue;
        if (++differing == 1)
          UNSCOPED_INFO("opcode " << int{bytes[0]} << ' ' << int{bytes[1]} << ' ' << int{bytes[2]});
      }
    }
  });
  CHECK(differing == 0);
}

TEST_CASE("An operation follows new values as if decoded anew, or refuses to") {
  Pair pair;
  unsigned wrong = 0, right = 0;
  for_each_encoding([&](const Encoding& encoding) {
    const auto& raw = encoding.instruction.raw;
    const u32 values = (raw.disp.size + raw.imm[0].size + raw.imm[1].size) / 8u;
    if (values == 0) return;
    const u32 head = encoding.instruction.length - values;
    std::array<u8, 16> before{};
    std::copy(encoding.bytes.begin(), encoding.bytes.end(), before.begin());
    std::array<u8, 16> after = before;
    for (const u8 value : {0x00, 0x80, 0x05}) {
      for (u32 i = head; i < head + values; ++i) after[i] = static_cast<u8>(value + 0x10 * (i - head));
      for (BlockMode mode : {kModes[0], kModes[1]}) {
        mode.single = true;
        const Pair::Update result = pair.update(before, after, head, values, mode);
        right += result == Pair::Update::Right ? 1 : 0;
        if (result == Pair::Update::Wrong && ++wrong == 1)
          UNSCOPED_INFO("opcode " << int{before[0]} << ' ' << int{before[1]} << ' ' << int{before[2]});
      }
    }
  });
  CHECK(wrong == 0);
  CHECK(right > 10'000);
}

TEST_CASE("Values that decide more than an operand are not followed") {
  Pair pair;
  using Code = std::array<u8, 5>;
  const auto update = [&pair](Code before, u32 first, u8 value) {
    Code after = before;
    after[first] = value;
    return pair.update(before, after, first, 1, kModes[0]);
  };
  CHECK(update({0xb8, 1, 2, 3, 4}, 1, 9) == Pair::Update::Right);       // MOV EAX, imm32
  CHECK(update({0xb8, 1, 2, 3, 4}, 0, 0xb9) == Pair::Update::Refused);  // becomes MOV ECX
  CHECK(update({0xeb, 1}, 1, 9) == Pair::Update::Refused);              // JMP
  CHECK(update({0xe8, 1}, 1, 9) == Pair::Update::Refused);              // CALL
  CHECK(update({0xc1, 0xe0, 1}, 2, 0) == Pair::Update::Refused);        // SHL by nothing
  CHECK(update({0x0f, 0xc2, 0xc1, 1}, 3, 2) == Pair::Update::Refused);  // CMPPS: the predicate is its handler
  CHECK(update({0xcd, 1}, 1, 9) == Pair::Update::Refused);              // INT n
}

TEST_CASE("A pair that is one operation has the values of its own bytes") {
  Pair pair;
  for (const u8 jump : {0x74, 0x7c, 0x70}) {
    for (const u8 value : {1, 0x80, 0x7f}) {
      // cmp eax, imm8; jcc; cmp byte [ebp + disp8], imm8; jcc
      CHECK(pair.agree(std::array<u8, 5>{0x83, 0xf8, value, jump, value}, kModes[0], 0x2000));
      CHECK(pair.agree(std::array<u8, 6>{0x80, 0x7d, value, value, jump, value}, kModes[0], 0x2000));
    }
  }
}

TEST_CASE("Flags that are live behind one of the same instructions stay so") {
  Pair pair;
  // add eax, 1; add eax, 2: the first one's flags are dead, those of the second live.
  CHECK(pair.agree(std::array<u8, 6>{0x83, 0xc0, 1, 0x83, 0xc0, 2}, kModes[0], 0x2000));
  CHECK(pair.from_warm.storage[0].handler != pair.from_warm.storage[1].handler);
}

TEST_CASE("A remembered instruction that does not fit is refused as at first") {
  Pair pair;
  const std::array<u8, 5> bytes{0xb8, 1, 2, 3, 4};
  REQUIRE(pair.agree(bytes, kModes[0], 0x2000));
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    CHECK(pair.agree(std::span(bytes).first(size), kModes[0], 0x2000));
    CHECK(pair.status == DecodeStatus::NeedsNextPage);
  }
}

TEST_CASE("Heads end where displacement and immediates begin") {
  const auto length = [](std::initializer_list<u8> bytes, bool code32 = true) {
    return int{head_of(std::span(bytes.begin(), bytes.size()), code32).length};
  };
  CHECK(length({0x90}) == 1);
  CHECK(length({0xb8, 1, 2, 3, 4}) == 1);
  CHECK(length({0x8b, 0x44, 0x24, 8}) == 3);
  CHECK(length({0x8b, 0x44, 0x24, 8}, false) == 2);  // no SIB in 16-bit addresses
  CHECK(length({0x67, 0x8b, 0x44, 0x24, 8}, false) == 4);
  CHECK(length({0x8b, 0xc4}) == 2);  // a register
  CHECK(length({0x66, 0x0f, 0xb6, 0x04, 0x11}) == 5);
  CHECK(length({0x8b}) == 0);
  CHECK(length({0x8b, 0x04}) == 0);
  CHECK(length({0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90}) == 0);
}

}  // namespace ringdown::test
