// Moves of MMX and XMM registers (Intel SDM vol. 1, 9.4.1, 10.4.1.1, 11.4.1.1 and 11.4.2).
#include "cpu/execute/simd/packed.h"
#include "cpu/execute/simd_lowerings.h"

namespace ringdown {

namespace simd {
namespace {

// --- What is written to the destination register -----------------------------------------------------------

template <class Register>
void set_register(Processor& cpu, const Operation& op, Register value) {
  write_register(cpu, op.number, value);
}
void set_unaligned(Processor& cpu, const Operation& op, UnalignedXmm operand) {
  write_register(cpu, op.number, operand.value);
}
/// The rest of the register becomes zero.
template <class T>
void set_zero_extended(Processor& cpu, const Operation& op, T value) {
  write_register(cpu, op.number, zero_extended(value));
}
void set_mmx_zero_extended(Processor& cpu, const Operation& op, u32 value) {
  write_mmx(cpu, op.number, std::bit_cast<MmxRegister>(u64{value}));
}
void set_mmx_from_general(Processor& cpu, const Operation& op, s32 value) {
  set_mmx_zero_extended(cpu, op, static_cast<u32>(value));
}
/// `value` goes to byte `Offset`; the rest stays.
template <class T, unsigned Offset>
void set_part(Processor& cpu, const Operation& op, T value) {
  write_part<Offset>(cpu, op.number, value);
}
void set_low_from_high(Processor& cpu, const Operation& op, XmmRegister source) {
  write_part<0>(cpu, op.number, lanes<u64>(source)[1]);
}
void set_mmx_from_low(Processor& cpu, const Operation& op, u64 value) {
  write_mmx(cpu, op.number, std::bit_cast<MmxRegister>(value));
}

// --- What is stored ---------------------------------------------------------------------------------------

/// Register op.number, or its low bytes.
template <class T>
T stored(const Processor& cpu, const Operation& op) {
  return read_register<T>(cpu, op.number);
}
u64 stored_high(const Processor& cpu, const Operation& op) {
  u64 value;
  std::memcpy(&value, cpu.sse.xmm[op.number].bytes.data() + 8, sizeof(value));
  return value;
}
u32 stored_mmx_low(const Processor& cpu, const Operation& op) {
  return static_cast<u32>(std::bit_cast<u64>(read_mmx(cpu, op.number)));
}
u32 stored_general(const Processor& cpu, const Operation& op) { return cpu.registers.read<u32>(op.reg); }

// --- Register forms with a general register
// -----------------------------------------------------------------

template <auto Value>
void to_general(Processor& cpu, const Operation& op) {
  write_general(cpu, op.extra, Value(cpu, op));
}

/// The sign bits of all lanes, into general register op.number.
template <class Lane, class Register>
void move_mask(Processor& cpu, const Operation& op, Register source) {
  const auto values = lanes<Lane>(source);
  u32 mask = 0;
  for (unsigned i = 0; i < values.size(); ++i) {
    mask |= static_cast<u32>(values[i] >> (sizeof(Lane) * 8 - 1)) << i;
  }
  write_general(cpu, op.number, mask);
}

/// MASKMOVQ and MASKMOVDQU: the bytes of register op.number that register op.extra selects, to DS:(E)DI. All
/// of the operand is checked, selected or not.
template <class Register>
Fault masked_store(Processor& cpu, const Operation& op) {
  const Register data = read_register<Register>(cpu, op.number);
  const Register mask = read_register<Register>(cpu, op.extra);
  const u32 offset = effective_offset(cpu.registers, op);
  if (const Fault fault = prepare_memory_write(cpu, op, op.segment, offset, sizeof(Register))) return fault;
  constexpr u8 kSelected = 0x80;
  for (u32 i = 0; i < sizeof(Register); ++i) {
    if ((mask.bytes[i] & kSelected) == 0) continue;
    if (const Fault fault = write_memory(cpu, op, op.segment, offset + i, data.bytes[i])) return fault;
  }
  return Fault::none();
}

template <class MemoryOperand>
Handler lower_whole(const LoweringContext& context, Operation& op) {
  if (arrange_destination(context, op)) {
    return with_memory_destination<UsesSse, MemoryOperand, stored<MemoryOperand>>(context);
  }
  if constexpr (std::is_same_v<MemoryOperand, UnalignedXmm>) {
    return with_source<UsesSse, set_unaligned, UnalignedXmm>(context, op);
  } else {
    return with_source<UsesSse, set_register<XmmRegister>, XmmRegister>(context, op);
  }
}

/// MOVSS and MOVSD: from memory the rest of the register is cleared, from a register it stays.
template <class T>
Handler lower_scalar(const LoweringContext& context, Operation& op) {
  if (arrange_destination(context, op)) return with_memory_destination<UsesSse, T, stored<T>>(context);
  if (op.memory) return with_source<UsesSse, set_zero_extended<T>, T>(context, op);
  return with_source<UsesSse, set_part<T, 0>, T>(context, op);
}

Handler lower_movd_mmx(const LoweringContext& context, Operation& op) {
  const bool to_memory = context.operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY;
  if (to_memory) return with_memory_destination<UsesMmx, u32, stored_mmx_low>(context);
  if (context.operands[0].encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM) {
    return &checked<UsesMmx, to_general<stored_mmx_low>>;
  }
  if (op.memory) return with_source<UsesMmx, set_mmx_zero_extended, u32>(context, op);
  return with_source<UsesMmx, set_mmx_from_general, s32>(context, op);
}

Handler lower_movd_xmm(const LoweringContext& context, Operation& op) {
  const bool to_memory = context.operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY;
  if (to_memory) return with_memory_destination<UsesSse, u32, stored<u32>>(context);
  if (context.operands[0].encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM)
    return &checked<UsesSse, to_general<stored<u32>>>;
  return with_source<UsesSse, set_zero_extended<s32>, s32>(context, op);
}

}  // namespace
}  // namespace simd

Handler lower_movaps(const LoweringContext& context, Operation& op) {
  return simd::lower_whole<XmmRegister>(context, op);
}
Handler lower_movups(const LoweringContext& context, Operation& op) {
  return simd::lower_whole<simd::UnalignedXmm>(context, op);
}
Handler lower_movss(const LoweringContext& context, Operation& op) {
  return simd::lower_scalar<u32>(context, op);
}
Handler lower_movsd(const LoweringContext& context, Operation& op) {
  return simd::lower_scalar<u64>(context, op);
}

Handler lower_movlps(const LoweringContext& context, Operation& op) {
  using namespace simd;
  if (arrange_destination(context, op)) return with_memory_destination<UsesSse, u64, stored<u64>>(context);
  return with_source<UsesSse, set_part<u64, 0>, u64>(context, op);
}
Handler lower_movhps(const LoweringContext& context, Operation& op) {
  using namespace simd;
  if (arrange_destination(context, op)) return with_memory_destination<UsesSse, u64, stored_high>(context);
  return with_source<UsesSse, set_part<u64, 8>, u64>(context, op);
}
Handler lower_movhlps(const LoweringContext& context, Operation& op) {
  return simd::with_source<simd::UsesSse, simd::set_low_from_high, XmmRegister>(context, op);
}

Handler lower_movd(const LoweringContext& context, Operation& op) {
  return simd::is_mmx(context) ? simd::lower_movd_mmx(context, op) : simd::lower_movd_xmm(context, op);
}

Handler lower_movq(const LoweringContext& context, Operation& op) {
  using namespace simd;
  const bool stores = arrange_destination(context, op);
  if (is_mmx(context)) {
    if (stores) return with_memory_destination<UsesMmx, MmxRegister, stored<MmxRegister>>(context);
    return with_source<UsesMmx, set_register<MmxRegister>, MmxRegister>(context, op);
  }
  if (stores) return with_memory_destination<UsesSse, u64, stored<u64>>(context);
  return with_source<UsesSse, set_zero_extended<u64>, u64>(context, op);
}

Handler lower_movq2dq(const LoweringContext& context, Operation& op) {
  return simd::with_source<simd::UsesBoth, simd::set_zero_extended<simd::MmxRegister>, simd::MmxRegister>(
      context, op);
}
Handler lower_movdq2q(const LoweringContext& context, Operation& op) {
  return simd::with_source<simd::UsesBoth, simd::set_mmx_from_low, u64>(context, op);
}

Handler lower_movmskps(const LoweringContext& context, Operation& op) {
  return simd::with_source<simd::UsesSse, simd::move_mask<u32, XmmRegister>, XmmRegister>(context, op);
}
Handler lower_movmskpd(const LoweringContext& context, Operation& op) {
  return simd::with_source<simd::UsesSse, simd::move_mask<u64, XmmRegister>, XmmRegister>(context, op);
}
Handler lower_pmovmskb(const LoweringContext& context, Operation& op) {
  using namespace simd;
  if (is_mmx(context)) return with_source<UsesMmx, move_mask<u8, MmxRegister>, MmxRegister>(context, op);
  return with_source<UsesSse, move_mask<u8, XmmRegister>, XmmRegister>(context, op);
}

Handler lower_movnti(const LoweringContext& context, Operation&) {
  return simd::with_memory_destination<simd::UsesNone, u32, simd::stored_general>(context);
}
Handler lower_maskmov(const LoweringContext& context, Operation&) {
  using namespace simd;
  return is_mmx(context) ? &cold<execute_checked<UsesMmx, masked_store<MmxRegister>>>
                         : &cold<execute_checked<UsesSse, masked_store<XmmRegister>>>;
}

}  // namespace ringdown
