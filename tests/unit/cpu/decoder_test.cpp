// The decoder: where blocks end and why, exits, instruction counts, fusion, and what is no instruction.
#include "cpu/decoder.h"

#include <catch2/catch.hpp>
#include <string_view>
#include <vector>

#include "cpu/execute/terminators.h"
#include "tests/support/code_machine.h"

namespace ringdown::test {

namespace {

constexpr BlockMode kFlat{.code32 = true, .stack32 = true, .flat_code = true, .flat_data = true};
constexpr BlockMode kReal{.paragraph = true, .code64k = true};
constexpr u32 kEip = 0x1000;

std::vector<u8> bytes_of(std::string_view hex) {
  CodeMachine machine;
  const u32 end = machine.place(hex);
  std::vector<u8> bytes;
  for (u32 at = CodeMachine::kCode; at < end; ++at) bytes.push_back(machine.peek<u8>(at));
  return bytes;
}

/// A decoder and the block it made of bytes that begin at EIP 1000h of a page.
struct Decoded {
  explicit Decoded(std::string_view hex, BlockMode mode = kFlat, u32 last_eip = 0xffff'ffff,
                   std::vector<u64> split_bits = {})
      : bytes(bytes_of(hex)), splits(std::move(split_bits)) {
    DecodeRequest request;
    request.bytes = bytes;
    request.eip = kEip;
    request.mode = mode;
    request.last_eip = last_eip;
    request.splits = splits;
    status = Decoder(CpuModel::standard()).decode(request, block);
  }
  const Operation& op(unsigned index) const { return block.operations()[index]; }
  u32 count() const { return block.instruction_count; }
  u32 way_out(Way way) const { return block.exit.links[static_cast<unsigned>(way)].eip; }
  bool linkable(Way way) const { return block.exit.links[static_cast<unsigned>(way)].linkable; }

  std::vector<u8> bytes;
  std::vector<u64> splits;
  DecodedBlock block;
  DecodeStatus status;
};

std::string repeat(std::string_view hex, unsigned times) {
  std::string text;
  while (times-- > 0) text += hex;
  return text;
}

bool is_invalid(std::string_view hex, BlockMode mode = kFlat) {
  const Decoded d(hex, mode);
  return d.status == DecodeStatus::Done && d.count() == 1 && d.op(0).handler == &raise_invalid_opcode;
}

}  // namespace

TEST_CASE("A block runs up to its branch and knows both ways out") {
  const Decoded d("40 89c3 7402 90 90");  // inc eax; mov ebx, eax; jz +2
  CHECK(d.count() == 3);
  CHECK(d.block.byte_length == 5);
  CHECK(d.op(0).eip == kEip);
  CHECK(d.op(0).remaining == 3);
  CHECK(d.op(1).eip == kEip + 1);
  CHECK(d.op(2).remaining == 1);
  CHECK(d.way_out(Way::FallThrough) == kEip + 5);
  CHECK(d.way_out(Way::Taken) == kEip + 7);
  CHECK(d.linkable(Way::FallThrough));
  CHECK(d.linkable(Way::Taken));
}

TEST_CASE("Without a branch a block falls through behind its last instruction") {
  const Decoded d("90 90 90");
  CHECK(d.count() == 3);
  REQUIRE(d.block.operation_count == 4);
  CHECK(d.op(3).handler == &fall_through);
  CHECK(d.way_out(Way::FallThrough) == kEip + 3);
}

TEST_CASE("A block holds at most the decoder's maximum of instructions") {
  const Decoded d(repeat("90", 100));
  CHECK(d.count() == Decoder::kMaximumInstructions);
  CHECK(d.block.byte_length == Decoder::kMaximumInstructions);
  CHECK(d.way_out(Way::FallThrough) == kEip + Decoder::kMaximumInstructions);
}

TEST_CASE("System operations, far branches and repeated string instructions end a block") {
  for (const std::string_view hex : {"90 fa 90", "90 9c 90", "90 f3a4 90", "90 cb 90", "90 f4 90",
                                     "90 ffe0 90", "90 c3 90", "90 0f20c0 90", "90 f390 90"}) {
    INFO(hex);
    CHECK(Decoded(hex).count() == 2);
  }
  CHECK(Decoded("90 a4 90").count() == 3);  // a single MOVSB does not
}

TEST_CASE("One instruction a block where the mode says so, and behind marked bytes") {
  BlockMode single = kFlat;
  single.single = true;
  const Decoded one("40 40 7402", single);
  CHECK(one.count() == 1);
  CHECK_FALSE(one.linkable(Way::FallThrough));
  CHECK(Decoded("40 40 40 40", kFlat, ~0u, {0b0010}).count() == 2);
  CHECK(Decoded("40 40 40 40", kFlat, ~0u, {0b1000'0000}).count() == 4);
  CHECK(Decoded("3d01000000 7402", kFlat, ~0u, {0b1}).count() == 1);  // a cut pair is not fused
}

TEST_CASE("An instruction that crosses the end of the page is left to the next block") {
  const Decoded later("40 b8 0102");  // inc eax; mov eax, imm32 with two bytes missing
  CHECK(later.status == DecodeStatus::Done);
  CHECK(later.count() == 1);
  CHECK(later.way_out(Way::FallThrough) == kEip + 1);
  CHECK(Decoded("b8 0102").status == DecodeStatus::NeedsNextPage);
  CHECK(Decoded("66").status == DecodeStatus::NeedsNextPage);
}

TEST_CASE("No byte behind CS's limit is used") {
  CHECK(Decoded("40 b8 01020304", kFlat, kEip + 4).count() == 1);
  CHECK(Decoded("b8 01020304", kFlat, kEip + 3).status == DecodeStatus::BeyondLimit);
  CHECK(Decoded("b8 01020304", kFlat, kEip + 4).status == DecodeStatus::Done);
  CHECK(Decoded("40 40 40", kFlat, kEip + 1).count() == 2);
}

TEST_CASE("Fifteen bytes are an instruction, sixteen are not") {
  const Decoded longest(repeat("66", 14) + "90");
  CHECK(longest.count() == 1);
  CHECK(longest.op(0).length == 15);
  const Decoded too_long(repeat("66", 15) + "90");
  CHECK(too_long.op(0).handler == &raise_instruction_too_long);
  // Every byte that was looked at belongs to the block: a store to any of them may make it valid.
  CHECK(too_long.block.byte_length == 15);
}

TEST_CASE("Unknown opcodes are invalid") {
  CHECK(is_invalid("0f04"));
  CHECK(is_invalid("ffff"));
  CHECK(is_invalid("0f24c0"));        // MOV from a test register went with the 486
  CHECK(is_invalid("8ec8"));          // MOV CS, AX
  CHECK(is_invalid("0fc7c0"));        // CMPXCHG8B of a register
  CHECK(is_invalid("62c000000000"));  // BOUND with a register
  CHECK(is_invalid("8dc0"));          // LEA of a register
  CHECK(is_invalid("0f01d0"));        // XGETBV came later
  CHECK(is_invalid("0f3800c0"));      // SSSE3
  CHECK(is_invalid("c5f877"));        // VEX: with mod 3, LDS of a register
}

TEST_CASE("What needs protected mode is invalid in real mode; SYSENTER and SYSEXIT are refused") {
  const std::pair<std::string_view, int> cases[] = {
      {"0f00c0", 6}, {"0f00c8", 6}, {"0f00d0", 6}, {"0f00d8", 6}, {"0f00e0", 6}, {"0f00e8", 6},
      {"0f02c0", 6}, {"0f03c0", 6}, {"63c0", 6},   {"0f34", 13},  {"0f35", 13},
  };
  for (const auto& [hex, vector] : cases) {
    INFO(hex);
    CodeMachine m;
    m.set_real_mode();
    m.place(hex);
    CHECK(m.run_to_handler().vector == vector);
  }
}

TEST_CASE("LOCK is legal only before a store of the listed instructions") {
  for (const std::string_view hex : {"f00100", "f00fb108", "f00fc108", "f08700", "f0ff00", "f00fab00",
                                     "f00fc708", "f0f618", "f0f610", "f0833001"}) {
    INFO(hex);
    const Decoded d(hex);
    CHECK(d.op(0).handler != &raise_invalid_opcode);
    CHECK(d.op(0).lock);
  }
  for (const std::string_view hex :
       {"f001c0", "f08900", "f03900", "f08500", "f090", "f00300", "f00fa300", "f0c10001", "f0ffd0", "f0fa"}) {
    INFO(hex);
    CHECK(is_invalid(hex));
  }
}

TEST_CASE("A comparison and its jump are one operation that counts as two instructions") {
  const Decoded d("40 39d8 7505");  // inc eax; cmp eax, ebx; jnz
  CHECK(d.count() == 3);
  REQUIRE(d.block.operation_count == 2);  // inc, the pair
  CHECK(d.op(1).remaining == 2);
  CHECK(d.op(1).eip == kEip + 1);
  CHECK(d.way_out(Way::FallThrough) == kEip + 5);
  CHECK(d.way_out(Way::Taken) == kEip + 10);
}

TEST_CASE("16-bit targets wrap, and only flat or 64 KiB code is linked") {
  const Decoded wraps("e9 00f0", kReal);  // jmp near to 1003h + F000h
  CHECK(wraps.way_out(Way::Taken) == 0x0003);
  CHECK_FALSE(wraps.linkable(Way::Taken));  // another page
  CHECK(wraps.linkable(Way::FallThrough));
  const Decoded small("ebfe", BlockMode{.code32 = true});
  CHECK_FALSE(small.linkable(Way::Taken));
}

TEST_CASE("An undecodable instruction owns every byte that was looked at") {
  CHECK(Decoded("0f04" + repeat("90", 20)).block.byte_length >= 2);
  CHECK(Decoded("40 0f04" + repeat("90", 20)).block.byte_length >= 3);
}

}  // namespace ringdown::test
