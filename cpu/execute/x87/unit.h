// What the x87 handlers are made of: the checks before an instruction, the register stack, exceptions behind
// it.
#pragma once

#include "cpu/float/x87_float.h"
#include "cpu/handler.h"

namespace ringdown::x87 {

/// Checks of an instruction that waits for pending exceptions and works on X87State, when `fpu_blocked` says
/// something is up: brings the registers there, then #NM by CR0.EM or TS, then #MF. With CR0.NE = 0 a pending
/// exception has already been signalled on FERR#, and the instruction runs as if IGNNE# were asserted.
Fault check_waiting(Processor& cpu);
/// The same for FNINIT, FNCLEX, FNSTCW, FNSTSW, FNSTENV and FNSAVE, which do not wait: #NM only.
Fault check_available(Processor& cpu);

/// Sets ES and B by flags and masks, and what depends on them: `fpu_blocked` and FERR#.
void update_pending(Processor& cpu, const Operation& op);

/// Behind an instruction that left an unmasked exception: with CR0.NE = 0 the block is left, so that the
/// interrupt that FERR# causes is taken before the next waiting instruction.
const Operation* finish_pending(Processor& cpu, const Operation* op);

/// The last thing every x87 handler does.
[[gnu::always_inline]] inline const Operation* finish(Processor& cpu, const Operation* op) {
  if (cpu.x87.has_pending_exception()) [[unlikely]]
    return finish_pending(cpu, op);
  return next(cpu, op);
}

/// Checks and raises, out of line. False if the instruction may not run.
bool enter_blocked(Processor& cpu, const Operation* op);

/// The first thing: false if the instruction may not run; the handler then returns nullptr.
[[nodiscard, gnu::always_inline]] inline bool enter_waiting(Processor& cpu, const Operation* op) {
  return !cpu.fpu_blocked || enter_blocked(cpu, op);
}

/// The i of ST(i) as an operation encodes it.
inline u8 stack_index(const Operation& op) { return static_cast<u8>(op.extra & 7); }

/// Notes a non-control instruction for FOP, FIP and FCS (Intel SDM vol. 1, 8.1.8 and 8.1.9). The selector is
/// the one the guest knows.
[[gnu::always_inline]] inline void record(Processor& cpu, const Operation& op) {
  cpu.x87.last_opcode = op.extra;
  cpu.x87.instruction_offset = op.eip;
  cpu.x87.instruction_selector = cpu.guest_selector(Segment::Cs);
}
/// The same for one with a memory operand, which goes into FDP and FDS.
[[gnu::always_inline]] inline void record_memory(Processor& cpu, const Operation& op) {
  record(cpu, op);
  cpu.x87.data_offset = effective_offset(cpu.registers, op);
  cpu.x87.data_selector = cpu.guest_selector(op.segment);
}

// --- The register stack
// --------------------------------------------------------------------------------------

inline Float80& st(X87State& x, u8 index) { return x.registers[x.physical(index)]; }
inline bool is_empty(const X87State& x, u8 index) { return x.is_empty(x.physical(index)); }

inline void pop(X87State& x) {
  x.mark_empty(x.top());
  x.set_top(static_cast<u8>(x.top() + 1));
}
/// The register below the top must be empty: see `overflows`.
inline void push(X87State& x, Float80 value) {
  x.set_top(static_cast<u8>(x.top() - 1));
  x.mark_valid(x.top());
  x.registers[x.top()] = value;
}
inline void write(X87State& x, u8 index, Float80 value) {
  const u8 physical = x.physical(index);
  x.mark_valid(physical);
  x.registers[physical] = value;
}
/// Would a push find its register in use?
inline bool overflows(const X87State& x) { return !is_empty(x, 7); }

// --- Exceptions
// ------------------------------------------------------------------------------------------------

/// The environment of an operation. `raised` begins with the masked flags already set, so that the host's
/// unit need not report those again.
inline FloatEnvironment begin(const X87State& x) {
  FloatEnvironment environment(x.control.value());
  environment.raised = static_cast<u8>(x.status.get<x87_status::Flags>() & environment.masks());
  return environment;
}

/// Takes over what an operation raised, and C1.
[[gnu::always_inline]] inline void commit(Processor& cpu, const Operation& op,
                                          const FloatEnvironment& environment) {
  X87State& x = cpu.x87;
  const u16 status = x87_status::C1::with(x.status.value(), environment.rounded_up);
  x.status.assign(status | environment.raised);
  if (environment.unmasked() != 0) [[unlikely]]
    update_pending(cpu, op);
}

enum class StackFault : u8 { Underflow, Overflow };
/// Raises IE and SF, with C1 telling which (vol. 1, 8.5.1.1). True if the masked response is to be delivered;
/// false if nothing may change.
bool stack_fault(Processor& cpu, const Operation& op, StackFault fault);

// --- Adapters ---------------------------------------------------------------------------------------------
//
// A compiler makes the call at a handler's end a jump only if no pointer to a local variable is about. So
// what computes, with an environment passed by reference, stands in functions of its own that are never
// inlined.

template <auto Function, class... Args>
[[gnu::noinline]] auto call_out_of_line(Processor& cpu, const Operation& op, Args... args) {
  return Function(cpu, op, args...);
}

/// As cpu/handler.h's raise, by value for the reason above.
[[nodiscard]] const Operation* raise_fault(Processor& cpu, const Operation* op, Fault fault);

/// A waiting instruction that cannot fault: `void step(Processor&, const Operation&)`.
template <auto Step>
const Operation* on_registers(Processor& cpu, const Operation* op) {
  if (!enter_waiting(cpu, op)) return nullptr;
  call_out_of_line<Step>(cpu, *op);
  return finish(cpu, op);
}

/// One that reads memory first: `void step(Processor&, const Operation&, Bits)`.
template <auto Step, class Bits, Addressing Mode>
const Operation* on_memory(Processor& cpu, const Operation* op) {
  if (!enter_waiting(cpu, op)) return nullptr;
  const auto loaded = load<Bits, Mode>(cpu, op);
  if (!loaded.ok) return nullptr;
  call_out_of_line<Step>(cpu, *op, loaded.value);
  return finish(cpu, op);
}

/// A waiting instruction written as `Fault execute(Processor&, const Operation&)`, which completes or returns
/// a fault with nothing changed.
template <auto Execute>
const Operation* waiting(Processor& cpu, const Operation* op) {
  if (!enter_waiting(cpu, op)) return nullptr;
  const Fault fault = call_out_of_line<Execute>(cpu, *op);
  if (fault) [[unlikely]]
    return raise_fault(cpu, op, fault);
  return finish(cpu, op);
}

/// The same for one that does not wait.
template <auto Execute>
const Operation* not_waiting(Processor& cpu, const Operation* op) {
  if (cpu.fpu_blocked) [[unlikely]] {
    const Fault unavailable = check_available(cpu);
    if (unavailable) return raise_fault(cpu, op, unavailable);
  }
  const Fault fault = call_out_of_line<Execute>(cpu, *op);
  if (fault) [[unlikely]]
    return raise_fault(cpu, op, fault);
  return finish(cpu, op);
}

/// Every x87 lowering begins with this: `extra` becomes FOP, the opcode's low three bits and the ModRM byte.
void set_opcode(const LoweringContext& context, Operation& op);

}  // namespace ringdown::x87
