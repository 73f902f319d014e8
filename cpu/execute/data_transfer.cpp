// Data transfer instructions: MOV, MOVZX, MOVSX, LEA, XLAT, CBW, CWDE, CWD, CDQ.
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/operands.h"
#include "cpu/execute/segment_access.h"
#include "cpu/execute/select.h"

namespace ringdown {

namespace {

template <class T>
const Operation* move_register_register(Processor& cpu, const Operation* op) {
  cpu.registers.write<T>(op->reg, cpu.registers.read<T>(op->rm));
  return next(cpu, op);
}

template <class T>
const Operation* move_register_immediate(Processor& cpu, const Operation* op) {
  cpu.registers.write<T>(op->reg, static_cast<T>(op->immediate));
  return next(cpu, op);
}

template <class T, Addressing A>
const Operation* move_register_memory(Processor& cpu, const Operation* op) {
  const Loaded<T> source = load<T, A>(cpu, op);
  if (!source.ok) [[unlikely]]
    return nullptr;
  cpu.registers.write<T>(op->reg, source.value);
  return next(cpu, op);
}

template <class T, Addressing A>
const Operation* move_memory_register(Processor& cpu, const Operation* op) {
  if (!store<T, A>(cpu, op, cpu.registers.read<T>(op->reg))) [[unlikely]]
    return nullptr;
  return next(cpu, op);
}

template <class T, Addressing A>
const Operation* move_memory_immediate(Processor& cpu, const Operation* op) {
  if (!store<T, A>(cpu, op, static_cast<T>(op->immediate))) [[unlikely]]
    return nullptr;
  return next(cpu, op);
}

template <class T, Addressing A>
Handler move_handler(OperandKind kind) {
  switch (kind) {
    case OperandKind::RegisterRegister:
      return &move_register_register<T>;
    case OperandKind::RegisterImmediate:
      return &move_register_immediate<T>;
    case OperandKind::RegisterMemory:
      return &move_register_memory<T, A>;
    case OperandKind::MemoryRegister:
      return &move_memory_register<T, A>;
    case OperandKind::MemoryImmediate:
      return &move_memory_immediate<T, A>;
  }
  return nullptr;
}

/// `To` from `From` is a zero extension, or a sign extension if `From` is signed.
template <class To, class From>
const Operation* extend_register(Processor& cpu, const Operation* op) {
  cpu.registers.write<To>(op->reg, static_cast<To>(cpu.registers.read<From>(op->rm)));
  return next(cpu, op);
}

template <class To, class From, Addressing A>
const Operation* extend_memory(Processor& cpu, const Operation* op) {
  const Loaded<std::make_unsigned_t<From>> source = load<std::make_unsigned_t<From>, A>(cpu, op);
  if (!source.ok) [[unlikely]]
    return nullptr;
  cpu.registers.write<To>(op->reg, static_cast<To>(static_cast<From>(source.value)));
  return next(cpu, op);
}

template <class From>
Handler extension_from(const LoweringContext& context, const Operation& op) {
  return for_word_size(op.size, [&]<class To>() {
    return for_addressing(context.addressing, [&]<Addressing A>() -> Handler {
      return op.memory ? &extend_memory<To, From, A> : &extend_register<To, From>;
    });
  });
}

template <class Byte, class Word>
Handler lower_extension(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  if (context.operands[1].size == 8) return extension_from<Byte>(context, op);
  return extension_from<Word>(context, op);
}

template <class T>
const Operation* load_effective_address(Processor& cpu, const Operation* op) {
  const Registers& registers = cpu.registers;
  const u32 offset =
      registers.read<u32>(op->base) + (registers.read<u32>(op->index) << op->scale) + op->displacement;
  cpu.registers.write<T>(op->reg, static_cast<T>(offset));
  return next(cpu, op);
}

const Operation* load_effective_address_16_to_32(Processor& cpu, const Operation* op) {
  cpu.registers.write<u32>(op->reg, effective_offset(cpu.registers, *op));
  return next(cpu, op);
}

template <bool Address16>
const Operation* translate(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  u32 offset = registers.get(Gpr::Ebx) + registers.read<u8>(offset_of(Gpr::Eax));
  if constexpr (Address16) offset &= 0xffffu;
  const Loaded<u8> entry = load_at<u8>(cpu, op, op->segment, offset);
  if (!entry.ok) [[unlikely]]
    return nullptr;
  registers.write<u8>(offset_of(Gpr::Eax), entry.value);
  return next(cpu, op);
}

/// CBW, CWDE: the accumulator's lower half sign-extended into all of it.
template <class To, class From>
const Operation* extend_accumulator(Processor& cpu, const Operation* op) {
  const RegisterOffset accumulator = offset_of(Gpr::Eax);
  cpu.registers.write<To>(accumulator, static_cast<To>(cpu.registers.read<From>(accumulator)));
  return next(cpu, op);
}

/// CWD, CDQ: the accumulator's sign in every bit of (E)DX.
template <class T>
const Operation* spread_sign(Processor& cpu, const Operation* op) {
  using Signed = std::make_signed_t<T>;
  const bool negative = cpu.registers.read<Signed>(offset_of(Gpr::Eax)) < 0;
  cpu.registers.write<T>(offset_of(Gpr::Edx), negative ? static_cast<T>(~T{0}) : T{0});
  return next(cpu, op);
}

}  // namespace

Handler lower_mov(const LoweringContext& context, Operation& op) {
  const OperandKind kind = arrange_two(context, op);
  return for_size(op.size, [&]<class T>() {
    return for_addressing(context.addressing, [&]<Addressing A>() { return move_handler<T, A>(kind); });
  });
}

Handler lower_movzx(const LoweringContext& context, Operation& op) {
  return lower_extension<u8, u16>(context, op);
}

Handler lower_movsx(const LoweringContext& context, Operation& op) {
  return lower_extension<s8, s16>(context, op);
}

Handler lower_lea(const LoweringContext&, Operation& op) {
  if (op.size == OperandSize::Word) return &load_effective_address<u16>;
  return op.address16 ? &load_effective_address_16_to_32 : &load_effective_address<u32>;
}

Handler lower_xlat(const LoweringContext&, Operation& op) {
  return op.address16 ? &translate<true> : &translate<false>;
}

Handler lower_cbw(const LoweringContext&, Operation&) { return &extend_accumulator<u16, s8>; }
Handler lower_cwde(const LoweringContext&, Operation&) { return &extend_accumulator<u32, s16>; }
Handler lower_cwd(const LoweringContext&, Operation&) { return &spread_sign<u16>; }
Handler lower_cdq(const LoweringContext&, Operation&) { return &spread_sign<u32>; }

}  // namespace ringdown
