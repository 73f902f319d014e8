// FADD, FSUB, FMUL, FDIV in all their forms, and the other instructions that compute on the stack
// (Intel SDM vol. 1, 8.3.5).
#include "cpu/execute/host_units.h"
#include "cpu/execute/x87/host_handlers.h"
#include "cpu/execute/x87/operands.h"
#include "cpu/execute/x87/x87_lowerings.h"

namespace ringdown {

namespace x87 {
namespace {

enum class Arithmetic : u8 { Add, Multiply, Subtract, SubtractReversed, Divide, DivideReversed };

/// destination := destination op source, or source op destination where reversed.
template <Arithmetic A>
[[gnu::always_inline]] inline Float80 apply(Float80 destination, Float80 source,
                                            FloatEnvironment& environment) {
  if constexpr (A == Arithmetic::Add) return x87_float::add(destination, source, environment);
  if constexpr (A == Arithmetic::Multiply) return x87_float::multiply(destination, source, environment);
  if constexpr (A == Arithmetic::Subtract) return x87_float::subtract(destination, source, environment);
  if constexpr (A == Arithmetic::SubtractReversed)
    return x87_float::subtract(source, destination, environment);
  if constexpr (A == Arithmetic::Divide) return x87_float::divide(destination, source, environment);
  if constexpr (A == Arithmetic::DivideReversed) return x87_float::divide(source, destination, environment);
}

/// Which register of ST(0) and ST(i) is written.
enum class Target : u8 { St0, Sti, StiThenPop };

template <Arithmetic A, Target T>
void arithmetic_registers(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  const u8 i = stack_index(op);
  const u8 destination = T == Target::St0 ? u8{0} : i;
  const u8 source = T == Target::St0 ? i : u8{0};
  if (is_empty(x, 0) || is_empty(x, i)) [[unlikely]] {
    if (!stack_fault(cpu, op, StackFault::Underflow)) return;
    write(x, destination, float80::kIndefinite);
    if constexpr (T == Target::StiThenPop) pop(x);
    return;
  }
  FloatEnvironment environment = begin(x);
  const Float80 result = apply<A>(st(x, destination), st(x, source), environment);
  commit(cpu, op, environment);
  if (environment.is_suppressed()) [[unlikely]]
    return;
  st(x, destination) = result;
  if constexpr (T == Target::StiThenPop) pop(x);
}

/// The rare case out of line, so that the common one keeps its values in registers.
template <Arithmetic A>
[[gnu::noinline]] Float80 apply_denormal(Float80 st0, Float80 source, FloatEnvironment& environment) {
  return with_denormal_operand(st0, environment,
                               [&](FloatEnvironment& e) { return apply<A>(st0, source, e); });
}

template <Arithmetic A, class Format>
void arithmetic_memory(Processor& cpu, const Operation& op, typename Format::Bits bits) {
  X87State& x = cpu.x87;
  record_memory(cpu, op);
  if (is_empty(x, 0)) [[unlikely]] {
    if (stack_fault(cpu, op, StackFault::Underflow)) write(x, 0, float80::kIndefinite);
    return;
  }
  const Widened source = Format::widen(bits);
  FloatEnvironment environment = begin(x);
  Float80& st0 = st(x, 0);
  const Float80 result = source.denormal ? apply_denormal<A>(st0, source.value, environment)
                                         : apply<A>(st0, source.value, environment);
  commit(cpu, op, environment);
  if (!environment.is_suppressed()) [[likely]]
    st0 = result;
}

/// ModRM.reg. Where ST(i) is the destination, the opcodes of the reversed forms and of the others have
/// changed places (vol. 2, appendix B, table B-39).
constexpr u8 extension(Arithmetic a, Target target) {
  const bool exchanged = target != Target::St0;
  switch (a) {
    case Arithmetic::Add:
      return 0;
    case Arithmetic::Multiply:
      return 1;
    case Arithmetic::Subtract:
      return exchanged ? 5 : 4;
    case Arithmetic::SubtractReversed:
      return exchanged ? 4 : 5;
    case Arithmetic::Divide:
      return exchanged ? 7 : 6;
    case Arithmetic::DivideReversed:
      return exchanged ? 6 : 7;
  }
  return 0;
}

template <u8 Opcode, Arithmetic A, class Format>
Handler with_memory(const LoweringContext& context) {
  return memory_handler<Opcode, extension(A, Target::St0), arithmetic_memory<A, Format>,
                        typename Format::Bits>(context);
}
template <u8 Opcode, Arithmetic A, Target T>
Handler with_register(const Operation& op) {
  return on_host_with_index<OnRegisters, Opcode, 0xC0 | extension(A, T) << 3,
                            &on_registers<arithmetic_registers<A, T>>>(op);
}

/// D8: ST(0) with m32fp or ST(i). DC: ST(0) with m64fp, or ST(i) with ST(0). DA, DE: with m32int, m16int;
/// DE with registers pops.
template <Arithmetic A>
Handler lower_arithmetic(const LoweringContext& context, Operation& op) {
  set_opcode(context, op);
  switch (context.instruction.opcode) {
    case 0xD8:
      return op.memory ? with_memory<0xD8, A, Single>(context) : with_register<0xD8, A, Target::St0>(op);
    case 0xDC:
      return op.memory ? with_memory<0xDC, A, Double>(context) : with_register<0xDC, A, Target::Sti>(op);
    case 0xDA:
      return with_memory<0xDA, A, Doubleword>(context);
    default:
      return op.memory ? with_memory<0xDE, A, Word>(context) : with_register<0xDE, A, Target::StiThenPop>(op);
  }
}

// --- Instructions on ST(0), and on ST(0) and ST(1)
// -----------------------------------------------------------

template <Float80 (*Function)(Float80, FloatEnvironment&)>
void unary(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  if (is_empty(x, 0)) {
    if (stack_fault(cpu, op, StackFault::Underflow)) write(x, 0, float80::kIndefinite);
    return;
  }
  FloatEnvironment environment = begin(x);
  const Float80 result = Function(st(x, 0), environment);
  commit(cpu, op, environment);
  if (!environment.is_suppressed()) st(x, 0) = result;
}

/// FABS and FCHS touch the sign only; no operand is invalid.
Float80 absolute_value(Float80 a, FloatEnvironment& environment) {
  environment.rounded_up = false;
  return absolute(a);
}
Float80 change_sign(Float80 a, FloatEnvironment& environment) {
  environment.rounded_up = false;
  return negate(a);
}

/// The soft float begins with the root of a double.
void fsqrt(Processor& cpu, const Operation& op) {
  leave_host_units(cpu);
  unary<x87_float::square_root>(cpu, op);
}

void fscale(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  if (is_empty(x, 0) || is_empty(x, 1)) {
    if (stack_fault(cpu, op, StackFault::Underflow)) write(x, 0, float80::kIndefinite);
    return;
  }
  FloatEnvironment environment = begin(x);
  const Float80 result = soft_float::scale(st(x, 0), st(x, 1), environment);
  commit(cpu, op, environment);
  if (!environment.is_suppressed()) st(x, 0) = result;
}

template <soft_float::RemainderKind Kind>
void fprem(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  if (is_empty(x, 0) || is_empty(x, 1)) {
    x.status.set<x87_status::C2>(false);
    if (stack_fault(cpu, op, StackFault::Underflow)) write(x, 0, float80::kIndefinite);
    return;
  }
  FloatEnvironment environment = begin(x);
  const soft_float::Remainder remainder = soft_float::remainder(st(x, 0), st(x, 1), Kind, environment);
  commit(cpu, op, environment);
  x.status.set<x87_status::C2>(remainder.partial);
  if (environment.is_suppressed()) return;
  st(x, 0) = remainder.value;
  // Of an invalid operation or a NaN there is no quotient.
  if (is_not_a_number(classify(remainder.value))) return;
  x.status.set<x87_status::C0>((remainder.quotient & 4) != 0);
  x.status.set<x87_status::C3>((remainder.quotient & 2) != 0);
  x.status.set<x87_status::C1>((remainder.quotient & 1) != 0);
}

void fxtract(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  if (is_empty(x, 0) || overflows(x)) {
    const StackFault fault = is_empty(x, 0) ? StackFault::Underflow : StackFault::Overflow;
    if (stack_fault(cpu, op, fault)) {
      write(x, 0, float80::kIndefinite);
      push(x, float80::kIndefinite);
    }
    return;
  }
  FloatEnvironment environment = begin(x);
  const soft_float::Extracted parts = soft_float::extract(st(x, 0), environment);
  commit(cpu, op, environment);
  if (environment.is_suppressed()) return;
  st(x, 0) = parts.exponent;
  push(x, parts.significand);
}

}  // namespace
}  // namespace x87

using x87::Arithmetic;

Handler lower_fadd(const LoweringContext& context, Operation& op) {
  return x87::lower_arithmetic<Arithmetic::Add>(context, op);
}
Handler lower_fmul(const LoweringContext& context, Operation& op) {
  return x87::lower_arithmetic<Arithmetic::Multiply>(context, op);
}
Handler lower_fsub(const LoweringContext& context, Operation& op) {
  return x87::lower_arithmetic<Arithmetic::Subtract>(context, op);
}
Handler lower_fsubr(const LoweringContext& context, Operation& op) {
  return x87::lower_arithmetic<Arithmetic::SubtractReversed>(context, op);
}
Handler lower_fdiv(const LoweringContext& context, Operation& op) {
  return x87::lower_arithmetic<Arithmetic::Divide>(context, op);
}
Handler lower_fdivr(const LoweringContext& context, Operation& op) {
  return x87::lower_arithmetic<Arithmetic::DivideReversed>(context, op);
}

/// FPREM and FPREM1 stay with the software: how far a partial step goes differs between processors.
Handler lower_x87_basic(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_FABS:
      return x87::without_operands<0xE1, x87::unary<x87::absolute_value>>();
    case ZYDIS_MNEMONIC_FCHS:
      return x87::without_operands<0xE0, x87::unary<x87::change_sign>>();
    case ZYDIS_MNEMONIC_FSQRT:
      return x87::without_operands<0xFA, x87::fsqrt>();
    case ZYDIS_MNEMONIC_FRNDINT:
      return x87::without_operands<0xFC, x87::unary<x87_float::round_to_integer>>();
    case ZYDIS_MNEMONIC_FSCALE:
      return x87::without_operands<0xFD, x87::fscale>();
    case ZYDIS_MNEMONIC_FPREM:
      return &x87::on_registers<x87::fprem<soft_float::RemainderKind::Truncating>>;
    case ZYDIS_MNEMONIC_FPREM1:
      return &x87::on_registers<x87::fprem<soft_float::RemainderKind::Nearest>>;
    default:
      return x87::without_operands<0xF4, x87::fxtract>();
  }
}

}  // namespace ringdown
