// Data transfer instructions: MOV, MOVZX, MOVSX, LEA, XLAT, CBW, CWDE, CWD, CDQ.
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/operand_handlers.h"
#include "cpu/execute/segment_access.h"

namespace ringdown {

namespace {

template <class T, RegisterOffset Reg>
[[gnu::always_inline]] inline const Operation* move_to_register(Processor& cpu, const Operation* op,
                                                                T value) {
  cpu.registers.write<T>(known_or<Reg>(op->reg), value);
  return next(cpu, op);
}

template <class T, Frequency Often>
Handler move_from_memory(const LoweringContext& context, const Operation& op) {
  return for_address_shape(context.addressing, op, [&]<Addressing A>() {
    return for_register<often_at<A>(Often)>(op.reg, [&]<RegisterOffset Reg>() {
      return for_base<often_at_base<A>(Often)>(op.base, []<RegisterOffset Base>() -> Handler {
        return &with_memory<T, A, &move_to_register<T, Reg>, Base>;
      });
    });
  });
}

template <class T, Frequency Often>
Handler move_to_memory(const LoweringContext& context, const Operation& op) {
  return for_address_shape(context.addressing, op, [&]<Addressing A>() {
    return for_register<often_at<A>(Often)>(op.reg, [&]<RegisterOffset Reg>() {
      return for_base<often_at_base<A>(Often)>(op.base, []<RegisterOffset Base>() -> Handler {
        return &to_memory<T, A, &register_value<T, Reg>, Base>;
      });
    });
  });
}

template <class T>
Handler move_handler(const LoweringContext& context, const Operation& op, OperandKind kind) {
  constexpr Frequency kOften = frequent_if_dword<T>(Frequency::Frequent);
  switch (kind) {
    case OperandKind::RegisterRegister:
      return for_register<kOften>(op.reg, [&]<RegisterOffset Reg>() {
        return for_register<kOften>(
            op.rm, []<RegisterOffset Rm>() -> Handler { return &with_rm<T, &move_to_register<T, Reg>, Rm>; });
      });
    case OperandKind::RegisterImmediate:
      return for_register<kOften>(op.reg, []<RegisterOffset Reg>() -> Handler {
        return &with_immediate<T, &move_to_register<T, Reg>>;
      });
    case OperandKind::RegisterMemory:
      return move_from_memory<T, kOften>(context, op);
    case OperandKind::MemoryRegister:
      return move_to_memory<T, kOften>(context, op);
    case OperandKind::MemoryImmediate:
      return for_address_shape(context.addressing, op, [&]<Addressing A>() {
        return for_base<often_at_base<A>(Frequency::Frequent)>(op.base, []<RegisterOffset Base>() -> Handler {
          return &to_memory<T, A, &immediate_value<T>, Base>;
        });
      });
  }
  return nullptr;
}

/// `To` from `From` is a zero extension, or a sign extension if `From` is signed.
template <class To, class From, RegisterOffset Reg>
[[gnu::always_inline]] inline const Operation* extend(Processor& cpu, const Operation* op,
                                                      std::make_unsigned_t<From> value) {
  cpu.registers.write<To>(known_or<Reg>(op->reg), static_cast<To>(static_cast<From>(value)));
  return next(cpu, op);
}

template <class From>
Handler extension_from(const LoweringContext& context, const Operation& op) {
  using Source = std::make_unsigned_t<From>;
  return for_word_size(op.size, [&]<class To>() {
    constexpr Frequency kOften = frequent_if_dword<To>(Frequency::Frequent);
    return for_register<kOften>(op.reg, [&]<RegisterOffset Reg>() {
      return from_rm_or_memory<Source, &extend<To, From, Reg>>(context, op);
    });
  });
}

template <class Byte, class Word>
Handler lower_extension(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  if (context.operands[1].size == 8) return extension_from<Byte>(context, op);
  return extension_from<Word>(context, op);
}

template <class T, Addressing A, RegisterOffset Reg, RegisterOffset Base>
const Operation* load_effective_address(Processor& cpu, const Operation* op) {
  cpu.registers.write<T>(known_or<Reg>(op->reg), static_cast<T>(flat_offset<A, Base>(cpu.registers, op)));
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
  return for_size(op.size, [&]<class T>() { return move_handler<T>(context, op, kind); });
}

Handler lower_movzx(const LoweringContext& context, Operation& op) {
  return lower_extension<u8, u16>(context, op);
}

Handler lower_movsx(const LoweringContext& context, Operation& op) {
  return lower_extension<s8, s16>(context, op);
}

Handler lower_lea(const LoweringContext&, Operation& op) {
  if (op.size == OperandSize::Word) return &load_effective_address<u16, Addressing::Flat, kEncoded, kEncoded>;
  if (op.address16) return &load_effective_address_16_to_32;
  return for_address_shape(Addressing::Flat, op, [&]<Addressing A>() {
    return for_register<Frequency::Frequent>(op.reg, [&]<RegisterOffset Reg>() {
      return for_base<often_at_base<A>(Frequency::Frequent)>(op.base, []<RegisterOffset Base>() -> Handler {
        return &load_effective_address<u32, A, Reg, Base>;
      });
    });
  });
}

Handler lower_xlat(const LoweringContext&, Operation& op) {
  return op.address16 ? &translate<true> : &translate<false>;
}

Handler lower_cbw(const LoweringContext&, Operation&) { return &extend_accumulator<u16, s8>; }
Handler lower_cwde(const LoweringContext&, Operation&) { return &extend_accumulator<u32, s16>; }
Handler lower_cwd(const LoweringContext&, Operation&) { return &spread_sign<u16>; }
Handler lower_cdq(const LoweringContext&, Operation&) { return &spread_sign<u32>; }

}  // namespace ringdown
