// MMX and SSE instructions against the host's units: the same encoding, the same operands, the same results.
#include <random>

#include "tests/instruction/simd/host_simd.h"
#include "tests/instruction/simd/simd_guest.h"
#include "tests/support/sse_operands.h"

namespace ringdown::test {

namespace {

enum class Prefix : u8 { None = 0, P66 = 0x66, F3 = 0xf3, F2 = 0xf2 };
enum class Immediate : bool { No, Yes };
/// Which operand forms of ModRM exist.
enum class Forms : u8 { Both, Register, Memory };

struct Encoding {
  const char* name;
  Prefix prefix;
  u8 opcode;
  Immediate immediate = Immediate::No;
  Forms forms = Forms::Both;
  /// ModRM.reg where it is part of the opcode.
  s8 group = -1;
};

enum class Operand : bool { Register, Memory };

/// Destination register 1; source register 2 or [EBX].
std::vector<u8> assemble(const Encoding& e, Operand operand, u8 immediate) {
  std::vector<u8> code;
  if (e.prefix != Prefix::None) code.push_back(static_cast<u8>(e.prefix));
  code.push_back(0x0f);
  code.push_back(e.opcode);
  const u8 reg = e.group >= 0 ? static_cast<u8>(e.group) : u8{1};
  const u8 rm = operand == Operand::Register ? 0xc0 | 2 : 3;
  code.push_back(static_cast<u8>(rm | reg << 3));
  if (e.immediate == Immediate::Yes) code.push_back(immediate);
  return code;
}

/// Later processors give meanings to more predicates of CMPPS.
u8 immediate(const Encoding& e, u8 random) { return e.opcode == 0xc2 ? random & 7 : random; }

/// Opcodes of MMX instructions, which with a 66 prefix work on XMM registers.
constexpr Encoding kPacked[] = {
    {"paddb", {}, 0xfc},
    {"paddw", {}, 0xfd},
    {"paddd", {}, 0xfe},
    {"paddq", {}, 0xd4},
    {"paddsb", {}, 0xec},
    {"paddsw", {}, 0xed},
    {"paddusb", {}, 0xdc},
    {"paddusw", {}, 0xdd},
    {"psubb", {}, 0xf8},
    {"psubw", {}, 0xf9},
    {"psubd", {}, 0xfa},
    {"psubq", {}, 0xfb},
    {"psubsb", {}, 0xe8},
    {"psubsw", {}, 0xe9},
    {"psubusb", {}, 0xd8},
    {"psubusw", {}, 0xd9},
    {"pmullw", {}, 0xd5},
    {"pmulhw", {}, 0xe5},
    {"pmulhuw", {}, 0xe4},
    {"pmuludq", {}, 0xf4},
    {"pmaddwd", {}, 0xf5},
    {"pavgb", {}, 0xe0},
    {"pavgw", {}, 0xe3},
    {"pminub", {}, 0xda},
    {"pminsw", {}, 0xea},
    {"pmaxub", {}, 0xde},
    {"pmaxsw", {}, 0xee},
    {"psadbw", {}, 0xf6},
    {"pcmpeqb", {}, 0x74},
    {"pcmpeqw", {}, 0x75},
    {"pcmpeqd", {}, 0x76},
    {"pcmpgtb", {}, 0x64},
    {"pcmpgtw", {}, 0x65},
    {"pcmpgtd", {}, 0x66},
    {"packsswb", {}, 0x63},
    {"packssdw", {}, 0x6b},
    {"packuswb", {}, 0x67},
    {"punpcklbw", {}, 0x60},
    {"punpcklwd", {}, 0x61},
    {"punpckldq", {}, 0x62},
    {"punpckhbw", {}, 0x68},
    {"punpckhwd", {}, 0x69},
    {"punpckhdq", {}, 0x6a},
    {"pand", {}, 0xdb},
    {"pandn", {}, 0xdf},
    {"por", {}, 0xeb},
    {"pxor", {}, 0xef},
    {"psllw", {}, 0xf1},
    {"pslld", {}, 0xf2},
    {"psllq", {}, 0xf3},
    {"psrlw", {}, 0xd1},
    {"psrld", {}, 0xd2},
    {"psrlq", {}, 0xd3},
    {"psraw", {}, 0xe1},
    {"psrad", {}, 0xe2},
    {"psrlw imm", {}, 0x71, Immediate::Yes, Forms::Register, 2},
    {"psraw imm", {}, 0x71, Immediate::Yes, Forms::Register, 4},
    {"psllw imm", {}, 0x71, Immediate::Yes, Forms::Register, 6},
    {"psrld imm", {}, 0x72, Immediate::Yes, Forms::Register, 2},
    {"psrad imm", {}, 0x72, Immediate::Yes, Forms::Register, 4},
    {"pslld imm", {}, 0x72, Immediate::Yes, Forms::Register, 6},
    {"psrlq imm", {}, 0x73, Immediate::Yes, Forms::Register, 2},
    {"psllq imm", {}, 0x73, Immediate::Yes, Forms::Register, 6},
    {"pshufw, pshufd", {}, 0x70, Immediate::Yes},
    {"pinsrw", {}, 0xc4, Immediate::Yes},
    {"pextrw", {}, 0xc5, Immediate::Yes, Forms::Register},
    {"pmovmskb", {}, 0xd7, Immediate::No, Forms::Register},
    {"movd from", {}, 0x7e},
    {"movd to", {}, 0x6e},
    {"movq, movdqa to", {}, 0x6f},
    {"movq, movdqa from", {}, 0x7f},
    {"movntq, movntdq", {}, 0xe7, Immediate::No, Forms::Memory},
};

constexpr Encoding kXmm[] = {
    {"movups to", Prefix::None, 0x10},
    {"movups from", Prefix::None, 0x11},
    {"movupd to", Prefix::P66, 0x10},
    {"movupd from", Prefix::P66, 0x11},
    {"movss to", Prefix::F3, 0x10},
    {"movss from", Prefix::F3, 0x11},
    {"movsd to", Prefix::F2, 0x10},
    {"movsd from", Prefix::F2, 0x11},
    {"movlps, movhlps", Prefix::None, 0x12},
    {"movlps from", Prefix::None, 0x13, Immediate::No, Forms::Memory},
    {"movlpd to", Prefix::P66, 0x12, Immediate::No, Forms::Memory},
    {"movlpd from", Prefix::P66, 0x13, Immediate::No, Forms::Memory},
    {"unpcklps", Prefix::None, 0x14},
    {"unpcklpd", Prefix::P66, 0x14},
    {"unpckhps", Prefix::None, 0x15},
    {"unpckhpd", Prefix::P66, 0x15},
    {"movhps, movlhps", Prefix::None, 0x16},
    {"movhps from", Prefix::None, 0x17, Immediate::No, Forms::Memory},
    {"movhpd to", Prefix::P66, 0x16, Immediate::No, Forms::Memory},
    {"movhpd from", Prefix::P66, 0x17, Immediate::No, Forms::Memory},
    {"movaps to", Prefix::None, 0x28},
    {"movaps from", Prefix::None, 0x29},
    {"movapd to", Prefix::P66, 0x28},
    {"movapd from", Prefix::P66, 0x29},
    {"movntps", Prefix::None, 0x2b, Immediate::No, Forms::Memory},
    {"movntpd", Prefix::P66, 0x2b, Immediate::No, Forms::Memory},
    {"movmskps", Prefix::None, 0x50, Immediate::No, Forms::Register},
    {"movmskpd", Prefix::P66, 0x50, Immediate::No, Forms::Register},
    {"andps", Prefix::None, 0x54},
    {"andnps", Prefix::None, 0x55},
    {"orps", Prefix::None, 0x56},
    {"xorps", Prefix::None, 0x57},
    {"andpd", Prefix::P66, 0x54},
    {"andnpd", Prefix::P66, 0x55},
    {"orpd", Prefix::P66, 0x56},
    {"xorpd", Prefix::P66, 0x57},
    {"punpcklqdq", Prefix::P66, 0x6c},
    {"punpckhqdq", Prefix::P66, 0x6d},
    {"movdqu to", Prefix::F3, 0x6f},
    {"movdqu from", Prefix::F3, 0x7f},
    {"pshufhw", Prefix::F3, 0x70, Immediate::Yes},
    {"pshuflw", Prefix::F2, 0x70, Immediate::Yes},
    {"psrldq", Prefix::P66, 0x73, Immediate::Yes, Forms::Register, 3},
    {"pslldq", Prefix::P66, 0x73, Immediate::Yes, Forms::Register, 7},
    {"movq to", Prefix::F3, 0x7e},
    {"movq from", Prefix::P66, 0xd6},
    {"movq2dq", Prefix::F3, 0xd6, Immediate::No, Forms::Register},
    {"movdq2q", Prefix::F2, 0xd6, Immediate::No, Forms::Register},
    {"shufps", Prefix::None, 0xc6, Immediate::Yes},
    {"shufpd", Prefix::P66, 0xc6, Immediate::Yes},
    {"movnti", Prefix::None, 0xc3, Immediate::No, Forms::Memory},
};

/// Instructions that read MXCSR and set its flags.
constexpr Encoding kFloat[] = {
    {"sqrtps", Prefix::None, 0x51},
    {"sqrtpd", Prefix::P66, 0x51},
    {"sqrtss", Prefix::F3, 0x51},
    {"sqrtsd", Prefix::F2, 0x51},
    {"addps", Prefix::None, 0x58},
    {"addpd", Prefix::P66, 0x58},
    {"addss", Prefix::F3, 0x58},
    {"addsd", Prefix::F2, 0x58},
    {"mulps", Prefix::None, 0x59},
    {"mulpd", Prefix::P66, 0x59},
    {"mulss", Prefix::F3, 0x59},
    {"mulsd", Prefix::F2, 0x59},
    {"subps", Prefix::None, 0x5c},
    {"subpd", Prefix::P66, 0x5c},
    {"subss", Prefix::F3, 0x5c},
    {"subsd", Prefix::F2, 0x5c},
    {"minps", Prefix::None, 0x5d},
    {"minpd", Prefix::P66, 0x5d},
    {"minss", Prefix::F3, 0x5d},
    {"minsd", Prefix::F2, 0x5d},
    {"divps", Prefix::None, 0x5e},
    {"divpd", Prefix::P66, 0x5e},
    {"divss", Prefix::F3, 0x5e},
    {"divsd", Prefix::F2, 0x5e},
    {"maxps", Prefix::None, 0x5f},
    {"maxpd", Prefix::P66, 0x5f},
    {"maxss", Prefix::F3, 0x5f},
    {"maxsd", Prefix::F2, 0x5f},
    {"cmpps", Prefix::None, 0xc2, Immediate::Yes},
    {"cmppd", Prefix::P66, 0xc2, Immediate::Yes},
    {"cmpss", Prefix::F3, 0xc2, Immediate::Yes},
    {"cmpsd", Prefix::F2, 0xc2, Immediate::Yes},
    {"cvtps2pd", Prefix::None, 0x5a},
    {"cvtpd2ps", Prefix::P66, 0x5a},
    {"cvtss2sd", Prefix::F3, 0x5a},
    {"cvtsd2ss", Prefix::F2, 0x5a},
    {"cvtdq2ps", Prefix::None, 0x5b},
    {"cvtps2dq", Prefix::P66, 0x5b},
    {"cvttps2dq", Prefix::F3, 0x5b},
    {"cvttpd2dq", Prefix::P66, 0xe6},
    {"cvtdq2pd", Prefix::F3, 0xe6},
    {"cvtpd2dq", Prefix::F2, 0xe6},
    {"cvtpi2ps", Prefix::None, 0x2a},
    {"cvtpi2pd", Prefix::P66, 0x2a},
    {"cvtsi2ss", Prefix::F3, 0x2a},
    {"cvtsi2sd", Prefix::F2, 0x2a},
    {"cvttps2pi", Prefix::None, 0x2c},
    {"cvttpd2pi", Prefix::P66, 0x2c},
    {"cvttss2si", Prefix::F3, 0x2c},
    {"cvttsd2si", Prefix::F2, 0x2c},
    {"cvtps2pi", Prefix::None, 0x2d},
    {"cvtpd2pi", Prefix::P66, 0x2d},
    {"cvtss2si", Prefix::F3, 0x2d},
    {"cvtsd2si", Prefix::F2, 0x2d},
};

constexpr Encoding kToFlags[] = {
    {"ucomiss", Prefix::None, 0x2e},
    {"ucomisd", Prefix::P66, 0x2e},
    {"comiss", Prefix::None, 0x2f},
    {"comisd", Prefix::P66, 0x2f},
};

/// Lanes at the ends of their ranges, small counts, and anything.
class OperandSource {
 public:
  enum class Kind : u8 { Integers, Floats };
  explicit OperandSource(Kind kind = Kind::Integers) : kind_(kind) {}

  u64 quadword() {
    switch (random_() % 4) {
      case 0:
        return random_() % 70;  // a shift count
      case 1: {
        u64 value = 0;
        for (unsigned lane = 0; lane < 4; ++lane) {
          constexpr u16 kEdges[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x8001, 0xffff, 0x7f80, 0x00ff};
          value = value << 16 | kEdges[random_() % std::size(kEdges)];
        }
        return value;
      }
      default:
        return random_();
    }
  }
  XmmRegister xmm_value() {
    if (kind_ == Kind::Integers) return xmm(quadword(), quadword());
    using sse_float::Double;
    using sse_float::Single;
    if (random_() % 2 == 0) return xmm(floats_.number<Double>(), floats_.number<Double>());
    return xmm({floats_.number<Single>(), floats_.number<Single>(), floats_.number<Single>(),
                floats_.number<Single>()});
  }
  u8 immediate() { return static_cast<u8>(random_() % 3 == 0 ? random_() : random_() % 70); }
  HostSimdState state() {
    HostSimdState s;
    for (unsigned i = 0; i < 4; ++i) {
      s.xmm[i] = xmm_value();
      s.mmx[i] = quadword();
    }
    s.eax = static_cast<u32>(random_());
    s.ecx = static_cast<u32>(random_());
    s.edx = static_cast<u32>(random_());
    s.memory = xmm_value();
    if (kind_ == Kind::Floats) s.mxcsr = floats_.masked_control();
    return s;
  }

 private:
  Kind kind_;
  std::mt19937_64 random_{42};
  SseOperands floats_;
};

void load(SimdGuest& guest, const HostSimdState& s) {
  for (unsigned i = 0; i < 4; ++i) {
    guest.xmm_register(i) = s.xmm[i];
    guest.set_mmx_register(i, s.mmx[i]);
  }
  guest.set(Gpr::Eax, static_cast<u32>(s.eax));
  guest.set(Gpr::Ecx, static_cast<u32>(s.ecx));
  guest.set(Gpr::Edx, static_cast<u32>(s.edx));
  guest.cpu().sse.mxcsr = s.mxcsr;
  guest.write(GuestCode::kData, s.memory);
}

bool agrees(SimdGuest& guest, const HostSimdState& host) {
  bool same = true;
  for (unsigned i = 0; i < 4; ++i) {
    same = same && guest.xmm_register(i) == host.xmm[i] && guest.mmx_register(i) == host.mmx[i];
  }
  return same && guest.get(Gpr::Eax) == static_cast<u32>(host.eax) &&
         guest.get(Gpr::Ecx) == static_cast<u32>(host.ecx) &&
         guest.get(Gpr::Edx) == static_cast<u32>(host.edx) && guest.cpu().sse.mxcsr == host.mxcsr &&
         guest.read<XmmRegister>(GuestCode::kData) == host.memory;
}

/// Runs an encoding on both with many operands.
template <class Check>
void compare(SimdGuest& guest, HostSimd& host, OperandSource& source, const Encoding& encoding, Check check) {
  constexpr unsigned kRounds = 100;
  for (const Operand operand : {Operand::Register, Operand::Memory}) {
    if (encoding.forms == Forms::Register && operand == Operand::Memory) continue;
    if (encoding.forms == Forms::Memory && operand == Operand::Register) continue;
    INFO(encoding.name << (operand == Operand::Memory ? " with memory" : " on registers"));
    for (unsigned round = 0; round < kRounds; ++round) {
      const std::vector<u8> code = assemble(encoding, operand, immediate(encoding, source.immediate()));
      HostSimdState state = source.state();
      load(guest, state);
      host.run(code, state);
      REQUIRE(guest.run(code).completed);
      REQUIRE(guest.xmm_register(1).bytes == state.xmm[1].bytes);
      REQUIRE(guest.mmx_register(1) == state.mmx[1]);
      REQUIRE(agrees(guest, state));
      check(state);
    }
  }
}
void compare(SimdGuest& guest, HostSimd& host, OperandSource& source, const Encoding& encoding) {
  compare(guest, host, source, encoding, [](const HostSimdState&) {});
}

}  // namespace

TEST_CASE("packed integers and moves do what the host's units do", "[simd]") {
  if (!HostSimd::available()) return;
  SimdGuest guest(GENERATE(CodeMode::Flat32, CodeMode::Segmented32));
  HostSimd host;
  OperandSource source;
  for (Encoding encoding : kPacked) {
    compare(guest, host, source, encoding);
    encoding.prefix = Prefix::P66;
    compare(guest, host, source, encoding);
  }
  for (const Encoding& encoding : kXmm) compare(guest, host, source, encoding);
}

TEST_CASE("floating point does what the host's unit does under every control", "[simd][float]") {
  if (!HostSimd::available()) return;
  SimdGuest guest(GENERATE(CodeMode::Flat32, CodeMode::Segmented32));
  HostSimd host;
  OperandSource source(OperandSource::Kind::Floats);
  for (const Encoding& encoding : kFloat) compare(guest, host, source, encoding);
}

TEST_CASE("comparisons set the flags that the host's unit sets", "[simd][float]") {
  if (!HostSimd::available()) return;
  SimdGuest guest(GENERATE(CodeMode::Flat32, CodeMode::Segmented32));
  HostSimd host;
  OperandSource source(OperandSource::Kind::Floats);
  for (const Encoding& encoding : kToFlags) {
    compare(guest, host, source, encoding, [&](const HostSimdState& state) {
      REQUIRE(guest.status() == (static_cast<u32>(state.eflags) & eflags::kStatus));
    });
  }
}

}  // namespace ringdown::test
