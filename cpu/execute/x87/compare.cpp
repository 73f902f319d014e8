// Comparisons and examination (Intel SDM vol. 1, 8.3.6).
#include "cpu/execute/ordering_flags.h"
#include "cpu/execute/x87/host_handlers.h"
#include "cpu/execute/x87/operands.h"
#include "cpu/execute/x87/x87_lowerings.h"

namespace ringdown {

namespace x87 {
namespace {

/// C3, C2 and C0 as the comparisons set them (vol. 1, table 8-6).
void set_condition(X87State& x, Ordering order) {
  const bool unordered = order == Ordering::Unordered;
  x.status.set<x87_status::C3>(unordered || order == Ordering::Equal);
  x.status.set<x87_status::C2>(unordered);
  x.status.set<x87_status::C0>(unordered || order == Ordering::Less);
}

enum class Result : u8 { ConditionCodes, StatusFlags };

template <Result R>
void deliver(Processor& cpu, Ordering order) {
  if constexpr (R == Result::ConditionCodes) {
    set_condition(cpu.x87, order);
  } else {
    cpu.registers.flags.assign_status(status_flags(order));
  }
}

void pop_times(X87State& x, unsigned pops) {
  while (pops-- > 0) pop(x);
}

/// ST(0) with another number, which `empty` says is missing. An unmasked exception leaves the stack; against
/// the manual's words (vol. 2, FCOM and FCOMI) units of both vendors deliver the condition all the same, and
/// FCOMI leaves C1 but for a stack fault (measured, docs/floating-point.md).
template <Result R, class Compare>
[[gnu::always_inline]] inline void compare_with(Processor& cpu, const Operation& op, bool empty,
                                                unsigned pops, Compare compare) {
  X87State& x = cpu.x87;
  if (is_empty(x, 0) || empty) [[unlikely]] {
    const bool masked = stack_fault(cpu, op, StackFault::Underflow);
    deliver<R>(cpu, Ordering::Unordered);
    if (masked) pop_times(x, pops);
    return;
  }
  FloatEnvironment environment = begin(x);
  const Ordering order = compare(environment);
  if constexpr (R == Result::StatusFlags) environment.rounded_up = x.status.get<x87_status::C1>();
  commit(cpu, op, environment);
  deliver<R>(cpu, order);
  if (!environment.is_suppressed()) [[likely]]
    pop_times(x, pops);
}

template <Result R, QuietNans Q, unsigned Pops>
void compare_registers(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  const u8 i = stack_index(op);
  compare_with<R>(cpu, op, is_empty(x, i), Pops, [&](FloatEnvironment& environment) {
    return x87_float::compare(st(x, 0), st(x, i), Q, environment);
  });
}

template <class Format, unsigned Pops>
void compare_memory(Processor& cpu, const Operation& op, typename Format::Bits bits) {
  record_memory(cpu, op);
  const Widened source = Format::widen(bits);
  compare_with<Result::ConditionCodes>(cpu, op, false, Pops, [&](FloatEnvironment& environment) {
    const Float80 st0 = st(cpu.x87, 0);
    const auto compare = [&](FloatEnvironment& e) {
      return x87_float::compare(st0, source.value, QuietNans::Invalid, e);
    };
    return source.denormal ? with_denormal_operand(st0, environment, compare) : compare(environment);
  });
}

void ftst(Processor& cpu, const Operation& op) {
  record(cpu, op);
  compare_with<Result::ConditionCodes>(cpu, op, false, 0, [&](FloatEnvironment& environment) {
    return x87_float::compare(st(cpu.x87, 0), float80::zero(false), QuietNans::Invalid, environment);
  });
}

/// C3 C2 C0 of FXAM for a register that is not empty (vol. 2, table of FXAM).
u8 examination(Float80 value) {
  switch (classify(value)) {
    case FloatClass::Unsupported:
      return 0b000;
    case FloatClass::QuietNan:
    case FloatClass::SignalingNan:
      return 0b001;
    case FloatClass::Normal:
      return 0b010;
    case FloatClass::Infinity:
      return 0b011;
    case FloatClass::Zero:
      return 0b100;
    case FloatClass::Denormal:
      return 0b110;
  }
  return 0;
}

void fxam(Processor& cpu, const Operation& op) {
  constexpr u8 kEmpty = 0b101;
  X87State& x = cpu.x87;
  record(cpu, op);
  const u8 code = is_empty(x, 0) ? kEmpty : examination(st(x, 0));
  x.status.set<x87_status::C3>((code & 4) != 0);
  x.status.set<x87_status::C2>((code & 2) != 0);
  x.status.set<x87_status::C0>((code & 1) != 0);
  x.status.set<x87_status::C1>(sign_of(st(x, 0)));
}

template <u8 Opcode, u8 FirstModRm, QuietNans Q, unsigned Pops>
Handler to_codes(const Operation& op) {
  return on_host_with_index<OnRegisters, Opcode, FirstModRm,
                            &on_registers<compare_registers<Result::ConditionCodes, Q, Pops>>>(op);
}
template <u8 Opcode, u8 FirstModRm, QuietNans Q, unsigned Pops>
Handler to_flags(const Operation& op) {
  return on_host_with_index<ToFlags, Opcode, FirstModRm,
                            &on_registers<compare_registers<Result::StatusFlags, Q, Pops>>>(op);
}

template <u8 Opcode, class Format>
Handler with_memory(const LoweringContext& context, unsigned pops) {
  using Bits = typename Format::Bits;
  return pops == 0 ? memory_handler<Opcode, 2, compare_memory<Format, 0>, Bits>(context)
                   : memory_handler<Opcode, 3, compare_memory<Format, 1>, Bits>(context);
}

/// FCOM has aliases (DC D0, DC D8, DE D0), which act as the encodings that the manual names.
Handler lower_fcom_registers(const Operation& op, unsigned pops) {
  switch (pops) {
    case 0:
      return to_codes<0xD8, 0xD0, QuietNans::Invalid, 0>(op);
    case 1:
      return to_codes<0xD8, 0xD8, QuietNans::Invalid, 1>(op);
    default:
      return to_codes<0xDE, 0xD8, QuietNans::Invalid, 2>(op);
  }
}

/// How often a comparison of that name pops.
unsigned pops_of(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_FCOMPP:
    case ZYDIS_MNEMONIC_FUCOMPP:
      return 2;
    case ZYDIS_MNEMONIC_FCOMP:
    case ZYDIS_MNEMONIC_FUCOMP:
    case ZYDIS_MNEMONIC_FICOMP:
      return 1;
    default:
      return 0;
  }
}

}  // namespace
}  // namespace x87

Handler lower_fcom(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  const unsigned pops = x87::pops_of(context.instruction.mnemonic);
  if (!op.memory) return x87::lower_fcom_registers(op, pops);
  switch (context.instruction.opcode) {
    case 0xD8:
      return x87::with_memory<0xD8, x87::Single>(context, pops);
    case 0xDC:
      return x87::with_memory<0xDC, x87::Double>(context, pops);
    case 0xDA:
      return x87::with_memory<0xDA, x87::Doubleword>(context, pops);
    default:
      return x87::with_memory<0xDE, x87::Word>(context, pops);
  }
}

Handler lower_fucom(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  switch (x87::pops_of(context.instruction.mnemonic)) {
    case 0:
      return x87::to_codes<0xDD, 0xE0, QuietNans::Accepted, 0>(op);
    case 1:
      return x87::to_codes<0xDD, 0xE8, QuietNans::Accepted, 1>(op);
    default:
      return x87::to_codes<0xDA, 0xE8, QuietNans::Accepted, 2>(op);
  }
}

Handler lower_fcomi(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_FCOMI:
      return x87::to_flags<0xDB, 0xF0, QuietNans::Invalid, 0>(op);
    case ZYDIS_MNEMONIC_FCOMIP:
      return x87::to_flags<0xDF, 0xF0, QuietNans::Invalid, 1>(op);
    case ZYDIS_MNEMONIC_FUCOMI:
      return x87::to_flags<0xDB, 0xE8, QuietNans::Accepted, 0>(op);
    default:
      return x87::to_flags<0xDF, 0xE8, QuietNans::Accepted, 1>(op);
  }
}

Handler lower_x87_examine(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  if (context.instruction.mnemonic == ZYDIS_MNEMONIC_FTST) return x87::without_operands<0xE4, x87::ftst>();
  return x87::without_operands<0xE5, x87::fxam>();
}

}  // namespace ringdown
