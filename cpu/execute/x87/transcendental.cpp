// The transcendental instructions (Intel SDM vol. 1, 8.3.7).
#include "cpu/float/transcendental.h"

#include "cpu/execute/x87/unit.h"
#include "cpu/execute/x87/x87_lowerings.h"

namespace ringdown {

namespace x87 {
namespace {

using soft_float::Trigonometric;

/// Result to ST(0).
void f2xm1(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  if (is_empty(x, 0)) {
    if (stack_fault(cpu, op, StackFault::Underflow)) write(x, 0, float80::kIndefinite);
    return;
  }
  FloatEnvironment environment = begin(x);
  const Float80 result = soft_float::exponential_minus_one(st(x, 0), environment);
  commit(cpu, op, environment);
  if (!environment.is_suppressed()) st(x, 0) = result;
}

/// Of ST(0) and ST(1), the result to ST(1), then a pop.
template <class Function>
void replace_two(Processor& cpu, const Operation& op, Function function) {
  X87State& x = cpu.x87;
  record(cpu, op);
  if (is_empty(x, 0) || is_empty(x, 1)) {
    if (stack_fault(cpu, op, StackFault::Underflow)) {
      write(x, 1, float80::kIndefinite);
      pop(x);
    }
    return;
  }
  FloatEnvironment environment = begin(x);
  const Float80 result = function(st(x, 0), st(x, 1), environment);
  commit(cpu, op, environment);
  if (environment.is_suppressed()) return;
  st(x, 1) = result;
  pop(x);
}

void fyl2x(Processor& cpu, const Operation& op) { return replace_two(cpu, op, soft_float::y_log2); }
void fyl2xp1(Processor& cpu, const Operation& op) {
  return replace_two(cpu, op, soft_float::y_log2_plus_one);
}
void fpatan(Processor& cpu, const Operation& op) {
  return replace_two(cpu, op, [](Float80 st0, Float80 st1, FloatEnvironment& environment) {
    return soft_float::arctangent(st1, st0, environment);
  });
}

template <Trigonometric (*Function)(Float80, FloatEnvironment&)>
void trigonometric(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  if (is_empty(x, 0)) {
    x.status.set<x87_status::C2>(false);
    if (stack_fault(cpu, op, StackFault::Underflow)) write(x, 0, float80::kIndefinite);
    return;
  }
  FloatEnvironment environment = begin(x);
  const Trigonometric result = Function(st(x, 0), environment);
  commit(cpu, op, environment);
  x.status.set<x87_status::C2>(result.out_of_range);
  if (!environment.is_suppressed()) st(x, 0) = result.value;
}

/// FPTAN and FSINCOS: ST(0) is replaced by `first`, then `second` is pushed.
struct Pair {
  Float80 first;
  Float80 second;
  bool out_of_range;
};
Pair tangent_and_one(Float80 a, FloatEnvironment& environment) {
  const Trigonometric tangent = soft_float::tangent(a, environment);
  const bool nan = is_nan(classify(tangent.value));
  return {tangent.value, nan ? tangent.value : float80::kOne, tangent.out_of_range};
}
Pair sine_and_cosine(Float80 a, FloatEnvironment& environment) {
  const Trigonometric cosine = soft_float::cosine(a, environment);
  const Trigonometric sine = soft_float::sine(a, environment);
  return {sine.value, cosine.value, sine.out_of_range};
}

template <Pair (*Function)(Float80, FloatEnvironment&)>
void replace_and_push(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  if (is_empty(x, 0) || overflows(x)) {
    const StackFault fault = is_empty(x, 0) ? StackFault::Underflow : StackFault::Overflow;
    x.status.set<x87_status::C2>(false);
    if (stack_fault(cpu, op, fault)) {
      write(x, 0, float80::kIndefinite);
      push(x, float80::kIndefinite);
    }
    return;
  }
  FloatEnvironment environment = begin(x);
  const Pair result = Function(st(x, 0), environment);
  commit(cpu, op, environment);
  x.status.set<x87_status::C2>(result.out_of_range);
  if (environment.is_suppressed() || result.out_of_range) return;
  st(x, 0) = result.first;
  push(x, result.second);
}

}  // namespace
}  // namespace x87

Handler lower_x87_transcendental(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_F2XM1:
      return &x87::on_registers<x87::f2xm1>;
    case ZYDIS_MNEMONIC_FYL2X:
      return &x87::on_registers<x87::fyl2x>;
    case ZYDIS_MNEMONIC_FYL2XP1:
      return &x87::on_registers<x87::fyl2xp1>;
    case ZYDIS_MNEMONIC_FPATAN:
      return &x87::on_registers<x87::fpatan>;
    case ZYDIS_MNEMONIC_FSIN:
      return &x87::on_registers<x87::trigonometric<soft_float::sine>>;
    case ZYDIS_MNEMONIC_FCOS:
      return &x87::on_registers<x87::trigonometric<soft_float::cosine>>;
    case ZYDIS_MNEMONIC_FPTAN:
      return &x87::on_registers<x87::replace_and_push<x87::tangent_and_one>>;
    default:
      return &x87::on_registers<x87::replace_and_push<x87::sine_and_cosine>>;
  }
}

}  // namespace ringdown
