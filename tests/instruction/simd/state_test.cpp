// FXSAVE, FXRSTOR, LDMXCSR, STMXCSR, EMMS: images, faults, and what the units hold afterwards.
#include <cstring>

#include "tests/instruction/simd/simd_guest.h"

namespace ringdown::test {

namespace {

// All address memory through EBX, which points to kData.
constexpr std::initializer_list<u8> kFxsave = {0x0f, 0xae, 0x03};
constexpr std::initializer_list<u8> kFxrstor = {0x0f, 0xae, 0x0b};
constexpr std::initializer_list<u8> kLdmxcsr = {0x0f, 0xae, 0x13};
constexpr std::initializer_list<u8> kStmxcsr = {0x0f, 0xae, 0x1b};
constexpr std::initializer_list<u8> kEmms = {0x0f, 0x77};

constexpr u32 kImage = GuestCode::kData;
constexpr u8 kUntouched = 0xa5;

void fill_image(SimdGuest& guest) {
  const std::vector<u8> bytes(512, kUntouched);
  guest.place(kImage, bytes);
}

void fill_state(SimdGuest& guest) {
  X87State& x = guest.cpu().x87;
  x.set_top(5);
  x.valid = 0b1110'0001;
  for (unsigned i = 0; i < 8; ++i) {
    x.registers[i] = {0x8000'0000'0000'0000 + i, static_cast<u16>(0x4000 + i)};
    guest.xmm_register(i) = xmm(u64{i} << 32 | 0x55, ~u64{i});
  }
  x.last_opcode = 0x123;
  x.instruction_offset = 0x1122'3344;
  x.instruction_selector = 0x8;
  x.data_offset = 0x5566'7788;
  x.data_selector = 0x10;
  guest.cpu().sse.mxcsr = 0x3fa1;
}

}  // namespace

TEST_CASE("FXSAVE lays the state out as the manual says", "[simd][state]") {
  SimdGuest guest(GENERATE(CodeMode::Flat32, CodeMode::Segmented32));
  fill_state(guest);
  fill_image(guest);
  REQUIRE(guest.run(kFxsave).completed);
  CHECK(guest.read<u16>(kImage) == 0x037f);
  CHECK(guest.read<u16>(kImage + 2) == 5 << 11);
  CHECK(guest.read<u8>(kImage + 4) == 0b1110'0001);
  CHECK(guest.read<u16>(kImage + 6) == 0x123);
  CHECK(guest.read<u32>(kImage + 8) == 0x1122'3344);
  CHECK(guest.read<u16>(kImage + 12) == 0x8);
  CHECK(guest.read<u32>(kImage + 16) == 0x5566'7788);
  CHECK(guest.read<u16>(kImage + 20) == 0x10);
  CHECK(guest.read<u32>(kImage + 24) == 0x3fa1);
  CHECK(guest.read<u32>(kImage + 28) == 0xffff);
  // ST(0) is R5.
  CHECK(guest.read<u64>(kImage + 32) == 0x8000'0000'0000'0005);
  CHECK(guest.read<u16>(kImage + 40) == 0x4005);
  CHECK(guest.read<u64>(kImage + 32 + 3 * 16) == 0x8000'0000'0000'0000);
  CHECK(guest.read<u64>(kImage + 160 + 7 * 16) == (u64{7} << 32 | 0x55));
  CHECK(guest.read<u64>(kImage + 160 + 7 * 16 + 8) == ~u64{7});
  CHECK(guest.read<u8>(kImage + 288) == kUntouched);
  CHECK(guest.read<u8>(kImage + 511) == kUntouched);
}

TEST_CASE("FXRSTOR brings back what FXSAVE stored", "[simd][state]") {
  SimdGuest guest;
  fill_state(guest);
  guest.cpu().x87.control.assign(0x027f);
  REQUIRE(guest.run(kFxsave).completed);
  const std::array<XmmRegister, 8> registers = guest.cpu().sse.xmm;
  const X87State before = guest.cpu().x87;
  guest.cpu().sse = SseState{};
  guest.cpu().x87 = X87State{};
  REQUIRE(guest.run(kFxrstor).completed);
  const X87State& x = guest.cpu().x87;
  CHECK(guest.cpu().sse.xmm == registers);
  CHECK(guest.cpu().sse.mxcsr == 0x3fa1);
  CHECK(x.registers == before.registers);
  CHECK(x.control.value() == 0x027f);
  CHECK(x.status.value() == before.status.value());
  CHECK(x.valid == before.valid);
  CHECK(x.last_opcode == before.last_opcode);
  CHECK(x.instruction_offset == before.instruction_offset);
  CHECK(x.instruction_selector == before.instruction_selector);
  CHECK(x.data_offset == before.data_offset);
  CHECK(x.data_selector == before.data_selector);
}

TEST_CASE("FXRSTOR of an unmasked x87 exception leaves it pending", "[simd][state]") {
  SimdGuest guest;
  REQUIRE(guest.run(kFxsave).completed);
  guest.write<u16>(kImage, 0x037e);
  guest.write<u16>(kImage + 2, 0x0001);
  REQUIRE(guest.run(kFxrstor).completed);
  CHECK(guest.cpu().x87.has_pending_exception());
  CHECK(guest.run(kEmms).vector == Vector::FloatingPoint);
  CHECK(guest.run(kFxsave).completed);
  guest.write<u16>(kImage, 0x037f);
  REQUIRE(guest.run(kFxrstor).completed);
  CHECK(guest.run(kEmms).completed);
}

TEST_CASE("FXSAVE and FXRSTOR leave the XMM registers out without CR4.OSFXSR", "[simd][state]") {
  SimdGuest guest;
  guest.cpu().state.cr4 = 0;
  fill_state(guest);
  fill_image(guest);
  REQUIRE(guest.run(kFxsave).completed);
  CHECK(guest.read<u16>(kImage) == 0x037f);
  CHECK(guest.read<u8>(kImage + 159) == 0);
  CHECK(guest.read<u8>(kImage + 160) == kUntouched);
  const std::array<XmmRegister, 8> registers = guest.cpu().sse.xmm;
  REQUIRE(guest.run(kFxrstor).completed);
  CHECK(guest.cpu().sse.xmm == registers);
}

TEST_CASE("FXSAVE and FXRSTOR fault with nothing changed", "[simd][state]") {
  SimdGuest guest;
  fill_state(guest);
  fill_image(guest);
  SECTION("misaligned") {
    guest.set(Gpr::Ebx, kImage + 8);
    const Outcome saved = guest.run(kFxsave);
    CHECK(saved.vector == Vector::GeneralProtection);
    CHECK(saved.error_code == 0);
    CHECK(guest.read<u8>(kImage + 8) == kUntouched);
    CHECK(guest.run(kFxrstor).vector == Vector::GeneralProtection);
  }
  SECTION("reserved bits of MXCSR") {
    guest.write<u32>(kImage + 24, 0x1'0000);
    CHECK(guest.run(kFxrstor).vector == Vector::GeneralProtection);
    CHECK(guest.cpu().sse.mxcsr == 0x3fa1);
    CHECK(guest.cpu().x87.top() == 5);
    CHECK(guest.xmm_register(3) == xmm(u64{3} << 32 | 0x55, ~u64{3}));
  }
  SECTION("TS and EM") {
    guest.cpu().state.cr0 |= GENERATE(cr0::kTs, cr0::kEm);
    CHECK(guest.run(kFxsave).vector == Vector::DeviceNotAvailable);
    CHECK(guest.run(kFxrstor).vector == Vector::DeviceNotAvailable);
    CHECK(guest.read<u8>(kImage) == kUntouched);
  }
}

TEST_CASE("the image must lie within the segment, all of it", "[simd][state]") {
  SimdGuest guest(CodeMode::Segmented32);
  guest.set(Gpr::Ebx, GuestCode::kSegmentLimit + 1 - 496);
  CHECK(guest.run(kFxsave).vector == Vector::GeneralProtection);
  CHECK(guest.run(kFxrstor).vector == Vector::GeneralProtection);
  guest.set(Gpr::Ebx, GuestCode::kSegmentLimit + 1 - 512);
  CHECK(guest.run(kFxsave).completed);
}

TEST_CASE("MXCSR is loaded and stored", "[simd][state]") {
  SimdGuest guest;
  guest.write<u32>(kImage, 0xffff);
  REQUIRE(guest.run(kLdmxcsr).completed);
  CHECK(guest.cpu().sse.mxcsr == 0xffff);
  guest.write<u32>(kImage, 0x1'ffff);
  CHECK(guest.run(kLdmxcsr).vector == Vector::GeneralProtection);
  CHECK(guest.cpu().sse.mxcsr == 0xffff);
  REQUIRE(guest.run(kStmxcsr).completed);
  CHECK(guest.read<u32>(kImage) == 0xffff);
  SECTION("no OSFXSR") {
    guest.cpu().state.cr4 = 0;
    CHECK(guest.run(kStmxcsr).vector == Vector::InvalidOpcode);
  }
  SECTION("EM") {
    guest.cpu().state.cr0 |= cr0::kEm | cr0::kTs;
    CHECK(guest.run(kStmxcsr).vector == Vector::InvalidOpcode);
  }
  SECTION("TS") {
    guest.cpu().state.cr0 |= cr0::kTs;
    CHECK(guest.run(kLdmxcsr).vector == Vector::DeviceNotAvailable);
  }
}

TEST_CASE("EMMS empties the registers that MMX instructions filled", "[simd][state]") {
  SimdGuest guest;
  guest.cpu().x87.set_top(3);
  guest.set(Gpr::Eax, 0x1234'5678);
  // MOVD MM2, EAX
  REQUIRE(guest.run({0x0f, 0x6e, 0xd0}).completed);
  CHECK(guest.cpu().x87.valid == 0xff);
  CHECK(guest.cpu().x87.top() == 0);
  CHECK(guest.cpu().x87.registers[2] == Float80{0x1234'5678, 0xffff});
  REQUIRE(guest.run(kEmms).completed);
  CHECK(guest.cpu().x87.valid == 0);
  CHECK(guest.cpu().x87.tag_word() == 0xffff);
  guest.cpu().state.cr0 |= cr0::kTs;
  CHECK(guest.run(kEmms).vector == Vector::DeviceNotAvailable);
  guest.cpu().state.cr0 |= cr0::kEm;
  CHECK(guest.run(kEmms).vector == Vector::InvalidOpcode);
}

}  // namespace ringdown::test
