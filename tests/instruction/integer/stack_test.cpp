// PUSH, POP, PUSHA, POPA, ENTER and LEAVE: values, ESP, and that nothing changes when they fault.
#include "tests/instruction/integer/modes.h"

namespace ringdown::test {
namespace {

constexpr u32 kTop = GuestCode::kStackTop;

TEST_CASE("PUSH and POP of ESP use the old and keep the popped value") {
  GuestCode guest = any_protected_machine();
  REQUIRE(guest.run({0x54, 0x54, 0x58}).completed);  // push esp; push esp; pop eax
  CHECK(guest.get(Gpr::Eax) == kTop - 4);
  CHECK(guest.read<u32>(kTop - 4) == kTop);
  CHECK(guest.get(Gpr::Esp) == kTop - 4);
  guest.write<u32>(kTop - 4, 0x12345);
  REQUIRE(guest.run({0x5c}).completed);  // pop esp
  CHECK(guest.get(Gpr::Esp) == 0x12345);
}

TEST_CASE("POP to memory addresses with the ESP behind the pop") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Esp, kTop - 8);
  guest.write<u32>(kTop - 8, 0xcafe'babe);
  REQUIRE(guest.run({0x8f, 0x04, 0x24}).completed);  // pop dword [esp]
  CHECK(guest.read<u32>(kTop - 4) == 0xcafe'babe);
  CHECK(guest.get(Gpr::Esp) == kTop - 4);
}

TEST_CASE("immediates are sign-extended and 16-bit pushes move ESP by two") {
  GuestCode guest = any_protected_machine();
  REQUIRE(guest.run({0x6a, 0xfe, 0x66, 0x6a, 0xfd}).completed);  // push -2; push word -3
  CHECK(guest.read<u32>(kTop - 4) == 0xffff'fffe);
  CHECK(guest.read<u16>(kTop - 6) == 0xfffd);
  CHECK(guest.get(Gpr::Esp) == kTop - 6);
}

TEST_CASE("PUSHA stores ESP as it was, POPA skips it") {
  GuestCode guest = any_protected_machine();
  for (u32 reg = 0; reg < 8; ++reg) {
    if (reg != 4) guest.set(static_cast<Gpr>(reg), 0x1000 + reg);
  }
  REQUIRE(guest.run({0x60}).completed);
  CHECK(guest.get(Gpr::Esp) == kTop - 32);
  for (u32 reg = 0; reg < 8; ++reg)
    CHECK(guest.read<u32>(kTop - 4 - 4 * reg) == (reg == 4 ? kTop : 0x1000 + reg));
  for (u32 reg = 0; reg < 8; ++reg) {
    if (reg != 4) guest.set(static_cast<Gpr>(reg), 0);
  }
  REQUIRE(guest.run({0x61}).completed);
  for (u32 reg = 0; reg < 8; ++reg)
    CHECK(guest.get(static_cast<Gpr>(reg)) == (reg == 4 ? kTop : 0x1000 + reg));
}

TEST_CASE("ENTER copies the frame pointers of outer levels") {
  GuestCode guest = any_protected_machine();
  constexpr u32 kOuter = GuestCode::kData + 64;
  guest.set(Gpr::Ebp, kOuter);
  guest.write<u32>(kOuter - 4, 0x1111);
  guest.write<u32>(kOuter - 8, 0x2222);
  REQUIRE(guest.run({0xc8, 0x10, 0x00, 0x03}).completed);  // enter 16, 3
  CHECK(guest.read<u32>(kTop - 4) == kOuter);
  CHECK(guest.read<u32>(kTop - 8) == 0x1111);
  CHECK(guest.read<u32>(kTop - 12) == 0x2222);
  CHECK(guest.read<u32>(kTop - 16) == kTop - 4);
  CHECK(guest.get(Gpr::Ebp) == kTop - 4);
  CHECK(guest.get(Gpr::Esp) == kTop - 16 - 16);
  REQUIRE(guest.run({0xc9}).completed);  // leave
  CHECK(guest.get(Gpr::Ebp) == kOuter);
  CHECK(guest.get(Gpr::Esp) == kTop);
}

TEST_CASE("ENTER reads outer frame pointers that it has just pushed") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Ebp, kTop + 4);
  REQUIRE(guest.run({0xc8, 0x00, 0x00, 0x03}).completed);  // enter 0, 3: reads [ebp - 4] and [ebp - 8]
  CHECK(guest.read<u32>(kTop - 4) == kTop + 4);
  CHECK(guest.read<u32>(kTop - 12) == kTop + 4);
}

TEST_CASE("ENTER with 32-bit operands keeps the upper half of ESP on a 16-bit stack") {
  GuestCode guest(CodeMode::Real16);
  guest.set(Gpr::Esp, 0xabcd'8000);
  REQUIRE(guest.run({0x66, 0xc8, 0x00, 0x00, 0x01}).completed);  // enter 0, 1
  CHECK(guest.get(Gpr::Ebp) == 0xabcd'7ffc);
  CHECK(guest.read<u32>(0x7ff8) == 0xabcd'7ffc);
  guest.set(Gpr::Esp, 0xabcd'0000);
  REQUIRE(guest.run({0x66, 0xc8, 0x00, 0x00, 0x00}).completed);  // enter 0, 0: at FFFC
  CHECK(guest.get(Gpr::Ebp) == 0xabcc'fffc);
  CHECK(guest.get(Gpr::Esp) == 0xabcd'fffc);
}

TEST_CASE("a stack fault changes nothing") {
  GuestCode guest(CodeMode::Segmented32);
  // The handler needs a stack: SS admits only what lies above its limit, and ESP stands just below.
  SegmentRegister& stack = guest.cpu().state.segment(Segment::Ss);
  stack.attributes.value |= SegmentAttributes::kExpandDownOrConforming;
  stack.limit = kTop - 2;
  guest.set(Gpr::Eax, 0x7777);
  guest.set(Gpr::Ebp, kTop + 0x100);
  // A 32-bit push needs [kTop-4, kTop), which begins within the limit that an expand-down segment excludes.
  const std::vector<std::vector<u8>> codes = {{0x50}, {0x60}, {0xc8, 0, 0, 0}, {0xff, 0x35, 0, 0, 2, 0}};
  for (const std::vector<u8>& code : codes) {
    CAPTURE(code);
    guest.set(Gpr::Esp, kTop);
    const Outcome outcome = guest.run(code);
    // Delivering #SS needs the same stack: double fault, then shutdown, with registers as they were.
    CHECK_FALSE(outcome.completed);
    CHECK(guest.get(Gpr::Esp) == kTop);
    CHECK(guest.get(Gpr::Ebp) == kTop + 0x100);
    CHECK(guest.read<u32>(kTop - 4) == 0);
    CHECK(guest.cpu().state.activity == Activity::Shutdown);
  }
}

TEST_CASE("a POP whose destination faults leaves ESP") {
  GuestCode guest(CodeMode::Segmented32);
  guest.set(Gpr::Esp, kTop - 4);
  guest.set(Gpr::Ebx, GuestCode::kSegmentLimit);
  const Outcome outcome = guest.run({0x8f, 0x03});  // pop dword [ebx]
  REQUIRE(outcome.vector == Vector::GeneralProtection);
  CHECK(outcome.error_code == 0);
  CHECK(outcome.eip == GuestCode::kCode);
  CHECK(guest.get(Gpr::Esp) == kTop - 4 - 16);  // error code, EIP, CS, EFLAGS
}

TEST_CASE("a 16-bit stack wraps within SP and leaves the upper half of ESP") {
  GuestCode guest = real_machine();
  guest.set_segment(Segment::Ss, 0x4000);
  guest.set(Gpr::Esp, 0xabcd'0000);
  guest.set(Gpr::Eax, 0x1234);
  REQUIRE(guest.run({0x50}).completed);  // push ax
  CHECK(guest.get(Gpr::Esp) == 0xabcd'fffe);
  CHECK(guest.read<u16>(0x4'fffe) == 0x1234);
  REQUIRE(guest.run({0x66, 0x50, 0x66, 0x5b, 0x59}).completed);  // push eax; pop ebx; pop cx
  CHECK(guest.get(Gpr::Ebx) == 0x1234);
  CHECK((guest.get(Gpr::Ecx) & 0xffff) == 0x1234);
  CHECK(guest.get(Gpr::Esp) == 0xabcd'0000);
}

}  // namespace
}  // namespace ringdown::test
