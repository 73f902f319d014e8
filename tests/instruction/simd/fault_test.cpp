// What MMX and SSE instructions raise: unusable state, alignment, floating-point exceptions; and what changes
// then.
#include "tests/instruction/simd/simd_guest.h"

namespace ringdown::test {

namespace {

using Code = std::vector<u8>;

// XMM1 or MM1 with [EBX], or with register 2.
const Code kMovaps = {0x0f, 0x28, 0x0b};
const Code kMovapsStore = {0x0f, 0x29, 0x0b};
const Code kMovups = {0x0f, 0x10, 0x0b};
const Code kMovupsStore = {0x0f, 0x11, 0x0b};
const Code kAddps = {0x0f, 0x58, 0x0b};
const Code kAddsd = {0xf2, 0x0f, 0x58, 0x0b};
const Code kPaddbXmm = {0x66, 0x0f, 0xfc, 0x0b};
const Code kPaddbMmx = {0x0f, 0xfc, 0x0b};
const Code kPaddbMmxRegister = {0x0f, 0xfc, 0xca};
const Code kPaddbXmmRegister = {0x66, 0x0f, 0xfc, 0xca};
const Code kMovntiStore = {0x0f, 0xc3, 0x0b};
const Code kMaskmovdqu = {0x66, 0x0f, 0xf7, 0xca};
const Code kMulps = {0x0f, 0x59, 0xca};
const Code kDivps = {0x0f, 0x5e, 0xca};
const Code kComiss = {0x0f, 0x2f, 0xca};
const Code kCvttss2si = {0xf3, 0x0f, 0x2c, 0xca};
const Code kCvtps2pi = {0x0f, 0x2d, 0xca};
const Code kCvtpi2ps = {0x0f, 0x2a, 0x0b};
const Code kCvtpi2pd = {0x66, 0x0f, 0x2a, 0x0b};

constexpr u32 kOne = 0x3f80'0000, kThree = 0x4040'0000, kMaximum = 0x7f7f'ffff, kSignaling = 0x7f80'0001;
constexpr u32 kAllMasked = 0x1f80;
constexpr u32 unmasking(u32 exceptions) { return kAllMasked & ~(exceptions << 7); }

}  // namespace

TEST_CASE("SSE needs OSFXSR, no EM, no TS", "[simd][fault]") {
  SimdGuest guest(GENERATE(CodeMode::Flat32, CodeMode::Segmented32));
  const Code& code =
      GENERATE(kMovaps, kMovapsStore, kAddps, kAddsd, kPaddbXmm, kPaddbXmmRegister, kCvtps2pi, kMaskmovdqu);
  guest.xmm_register(1) = xmm(1, 2);
  SECTION("OSFXSR") {
    guest.cpu().state.cr4 = 0;
    CHECK(guest.run(code).vector == Vector::InvalidOpcode);
  }
  SECTION("EM") {
    guest.cpu().state.cr0 |= cr0::kEm | cr0::kTs;
    CHECK(guest.run(code).vector == Vector::InvalidOpcode);
  }
  SECTION("TS") {
    guest.cpu().state.cr0 |= cr0::kTs;
    CHECK(guest.run(code).vector == Vector::DeviceNotAvailable);
  }
  CHECK(guest.xmm_register(1) == xmm(1, 2));
}

TEST_CASE("MMX needs no EM, no TS and no pending exception, but no OSFXSR", "[simd][fault]") {
  SimdGuest guest(GENERATE(CodeMode::Flat32, CodeMode::Segmented32));
  const Code& code = GENERATE(kPaddbMmx, kPaddbMmxRegister);
  guest.cpu().state.cr4 = 0;
  guest.cpu().x87.set_top(4);
  SECTION("EM") {
    guest.cpu().state.cr0 |= cr0::kEm;
    CHECK(guest.run(code).vector == Vector::InvalidOpcode);
    CHECK(guest.cpu().x87.top() == 4);
  }
  SECTION("TS") {
    guest.cpu().state.cr0 |= cr0::kTs;
    CHECK(guest.run(code).vector == Vector::DeviceNotAvailable);
  }
  SECTION("pending exception") {
    guest.cpu().x87.control.assign(0x037e);
    guest.cpu().x87.status.set<x87_status::Flags>(u8{1});
    guest.cpu().x87.update_error_summary();
    CHECK(guest.run(code).vector == Vector::FloatingPoint);
    CHECK(guest.cpu().x87.valid == 0);
    // It does not concern SSE.
    guest.cpu().state.cr4 |= cr4::kOsfxsr;
    CHECK(guest.run(kPaddbXmmRegister).completed);
    CHECK(guest.run(kCvtps2pi).vector == Vector::FloatingPoint);
  }
  SECTION("usable") {
    CHECK(guest.run(code).completed);
    CHECK(guest.cpu().x87.top() == 0);
    CHECK(guest.cpu().x87.valid == 0xff);
    CHECK(guest.cpu().x87.registers[1].sign_exponent == 0xffff);
  }
}

TEST_CASE("128-bit operands must be aligned unless the instruction says otherwise", "[simd][fault]") {
  SimdGuest guest(GENERATE(CodeMode::Flat32, CodeMode::Segmented32));
  guest.set(Gpr::Ebx, GuestCode::kData + 4);
  for (const Code& code : {kMovaps, kMovapsStore, kAddps, kPaddbXmm}) {
    const Outcome outcome = guest.run(code);
    CHECK(outcome.vector == Vector::GeneralProtection);
    CHECK(outcome.error_code == 0);
  }
  for (const Code& code : {kMovups, kMovupsStore, kAddsd, kPaddbMmx}) CHECK(guest.run(code).completed);
  // Across a page.
  guest.set(Gpr::Ebx, GuestCode::kData + kPageSize - 5);
  guest.xmm_register(1) = xmm(0x0102'0304'0506'0708, 0x1112'1314'1516'1718);
  REQUIRE(guest.run(kMovupsStore).completed);
  guest.xmm_register(1) = {};
  REQUIRE(guest.run(kMovups).completed);
  CHECK(guest.xmm_register(1) == xmm(0x0102'0304'0506'0708, 0x1112'1314'1516'1718));
}

TEST_CASE("operands beyond the segment's limit fault", "[simd][fault]") {
  SimdGuest guest(CodeMode::Segmented32);
  guest.set(Gpr::Ebx, GuestCode::kSegmentLimit + 1);
  for (const Code& code : {kMovups, kMovupsStore, kAddsd, kPaddbMmx, kMovntiStore}) {
    CHECK(guest.run(code).vector == Vector::GeneralProtection);
  }
  guest.set(Gpr::Edi, GuestCode::kSegmentLimit - 3);
  CHECK(guest.run(kMaskmovdqu).vector == Vector::GeneralProtection);
}

TEST_CASE("MASKMOVDQU stores the selected bytes", "[simd]") {
  SimdGuest guest;
  guest.xmm_register(1) = xmm(0x0807'0605'0403'0201, 0x100f'0e0d'0c0b'0a09);
  guest.xmm_register(2) = xmm(0x8000'0000'0000'0080, 0x7f80'7f7f'7f7f'7fff);
  guest.set(Gpr::Edi, GuestCode::kData + 3);
  guest.write<XmmRegister>(GuestCode::kData + 3, {});
  REQUIRE(guest.run(kMaskmovdqu).completed);
  CHECK(guest.read<u64>(GuestCode::kData + 3) == 0x0800'0000'0000'0001);
  CHECK(guest.read<u64>(GuestCode::kData + 11) == 0x000f'0000'0000'0009);
}

TEST_CASE("an unmasked exception leaves the destination and sets the flag", "[simd][float]") {
  SimdGuest guest;
  guest.xmm_register(1) = xmm({kOne, kOne, kOne, kOne});
  guest.xmm_register(2) = xmm({0, kThree, kOne, kOne});
  guest.cpu().sse.mxcsr = unmasking(x87_exception::kZeroDivide);
  const Outcome outcome = guest.run(kDivps);
  CHECK(outcome.vector == Vector::SimdFloatingPoint);
  CHECK(outcome.eip == GuestCode::kCode);
  CHECK(guest.xmm_register(1) == xmm({kOne, kOne, kOne, kOne}));
  // The inexact quotient of another lane is not looked for.
  CHECK(guest.cpu().sse.mxcsr == (unmasking(x87_exception::kZeroDivide) | x87_exception::kZeroDivide));
  // A flag that is set already raises nothing by itself.
  guest.xmm_register(2) = xmm({kOne, kThree, kOne, kOne});
  CHECK(guest.run(kDivps).completed);
  CHECK((guest.cpu().sse.mxcsr & x87_exception::kPrecision) != 0);
}

TEST_CASE("without OSXMMEXCPT a SIMD exception is an invalid opcode", "[simd][float]") {
  SimdGuest guest;
  guest.cpu().state.cr4 &= ~cr4::kOsxmmexcpt;
  guest.xmm_register(1) = xmm({kMaximum, 0, 0, 0});
  guest.xmm_register(2) = xmm({kMaximum, 0, 0, 0});
  guest.cpu().sse.mxcsr = unmasking(x87_exception::kOverflow);
  CHECK(guest.run(kMulps).vector == Vector::InvalidOpcode);
  CHECK(guest.xmm_register(1) == xmm({kMaximum, 0, 0, 0}));
}

TEST_CASE("every kind of destination stays on an unmasked exception", "[simd][float]") {
  SimdGuest guest;
  guest.xmm_register(1) = xmm({kOne, 0, 0, 0});
  guest.xmm_register(2) = xmm({kSignaling, 0, 0, 0});
  guest.cpu().sse.mxcsr = unmasking(x87_exception::kInvalid);
  guest.set(Gpr::Ecx, 77);
  guest.set_status(eflags::kOf | eflags::kSf);
  guest.set_mmx_register(1, 99);
  guest.cpu().x87.set_top(2);
  CHECK(guest.run(kComiss).vector == Vector::SimdFloatingPoint);
  CHECK(guest.status() == (eflags::kOf | eflags::kSf));
  CHECK(guest.run(kCvttss2si).vector == Vector::SimdFloatingPoint);
  CHECK(guest.get(Gpr::Ecx) == 77);
  CHECK(guest.run(kCvtps2pi).vector == Vector::SimdFloatingPoint);
  CHECK(guest.mmx_register(1) == 99);
  CHECK(guest.cpu().x87.top() == 2);
}

TEST_CASE("unmasked underflow needs no inexact result", "[simd][float]") {
  SimdGuest guest;
  constexpr u32 kSmallest = 0x0080'0000, kHalf = 0x3f00'0000;
  guest.xmm_register(1) = xmm({kSmallest, 0, 0, 0});
  guest.xmm_register(2) = xmm({kHalf, 0, 0, 0});
  CHECK(guest.run(kMulps).completed);
  CHECK(guest.cpu().sse.mxcsr == kAllMasked);
  guest.xmm_register(1) = xmm({kSmallest, 0, 0, 0});
  guest.cpu().sse.mxcsr = unmasking(x87_exception::kUnderflow);
  CHECK(guest.run(kMulps).vector == Vector::SimdFloatingPoint);
  CHECK((guest.cpu().sse.mxcsr & x87_exception::kUnderflow) != 0);
}

TEST_CASE("CVTPI2PD from memory leaves the x87 state", "[simd]") {
  SimdGuest guest;
  guest.cpu().x87.set_top(3);
  REQUIRE(guest.run(kCvtpi2pd).completed);
  CHECK(guest.cpu().x87.top() == 3);
  REQUIRE(guest.run(kCvtpi2ps).completed);
  CHECK(guest.cpu().x87.top() == 0);
  CHECK(guest.cpu().x87.valid == 0xff);
}

TEST_CASE("status flags before an instruction that raises #NM are right", "[simd][fault]") {
  SimdGuest guest;
  guest.cpu().state.cr0 |= cr0::kTs;
  guest.set(Gpr::Eax, 0xffff'ffff);
  // ADD EAX, 1; MOVAPS XMM1, XMM2; XOR EAX, EAX
  const Outcome outcome = guest.run({0x83, 0xc0, 0x01, 0x0f, 0x28, 0xca, 0x31, 0xc0});
  CHECK(outcome.vector == Vector::DeviceNotAvailable);
  CHECK((guest.status() & (eflags::kCf | eflags::kZf)) == (eflags::kCf | eflags::kZf));
}

TEST_CASE("fences, prefetches and CLFLUSH", "[simd]") {
  SimdGuest guest(CodeMode::Segmented32);
  for (const u8 fence : {0xe8, 0xf0, 0xf8}) CHECK(guest.run({0x0f, 0xae, fence}).completed);
  const Code prefetch = {0x0f, 0x18, 0x0b};
  const Code clflush = {0x0f, 0xae, 0x3b};
  CHECK(guest.run(clflush).completed);
  guest.set(Gpr::Ebx, GuestCode::kSegmentLimit + 1);
  CHECK(guest.run(prefetch).completed);
  CHECK(guest.run(clflush).vector == Vector::GeneralProtection);
}

}  // namespace ringdown::test
