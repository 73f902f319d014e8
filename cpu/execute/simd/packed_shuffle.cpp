// Packing, unpacking, shuffles, and words put in and taken out (Intel SDM vol.
// 1, 9.4.4, 9.4.5, 10.4.3, 11.4.1 and 11.4.2).
#include "cpu/execute/simd/packed.h"
#include "cpu/execute/simd_lowerings.h"

namespace ringdown {

namespace simd {
namespace {

/// PACKSSWB, PACKSSDW, PACKUSWB: the lanes of the destination, then those of the source, saturated.
template <class Wide, class Narrow>
struct Pack {
  template <class Register>
  Register operator()(const Register& destination, const Register& source) const {
    const auto low = lanes<Wide>(destination);
    const auto high = lanes<Wide>(source);
    Lanes<Narrow, Register> result{};
    for (unsigned i = 0; i < low.size(); ++i) {
      result[i] = saturated<Narrow>(low[i]);
      result[low.size() + i] = saturated<Narrow>(high[i]);
    }
    return std::bit_cast<Register>(result);
  }
};

enum class Half : u8 { Low, High };

/// The lanes of one half of both registers, in turn.
template <class Lane, Half H>
struct Interleave {
  template <class Register>
  Register operator()(const Register& destination, const Register& source) const {
    const auto a = lanes<Lane>(destination);
    const auto b = lanes<Lane>(source);
    constexpr unsigned kHalf = sizeof(Register) / sizeof(Lane) / 2;
    constexpr unsigned kFirst = H == Half::High ? kHalf : 0;
    Lanes<Lane, Register> result{};
    for (unsigned i = 0; i < kHalf; ++i) {
      result[2 * i] = a[kFirst + i];
      result[2 * i + 1] = b[kFirst + i];
    }
    return std::bit_cast<Register>(result);
  }
};

/// Two bits of the immediate choose a lane of four.
inline unsigned choice(u32 order, unsigned lane) { return (order >> (2 * lane)) & 3; }

/// Four neighbouring lanes of `source`, from `First` on, in the order of the immediate; the rest as it is.
template <class Lane, unsigned First, class Register>
[[gnu::always_inline]] inline void shuffle_four(Processor& cpu, const Operation& op, Register source) {
  const auto from = lanes<Lane>(source);
  auto result = from;
  for (unsigned i = 0; i < 4; ++i) result[First + i] = from[First + choice(op.immediate, i)];
  write_register(cpu, op.number, std::bit_cast<Register>(result));
}

/// Where the lower two of four lanes come from; the upper two come from the source.
enum class LowerLanes : u8 { Source, Destination };

/// PSHUFD and SHUFPS.
template <LowerLanes From>
[[gnu::always_inline]] inline void shuffle_doublewords(Processor& cpu, const Operation& op,
                                                       XmmRegister source) {
  const auto upper = lanes<u32>(source);
  const auto lower = From == LowerLanes::Source ? upper : lanes<u32>(cpu.sse.xmm[op.number]);
  const u32 order = op.immediate;
  const auto result = host_sse::from_doublewords(lower[choice(order, 0)], lower[choice(order, 1)],
                                                 upper[choice(order, 2)], upper[choice(order, 3)]);
  host_sse::store_whole(&cpu.sse.xmm[op.number], result);
}
[[gnu::always_inline]] inline void shuffle_doubles(Processor& cpu, const Operation& op, XmmRegister source) {
  const auto a = lanes<u64>(cpu.sse.xmm[op.number]);
  const auto b = lanes<u64>(source);
  const std::array<u64, 2> result = {a[op.immediate & 1], b[(op.immediate >> 1) & 1]};
  write_register(cpu, op.number, std::bit_cast<XmmRegister>(result));
}

/// PINSRW: a word of a general register or of memory.
template <class Register, class Source>
void insert_word(Processor& cpu, const Operation& op, Source source) {
  auto words = lanes<u16>(read_register<Register>(cpu, op.number));
  words[op.immediate % words.size()] = static_cast<u16>(source);
  write_register(cpu, op.number, std::bit_cast<Register>(words));
}

template <class Unit, class Register>
Handler lower_insert(const LoweringContext& context, const Operation& op) {
  if (op.memory) return with_source<Unit, insert_word<Register, u16>, u16>(context, op);
  return with_source<Unit, insert_word<Register, s32>, s32>(context, op);
}

template <class Register>
void extract_word(Processor& cpu, const Operation& op, Register source) {
  const auto words = lanes<u16>(source);
  write_general(cpu, op.number, words[op.immediate % words.size()]);
}

/// The low half of an MMX operand is 32 bits of memory, that of an XMM operand all 128.
template <class Lane, auto Host>
Handler lower_unpack_low(const LoweringContext& context, const Operation& op) {
  using Function = Interleave<Lane, Half::Low>;
  if (is_mmx(context) && op.memory) return with_source<UsesMmx, apply_half<Function>, u32>(context, op);
  return lower_packed_on_host<Function, Host>(context, op);
}
template <class Lane, auto Host>
Handler lower_unpack_high(const LoweringContext& context, const Operation& op) {
  return lower_packed_on_host<Interleave<Lane, Half::High>, Host>(context, op);
}

}  // namespace
}  // namespace simd

Handler lower_pack(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PACKSSWB:
      return lower_packed_on_host<Pack<s16, s8>, host_sse::packsswb>(context, op);
    case ZYDIS_MNEMONIC_PACKSSDW:
      return lower_packed_on_host<Pack<s32, s16>, host_sse::packssdw>(context, op);
    default:
      return lower_packed_on_host<Pack<s16, u8>, host_sse::packuswb>(context, op);
  }
}

Handler lower_unpack(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PUNPCKLBW:
      return lower_unpack_low<u8, host_sse::punpcklbw>(context, op);
    case ZYDIS_MNEMONIC_PUNPCKLWD:
      return lower_unpack_low<u16, host_sse::punpcklwd>(context, op);
    case ZYDIS_MNEMONIC_PUNPCKLDQ:
    case ZYDIS_MNEMONIC_UNPCKLPS:
      return lower_unpack_low<u32, host_sse::punpckldq>(context, op);
    case ZYDIS_MNEMONIC_PUNPCKLQDQ:
    case ZYDIS_MNEMONIC_UNPCKLPD:
      return lower_packed_on_host<Interleave<u64, Half::Low>, host_sse::punpcklqdq>(context, op);
    case ZYDIS_MNEMONIC_PUNPCKHBW:
      return lower_unpack_high<u8, host_sse::punpckhbw>(context, op);
    case ZYDIS_MNEMONIC_PUNPCKHWD:
      return lower_unpack_high<u16, host_sse::punpckhwd>(context, op);
    case ZYDIS_MNEMONIC_PUNPCKHDQ:
    case ZYDIS_MNEMONIC_UNPCKHPS:
      return lower_unpack_high<u32, host_sse::punpckhdq>(context, op);
    default:
      return lower_unpack_high<u64, host_sse::punpckhqdq>(context, op);
  }
}

Handler lower_shuffle(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PSHUFW:
      return with_source<UsesMmx, shuffle_four<u16, 0, MmxRegister>, MmxRegister>(context, op);
    case ZYDIS_MNEMONIC_PSHUFD:
      return with_source<UsesSse, shuffle_doublewords<LowerLanes::Source>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_PSHUFLW:
      return with_source<UsesSse, shuffle_four<u16, 0, XmmRegister>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_PSHUFHW:
      return with_source<UsesSse, shuffle_four<u16, 4, XmmRegister>, XmmRegister>(context, op);
    case ZYDIS_MNEMONIC_SHUFPS:
      return with_source<UsesSse, shuffle_doublewords<LowerLanes::Destination>, XmmRegister>(context, op);
    default:
      return with_source<UsesSse, shuffle_doubles, XmmRegister>(context, op);
  }
}

Handler lower_pinsrw(const LoweringContext& context, Operation& op) {
  using namespace simd;
  return is_mmx(context) ? lower_insert<UsesMmx, MmxRegister>(context, op)
                         : lower_insert<UsesSse, XmmRegister>(context, op);
}
Handler lower_pextrw(const LoweringContext& context, Operation& op) {
  using namespace simd;
  if (is_mmx(context)) return with_source<UsesMmx, extract_word<MmxRegister>, MmxRegister>(context, op);
  return with_source<UsesSse, extract_word<XmmRegister>, XmmRegister>(context, op);
}

}  // namespace ringdown
