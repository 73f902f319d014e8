// Packed shifts (Intel SDM vol. 1, 9.4.7 and 11.4.2). The count is the low quadword of the source, or an
// immediate byte; one too large shifts everything out.
#include "cpu/execute/simd/packed.h"
#include "cpu/execute/simd_lowerings.h"

namespace ringdown {

namespace simd {
namespace {

struct ShiftLeft {
  template <class Lane>
  static Lane shift(Lane value, u64 count) {
    return count < sizeof(Lane) * 8 ? static_cast<Lane>(value << count) : Lane{0};
  }
};
/// Logical for unsigned lanes, arithmetic for signed ones.
struct ShiftRight {
  template <class Lane>
  static Lane shift(Lane value, u64 count) {
    constexpr unsigned kBits = sizeof(Lane) * 8;
    if (count < kBits) return static_cast<Lane>(value >> count);
    return std::is_signed_v<Lane> ? static_cast<Lane>(value >> (kBits - 1)) : Lane{0};
  }
};

template <class Lane, class Direction, class Register>
Register shifted(const Register& value, u64 count) {
  auto result = lanes<Lane>(value);
  for (Lane& lane : result) lane = Direction::shift(lane, count);
  return std::bit_cast<Register>(result);
}

/// As a function of two registers, for lower_packed.
template <class Lane, class Direction>
struct ShiftByRegister {
  template <class Register>
  Register operator()(const Register& destination, const Register& source) const {
    return shifted<Lane, Direction>(destination, lanes<u64>(source)[0]);
  }
};

template <class Register, class Lane, class Direction>
void shift_immediate(Processor& cpu, const Operation& op) {
  const Register value = read_register<Register>(cpu, op.number);
  write_register(cpu, op.number, shifted<Lane, Direction>(value, op.immediate & 0xff));
}

/// PSLLDQ and PSRLDQ: the whole register by bytes.
template <class Direction>
void shift_bytes(Processor& cpu, const Operation& op) {
  const u128 value = std::bit_cast<u128>(cpu.sse.xmm[op.number]);
  const u128 result = Direction::shift(value, u64{op.immediate & 0xff} * 8);
  write_register(cpu, op.number, std::bit_cast<XmmRegister>(result));
}

/// Group 12 to 14 opcodes have the register in ModRM.rm and the count as an immediate.
bool arrange_immediate(const LoweringContext& context, Operation& op) {
  if (context.operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE) return false;
  op.number = op.extra & 7;
  return true;
}

template <class Lane, class Direction>
Handler lower_shift(const LoweringContext& context, Operation& op) {
  if (!arrange_immediate(context, op)) return lower_packed<ShiftByRegister<Lane, Direction>>(context, op);
  return is_mmx(context) ? &checked<UsesMmx, shift_immediate<MmxRegister, Lane, Direction>>
                         : &checked<UsesSse, shift_immediate<XmmRegister, Lane, Direction>>;
}

template <class Direction>
Handler lower_byte_shift(const LoweringContext& context, Operation& op) {
  arrange_immediate(context, op);
  return &checked<UsesSse, shift_bytes<Direction>>;
}

}  // namespace
}  // namespace simd

Handler lower_packed_shift(const LoweringContext& context, Operation& op) {
  using namespace simd;
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PSLLW:
      return lower_shift<u16, ShiftLeft>(context, op);
    case ZYDIS_MNEMONIC_PSLLD:
      return lower_shift<u32, ShiftLeft>(context, op);
    case ZYDIS_MNEMONIC_PSLLQ:
      return lower_shift<u64, ShiftLeft>(context, op);
    case ZYDIS_MNEMONIC_PSRLW:
      return lower_shift<u16, ShiftRight>(context, op);
    case ZYDIS_MNEMONIC_PSRLD:
      return lower_shift<u32, ShiftRight>(context, op);
    case ZYDIS_MNEMONIC_PSRLQ:
      return lower_shift<u64, ShiftRight>(context, op);
    case ZYDIS_MNEMONIC_PSRAW:
      return lower_shift<s16, ShiftRight>(context, op);
    case ZYDIS_MNEMONIC_PSRAD:
      return lower_shift<s32, ShiftRight>(context, op);
    case ZYDIS_MNEMONIC_PSLLDQ:
      return lower_byte_shift<ShiftLeft>(context, op);
    default:
      return lower_byte_shift<ShiftRight>(context, op);
  }
}

}  // namespace ringdown
