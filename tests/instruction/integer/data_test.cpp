// Instructions that no captured vector and no host comparison covers: bit strings, divisions that fault,
// BOUND, XLAT, CMPXCHG8B, long 16-bit double shifts.
#include "tests/instruction/integer/modes.h"

namespace ringdown::test {
namespace {

constexpr u32 kData = GuestCode::kData;

TEST_CASE("bit strings reach up and down from their address") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Ebx, kData);
  guest.set(Gpr::Ecx, 100);
  REQUIRE(guest.run({0x0f, 0xab, 0x0b}).completed);  // bts [ebx], ecx
  CHECK(guest.read<u32>(kData + 12) == 1u << 4);
  CHECK((guest.status() & eflags::kCf) == 0);
  guest.set(Gpr::Ecx, static_cast<u32>(-1));
  REQUIRE(guest.run({0x0f, 0xbb, 0x0b}).completed);  // btc [ebx], ecx
  CHECK(guest.read<u32>(kData - 4) == 1u << 31);
  REQUIRE(guest.run({0x0f, 0xb3, 0x0b}).completed);  // btr [ebx], ecx
  CHECK(guest.read<u32>(kData - 4) == 0);
  CHECK((guest.status() & eflags::kCf) != 0);
  guest.set(Gpr::Ecx, 0x1'fff0);  // as 16 bits: -16
  REQUIRE(guest.run({0x66, 0x0f, 0xab, 0x0b}).completed);
  CHECK(guest.read<u16>(kData - 2) == 1);
  // An immediate index stays within the operand.
  REQUIRE(guest.run({0x0f, 0xba, 0x2b, 0x21}).completed);  // bts dword [ebx], 33
  CHECK(guest.read<u32>(kData) == 2);
}

TEST_CASE("divisions that do not fit raise #DE and change nothing") {
  GuestCode guest = any_protected_machine();
  struct Case {
    std::vector<u8> code;
    u32 eax, edx, ecx;
  };
  const std::vector<Case> cases = {
      {{0xf7, 0xf1}, 1, 0, 0},                                // div ecx: by zero
      {{0xf7, 0xf1}, 0, 5, 5},                                // quotient 2^32
      {{0xf7, 0xf9}, 0, 0x8000'0000, 0xffff'ffff},            // idiv ecx: -2^63 / -1
      {{0xf7, 0xf9}, 0x8000'0000, 0xffff'ffff, 0xffff'ffff},  // -2^31 / -1
      {{0xf6, 0xf1}, 0x200, 0, 2},                            // div cl
      {{0xf6, 0xf9}, 0x80, 0, 1},                             // idiv cl: 128 / 1
      {{0x66, 0xf7, 0xf9}, 0, 0x4000, 1},                     // idiv cx
      {{0xd4, 0x00}, 7, 0, 0},                                // aam 0
  };
  for (const Case& c : cases) {
    CAPTURE(c.code, c.eax, c.edx, c.ecx);
    guest.set(Gpr::Eax, c.eax);
    guest.set(Gpr::Edx, c.edx);
    guest.set(Gpr::Ecx, c.ecx);
    guest.set(Gpr::Esp, GuestCode::kStackTop);
    const Outcome outcome = guest.run(c.code);
    REQUIRE(outcome.vector == Vector::DivideError);
    CHECK(outcome.eip == GuestCode::kCode);
    CHECK(guest.get(Gpr::Eax) == c.eax);
    CHECK(guest.get(Gpr::Edx) == c.edx);
  }
  guest.set(Gpr::Eax, 0x8000'0000);
  guest.set(Gpr::Edx, 0xffff'ffff);
  guest.set(Gpr::Ecx, 1);
  REQUIRE(guest.run({0xf7, 0xf9}).completed);  // -2^31 / 1 fits
  CHECK(guest.get(Gpr::Eax) == 0x8000'0000);
}

TEST_CASE("BOUND compares signed, and raises #BR at itself") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Ebx, kData);
  guest.write<u32>(kData, static_cast<u32>(-5));
  guest.write<u32>(kData + 4, 10);
  for (const s32 inside : {-5, 0, 10}) {
    guest.set(Gpr::Eax, static_cast<u32>(inside));
    CHECK(guest.run({0x62, 0x03}).completed);
  }
  for (const s32 outside : {-6, 11}) {
    guest.set(Gpr::Eax, static_cast<u32>(outside));
    const Outcome outcome = guest.run({0x62, 0x03});
    CHECK(outcome.vector == Vector::BoundRange);
    CHECK(outcome.eip == GuestCode::kCode);
  }
}

TEST_CASE("invalid register forms and UD2 raise #UD") {
  GuestCode guest = any_protected_machine();
  const std::vector<std::vector<u8>> codes = {{0x0f, 0x0b},       {0x8d, 0xc0}, {0x62, 0xc0},
                                              {0x0f, 0xc7, 0xc8}, {0xf0, 0x90}, {0xf0, 0x01, 0xc8}};
  for (const std::vector<u8>& code : codes) {
    CAPTURE(code);
    guest.set(Gpr::Esp, GuestCode::kStackTop);
    CHECK(guest.run(code).vector == Vector::InvalidOpcode);
  }
}

TEST_CASE("XLAT adds AL to EBX") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Ebx, kData);
  guest.set(Gpr::Eax, 0x1234'5680);
  guest.write<u8>(kData + 0x80, 0x77);
  REQUIRE(guest.run({0xd7}).completed);
  CHECK(guest.get(Gpr::Eax) == 0x1234'5677);
}

TEST_CASE("CMPXCHG8B exchanges or loads, and touches ZF only") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Esi, kData + 1);
  guest.write<u64>(kData + 1, 0x1111'2222'3333'4444);
  guest.set(Gpr::Edx, 0x1111'2222);
  guest.set(Gpr::Eax, 0x3333'4444);
  guest.set(Gpr::Ecx, 0xaaaa'bbbb);
  guest.set(Gpr::Ebx, 0xcccc'dddd);
  guest.set_status(eflags::kCf | eflags::kOf | eflags::kAf | eflags::kSf);
  REQUIRE(guest.run({0xf0, 0x0f, 0xc7, 0x0e}).completed);
  CHECK(guest.read<u64>(kData + 1) == 0xaaaa'bbbb'cccc'dddd);
  CHECK(guest.status() == (eflags::kCf | eflags::kOf | eflags::kAf | eflags::kSf | eflags::kZf));
  REQUIRE(guest.run({0x0f, 0xc7, 0x0e}).completed);
  CHECK(guest.get(Gpr::Edx) == 0xaaaa'bbbb);
  CHECK(guest.get(Gpr::Eax) == 0xcccc'dddd);
  CHECK(guest.status() == (eflags::kCf | eflags::kOf | eflags::kAf | eflags::kSf));
}

TEST_CASE("16-bit double shifts by more than 16 go on with the destination") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Eax, 0x1234);
  guest.set(Gpr::Ebx, 0x5678);
  REQUIRE(guest.run({0x66, 0x0f, 0xa4, 0xd8, 20}).completed);  // shld ax, bx, 20
  CHECK(guest.get(Gpr::Eax) == 0x6781);
  guest.set(Gpr::Eax, 0x1234);
  REQUIRE(guest.run({0x66, 0x0f, 0xac, 0xd8, 20}).completed);  // shrd ax, bx, 20
  CHECK(guest.get(Gpr::Eax) == 0x4567);
}

TEST_CASE("accumulator, moffs and 16-bit addresses") {
  GuestCode guest = any_protected_machine();
  guest.write<u32>(kData, 0x8765'4321);
  REQUIRE(guest.run({0xa1, 0x00, 0x00, 0x02, 0x00}).completed);  // mov eax, [20000h]
  CHECK(guest.get(Gpr::Eax) == 0x8765'4321);
  REQUIRE(guest.run({0xa2, 0x08, 0x00, 0x02, 0x00}).completed);  // mov [20008h], al
  CHECK(guest.read<u8>(kData + 8) == 0x21);
  guest.set(Gpr::Ebx, 0x1234'fff0);
  guest.set(Gpr::Esi, 0x0001'0020);
  REQUIRE(guest.run({0x67, 0x8d, 0x40, 0x05}).completed);  // lea eax, [bx+si+5]
  CHECK(guest.get(Gpr::Eax) == 0x15);
  REQUIRE(guest.run({0x66, 0x8d, 0x44, 0x33, 0x05}).completed);  // lea ax, [ebx+esi+5]
  CHECK(guest.get(Gpr::Eax) == 0x15);
  guest.set(Gpr::Eax, 0x1234'5678);
  REQUIRE(guest.run({0x0f, 0xc8}).completed);  // bswap eax
  CHECK(guest.get(Gpr::Eax) == 0x7856'3412);
}

}  // namespace
}  // namespace ringdown::test
