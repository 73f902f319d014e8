// Repeated string instructions: what counts as time, interruption, faults, overlap, wrapping.
#include "tests/instruction/integer/modes.h"

namespace ringdown::test {
namespace {

constexpr u32 kFrom = GuestCode::kData;
constexpr u32 kTo = GuestCode::kData + 0x4000;

void fill(GuestCode& guest, u32 linear, u32 count) {
  for (u32 i = 0; i < count; ++i) guest.write<u8>(linear + i, static_cast<u8>(i * 7 + 1));
}

void aim(GuestCode& guest, u32 from, u32 to, u32 count) {
  guest.set(Gpr::Esi, from);
  guest.set(Gpr::Edi, to);
  guest.set(Gpr::Ecx, count);
}

TEST_CASE("REP MOVSB across pages copies all and counts an instruction for each byte") {
  GuestCode guest = any_protected_machine();
  constexpr u32 kCount = 0x2345;
  fill(guest, kFrom + 3, kCount);
  aim(guest, kFrom + 3, kTo + 0xffd, kCount);
  const Outcome outcome = guest.run({0xf3, 0xa4});
  REQUIRE(outcome.completed);
  CHECK(outcome.ticks == kCount);
  CHECK(guest.get(Gpr::Ecx) == 0);
  CHECK(guest.get(Gpr::Esi) == kFrom + 3 + kCount);
  CHECK(guest.get(Gpr::Edi) == kTo + 0xffd + kCount);
  for (u32 i = 0; i < kCount; ++i) REQUIRE(guest.read<u8>(kTo + 0xffd + i) == static_cast<u8>(i * 7 + 1));
}

TEST_CASE("REP MOVSD downwards across pages copies all and counts an instruction for each element") {
  GuestCode guest = any_protected_machine();
  constexpr u32 kCount = 0x901;
  constexpr u32 kLast = (kCount - 1) * 4;
  fill(guest, kFrom + 3, kCount * 4);
  aim(guest, kFrom + 3 + kLast, kTo + 0xffd + kLast, kCount);
  const Outcome outcome = guest.run({0xfd, 0xf3, 0xa5});  // std; rep movsd
  REQUIRE(outcome.completed);
  CHECK(outcome.ticks == 1 + kCount);
  CHECK(guest.get(Gpr::Esi) == kFrom + 3 - 4);
  CHECK(guest.get(Gpr::Edi) == kTo + 0xffd - 4);
  for (u32 i = 0; i < kCount * 4; ++i) REQUIRE(guest.read<u8>(kTo + 0xffd + i) == static_cast<u8>(i * 7 + 1));
}

TEST_CASE("an element that crosses pages is moved whole") {
  GuestCode guest = any_protected_machine();
  fill(guest, kFrom + 0xffe, 12);
  aim(guest, kFrom + 0xffe, kTo + 0xfff, 3);
  REQUIRE(guest.run({0xf3, 0xa5}).completed);  // rep movsd
  for (u32 i = 0; i < 12; ++i) CHECK(guest.read<u8>(kTo + 0xfff + i) == static_cast<u8>(i * 7 + 1));
}

TEST_CASE("REP with a count of zero does nothing and counts as one instruction") {
  GuestCode guest = any_protected_machine();
  aim(guest, kFrom, kTo, 0);
  guest.set_status(eflags::kZf | eflags::kCf);
  const Outcome outcome = guest.run({0xf3, 0xa6});  // repe cmpsb
  REQUIRE(outcome.completed);
  CHECK(outcome.ticks == 1);
  CHECK(guest.get(Gpr::Esi) == kFrom);
  CHECK(guest.status() == (eflags::kZf | eflags::kCf));
}

TEST_CASE("a repeated instruction stops exactly at its limit and goes on later") {
  GuestCode guest = any_protected_machine();
  guest.set(Gpr::Eax, 0x5a);
  aim(guest, 0, kTo, 5000);
  Outcome outcome = guest.run({0xf3, 0xaa}, 1234);  // rep stosb
  CHECK_FALSE(outcome.completed);
  CHECK(guest.get(Gpr::Ecx) == 5000 - 1234);
  CHECK(guest.get(Gpr::Edi) == kTo + 1234);
  CHECK(guest.read<u8>(kTo + 1233) == 0x5a);
  CHECK(guest.read<u8>(kTo + 1234) == 0);
  outcome = guest.go_on(1);
  CHECK(guest.get(Gpr::Ecx) == 5000 - 1235);
  outcome = guest.go_on();
  REQUIRE(outcome.completed);
  CHECK(outcome.ticks == 5000 - 1235);
  CHECK(guest.read<u8>(kTo + 4999) == 0x5a);
  CHECK(guest.read<u8>(kTo + 5000) == 0);
}

TEST_CASE("a fault in the middle leaves the registers behind the last whole element") {
  const bool single = GENERATE(false, true);
  const u8 direction = GENERATE(u8{0xfc}, u8{0xfd});  // cld, std
  GuestCode guest(CodeMode::Segmented32, {.single_instruction_blocks = single});
  // DS ends in the middle of an element, or begins there.
  constexpr u32 kEdge = kFrom + 0x1802;
  SegmentRegister& data = guest.cpu().state.segment(Segment::Ds);
  const bool down = direction == 0xfd;
  data.limit = kEdge;
  if (down) data.attributes.value |= SegmentAttributes::kExpandDownOrConforming;
  constexpr u32 kWhole = 20;
  const u32 start = down ? kEdge + 1 + 4 * (kWhole - 1) + 2 : kEdge - 1 - 4 * kWhole;
  aim(guest, start, kTo + 0x1000, 100);
  const Outcome outcome = guest.run({direction, 0xf3, 0xa5});
  REQUIRE(outcome.vector == Vector::GeneralProtection);
  CHECK(outcome.eip == GuestCode::kCode + 1);
  CHECK(outcome.ticks == 1 + kWhole);
  CHECK(guest.get(Gpr::Ecx) == 100 - kWhole);
  CHECK(guest.get(Gpr::Esi) == (down ? start - 4 * kWhole : start + 4 * kWhole));
  CHECK(guest.get(Gpr::Edi) == (down ? kTo + 0x1000 - 4 * kWhole : kTo + 0x1000 + 4 * kWhole));
}

TEST_CASE("overlapping moves act element by element") {
  GuestCode guest = any_protected_machine();
  const u32 distance = GENERATE(1u, 3u, 4u, 9u);
  std::vector<u8> expected(256);
  for (u32 i = 0; i < expected.size(); ++i) {
    expected[i] = static_cast<u8>(i * 7 + 1);
    guest.write<u8>(kFrom + i, expected[i]);
  }
  for (u32 i = 0; i < 40; ++i) {
    std::array<u8, 4> element{};
    std::copy_n(expected.begin() + 4 * i, 4, element.begin());
    std::copy_n(element.begin(), 4, expected.begin() + 4 * i + distance);
  }
  aim(guest, kFrom, kFrom + distance, 40);
  REQUIRE(guest.run({0xf3, 0xa5}).completed);
  for (u32 i = 0; i < expected.size(); ++i) REQUIRE(guest.read<u8>(kFrom + i) == expected[i]);
}

TEST_CASE("comparisons stop behind the pair that decides") {
  GuestCode guest = any_protected_machine();
  fill(guest, kFrom, 0x2000);
  fill(guest, kTo, 0x2000);
  guest.write<u8>(kTo + 0x1100, 0);
  aim(guest, kFrom, kTo, 0x2000);
  REQUIRE(guest.run({0xf3, 0xa6}).completed);  // repe cmpsb
  CHECK(guest.get(Gpr::Esi) == kFrom + 0x1101);
  CHECK(guest.get(Gpr::Ecx) == 0x2000 - 0x1101);
  CHECK((guest.status() & eflags::kZf) == 0);
  guest.set(Gpr::Eax, 0);
  aim(guest, 0, kTo, 0x2000);
  REQUIRE(guest.run({0xf2, 0xae}).completed);  // repne scasb
  CHECK(guest.get(Gpr::Edi) <= kTo + 0x1101);
  CHECK(guest.read<u8>(guest.get(Gpr::Edi) - 1) == 0);
  CHECK((guest.status() & eflags::kZf) != 0);
}

TEST_CASE("16-bit addresses wrap and leave the upper halves") {
  GuestCode guest = real_machine();
  guest.set_segment(Segment::Ds, 0x3000);
  guest.set_segment(Segment::Es, 0x5000);
  fill(guest, 0x3'fff0, 16);
  for (u32 i = 0; i < 16; ++i) guest.write<u8>(0x3'0000 + i, static_cast<u8>(0xa0 + i));
  aim(guest, 0x1234'fff0, 0x4321'fff8, 0x7777'0020);
  const Outcome outcome = guest.run({0xf3, 0xa4});
  REQUIRE(outcome.completed);
  CHECK(outcome.ticks == 0x20);
  CHECK(guest.get(Gpr::Esi) == 0x1234'0010);
  CHECK(guest.get(Gpr::Edi) == 0x4321'0018);
  CHECK(guest.get(Gpr::Ecx) == 0x7777'0000);
  CHECK(guest.read<u8>(0x5'fff8) == 1);
  CHECK(guest.read<u8>(0x5'0000) == static_cast<u8>(8 * 7 + 1));
  CHECK(guest.read<u8>(0x5'0017) == 0xaf);
}

TEST_CASE("the source's segment can be overridden, the destination's cannot") {
  GuestCode guest = real_machine();
  guest.set_segment(Segment::Fs, 0x3000);
  guest.set_segment(Segment::Es, 0x5000);
  guest.write<u8>(0x3'0010, 0x42);
  aim(guest, 0x10, 0x20, 1);
  REQUIRE(guest.run({0x64, 0xa4}).completed);
  CHECK(guest.read<u8>(0x5'0020) == 0x42);
  guest.set(Gpr::Eax, 0x99);
  REQUIRE(guest.run({0x64, 0xaa}).completed);
  CHECK(guest.read<u8>(0x5'0021) == 0x99);
}

}  // namespace
}  // namespace ringdown::test
