// Jumps, calls, returns and loops: targets, operand sizes, limits.
#include "tests/instruction/integer/modes.h"

namespace ringdown::test {
namespace {

constexpr u32 kCode = GuestCode::kCode;
constexpr u32 kTop = GuestCode::kStackTop;

TEST_CASE("CALL pushes the address behind it, RET n releases arguments") {
  GuestCode guest = any_protected_machine();
  // call +3; jmp +3 (to the end); nop; ret 8
  guest.set(Gpr::Esp, kTop);
  REQUIRE(guest.run({0xe8, 0x03, 0, 0, 0, 0xeb, 0x04, 0x90, 0xc2, 0x08, 0x00}).completed);
  CHECK(guest.get(Gpr::Esp) == kTop + 8);
  CHECK(guest.read<u32>(kTop - 4) == kCode + 5);
}

TEST_CASE("a CALL through ESP reads its target before the push") {
  GuestCode guest = any_protected_machine();
  guest.write<u32>(kTop, kCode + 4);
  REQUIRE(guest.run({0xff, 0x14, 0x24, 0xf4, 0x58}).completed);  // call [esp]; hlt; pop eax
  CHECK(guest.get(Gpr::Eax) == kCode + 3);
}

TEST_CASE("with a 16-bit operand EIP loses its upper half") {
  GuestCode guest = any_protected_machine();
  // At kCode the lower half is zero: jump to 0x0123, where a HLT waits.
  guest.write<u8>(0x123, 0xf4);
  const u16 displacement = 0x123 - 4;
  guest.run({0x66, 0xe9, displacement & 0xff, displacement >> 8});
  CHECK(guest.cpu().registers.eip == 0x124);
  guest.set(Gpr::Eax, 0xffff'0123);
  guest.run({0x66, 0xff, 0xe0});  // jmp ax
  CHECK(guest.cpu().registers.eip == 0x124);
  guest.set(Gpr::Esp, kTop);
  guest.run({0x66, 0xe8, displacement & 0xff, displacement >> 8});
  CHECK(guest.cpu().registers.eip == 0x124);
  CHECK(guest.get(Gpr::Esp) == kTop - 2);
  CHECK(guest.read<u16>(kTop - 2) == 4);
  guest.write<u16>(kTop - 2, 0x123);
  guest.run({0x66, 0xc3});
  CHECK(guest.cpu().registers.eip == 0x124);
  CHECK(guest.get(Gpr::Esp) == kTop);
}

TEST_CASE("a target beyond CS's limit raises #GP(0) at the branch, and nothing is pushed or counted") {
  const bool single = GENERATE(false, true);
  GuestCode guest(CodeMode::Segmented32, {.single_instruction_blocks = single});
  guest.set(Gpr::Ebx, GuestCode::kSegmentLimit + 1);
  guest.set(Gpr::Ecx, 5);
  guest.set_status(eflags::kZf);
  guest.write<u32>(kTop, GuestCode::kSegmentLimit + 1);
  const std::vector<std::vector<u8>> codes = {
      {0xe8, 0xf0, 0xff, 0xff, 0x7f},        // call far beyond
      {0xe9, 0xf0, 0xff, 0xff, 0x7f},        // jmp
      {0x0f, 0x84, 0xf0, 0xff, 0xff, 0x7f},  // jz
      {0xff, 0xd3},                          // call ebx
      {0xff, 0xe3},                          // jmp ebx
      {0xc3},                                // ret
      {0xc2, 0x10, 0x00},                    // ret 16
  };
  for (const std::vector<u8>& code : codes) {
    CAPTURE(code);
    guest.set(Gpr::Esp, kTop);
    const Outcome outcome = guest.run(code);
    REQUIRE(outcome.vector == Vector::GeneralProtection);
    CHECK(outcome.error_code == 0);
    CHECK(outcome.eip == kCode);
    CHECK(outcome.ticks == 0);
    CHECK(guest.get(Gpr::Esp) == kTop - 16);
  }
}

TEST_CASE("loops count and look at ZF") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Ecx, 10);
  guest.set(Gpr::Eax, 0);
  Outcome outcome = guest.run({0x40, 0xe2, 0xfd});  // inc eax; loop
  REQUIRE(outcome.completed);
  CHECK(guest.get(Gpr::Eax) == 10);
  CHECK(outcome.ticks == 20);
  guest.set(Gpr::Ecx, 10);
  guest.set(Gpr::Eax, 0);
  outcome = guest.run({0x40, 0x83, 0xf8, 0x04, 0xe0, 0xfa});  // inc eax; cmp eax, 4; loopne
  REQUIRE(outcome.completed);
  CHECK(guest.get(Gpr::Eax) == 4);
  CHECK(guest.get(Gpr::Ecx) == 6);
  guest.set(Gpr::Ecx, 0x1'0001);
  REQUIRE(guest.run({0x67, 0xe2, 0xfd}).completed);  // loop by cx
  CHECK(guest.get(Gpr::Ecx) == 0x1'0000);
  REQUIRE(guest.run({0x67, 0xe3, 0x01, 0x40}).completed);  // jcxz over inc eax
  CHECK(guest.get(Gpr::Eax) == 4);
  REQUIRE(guest.run({0xe3, 0x01, 0x40}).completed);  // jecxz over inc eax: not taken
  CHECK(guest.get(Gpr::Eax) == 5);
}

TEST_CASE("every condition with every combination of flags") {
  GuestCode guest = any_protected_machine();
  const auto expected = [](unsigned condition, u32 flags) {
    const bool cf = (flags & eflags::kCf) != 0, zf = (flags & eflags::kZf) != 0;
    const bool sf = (flags & eflags::kSf) != 0, of = (flags & eflags::kOf) != 0;
    const bool pf = (flags & eflags::kPf) != 0;
    const std::array<bool, 8> plain = {of, cf, zf, cf || zf, sf, pf, sf != of, zf || sf != of};
    return plain[condition / 2] != (condition % 2 != 0);
  };
  for (unsigned condition = 0; condition < 16; ++condition) {
    for (unsigned bits = 0; bits < 32; ++bits) {
      const u32 flags = ((bits & 1) != 0 ? eflags::kCf : 0) | ((bits & 2) != 0 ? eflags::kZf : 0) |
                        ((bits & 4) != 0 ? eflags::kSf : 0) | ((bits & 8) != 0 ? eflags::kOf : 0) |
                        ((bits & 16) != 0 ? eflags::kPf : 0);
      CAPTURE(condition, flags);
      guest.set(Gpr::Eax, 0);
      guest.set(Gpr::Ecx, 1);
      guest.set_status(flags);
      // jcc over mov al, 1; setcc ah; cmovcc edx, ecx
      const u8 cc = static_cast<u8>(condition);
      guest.set(Gpr::Edx, 0);
      REQUIRE(guest
                  .run({static_cast<u8>(0x70 + cc), 2, 0xb0, 1, 0x0f, static_cast<u8>(0x90 + cc), 0xc4, 0x0f,
                        static_cast<u8>(0x40 + cc), 0xd1})
                  .completed);
      const bool holds = expected(condition, flags);
      REQUIRE(guest.get(Gpr::Eax) == (holds ? 0x100u : 0x001u));
      REQUIRE(guest.get(Gpr::Edx) == (holds ? 1u : 0u));
    }
  }
}

TEST_CASE("a fused comparison whose memory operand faults has not happened") {
  GuestCode guest(CodeMode::Flat32);
  // Only the data segment is limited, so that code still runs as flat.
  SegmentRegister& data = guest.cpu().state.segment(Segment::Fs);
  data = guest.cpu().state.segment(Segment::Ds);
  data.limit = 0xfff;
  guest.set_status(eflags::kCf);
  const Outcome outcome =
      guest.run({0x64, 0x39, 0x05, 0x00, 0x10, 0, 0, 0x74, 0x00});  // cmp fs:[1000h], eax; jz
  REQUIRE(outcome.vector == Vector::GeneralProtection);
  CHECK(outcome.eip == kCode);
  CHECK(outcome.ticks == 0);
  CHECK(guest.status() == eflags::kCf);
}

}  // namespace
}  // namespace ringdown::test
