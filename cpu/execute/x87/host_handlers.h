// Handlers of x87 instructions that the host's unit runs as they are encoded. Each knows the handler that
// computes in software, for when the registers cannot be on that unit.
#pragma once

#include <utility>

#include "core/host_x87_registers.h"
#include "cpu/execute/select.h"
#include "cpu/execute/x87/host_registers.h"
#include "cpu/execute/x87/unit.h"

namespace ringdown::x87 {

/// The registers are in memory: moves them if it may, and begins anew.
template <Handler Software>
[[gnu::noinline]] const Operation* without_host(Processor& cpu, const Operation* op) {
  if (move_to_host(cpu)) return op->handler(cpu, op);
  return Software(cpu, op);
}

// --- On registers ------------------------------------------------------------------------------------------

// What an encoding without a memory operand does on the host's unit: `run`. A control instruction is not what
// the x87 pointers tell of, and works on the registers wherever they are.

template <u8 Opcode, u8 ModRm>
struct OnRegisters {
  static constexpr bool kControl = false;
  [[gnu::always_inline]] static void run(Processor&, const Operation&) { host_x87::execute<Opcode, ModRm>(); }
};

/// FCOMI and its kin.
template <u8 Opcode, u8 ModRm>
struct ToFlags {
  static constexpr bool kControl = false;
  [[gnu::always_inline]] static void run(Processor& cpu, const Operation&) {
    const host_x87::ConditionFlags flags = host_x87::execute_to_flags<Opcode, ModRm>();
    cpu.registers.flags.assign_status((flags.zero ? eflags::kZf : 0u) | (flags.parity ? eflags::kPf : 0u) |
                                      (flags.carry ? eflags::kCf : 0u));
  }
};

template <class Action, Handler Software>
const Operation* host_registers(Processor& cpu, const Operation* op) {
  if (!cpu.x87_on_host) [[unlikely]] {
    if constexpr (Action::kControl) return Software(cpu, op);
    return without_host<Software>(cpu, op);
  }
  if constexpr (!Action::kControl) record(cpu, *op);
  Action::run(cpu, *op);
  return next(cpu, op);
}

/// The handler of one encoding with that action, or `Software` where the build has no host unit.
template <template <u8, u8> class Action, u8 Opcode, u8 ModRm, Handler Software>
constexpr Handler on_host() {
  if constexpr (host_x87::kHoldsRegisters) {
    return &host_registers<Action<Opcode, ModRm>, Software>;
  } else {
    return Software;
  }
}

/// The same for the encodings with ST(0) to ST(7) in ModRM.rm, of which `op` is one.
template <template <u8, u8> class Action, u8 Opcode, u8 FirstModRm, Handler Software>
Handler on_host_with_index(const Operation& op) {
  constexpr auto kHandlers = []<u8... I>(std::integer_sequence<u8, I...>) {
    return std::array<Handler, sizeof...(I)>{on_host<Action, Opcode, FirstModRm + I, Software>()...};
  }
  (std::make_integer_sequence<u8, 8>{});
  return kHandlers[stack_index(op)];
}

/// The handler of a D9 instruction without operands, in software `void Step(Processor&, const Operation&)`.
template <u8 ModRm, auto Step>
constexpr Handler without_operands() {
  return on_host<OnRegisters, 0xD9, ModRm, &on_registers<Step>>();
}

// --- With memory -------------------------------------------------------------------------------------------

/// An encoding with a memory operand of `Size` bytes, which is read or written; `Extension` is ModRM.reg.
template <AccessType Access, u8 Opcode, u8 Extension, unsigned Size>
struct MemoryEncoding {
  [[gnu::always_inline]] static void execute(void* host) {
    if constexpr (Access == AccessType::Write) {
      host_x87::execute_to<Opcode, Extension, Size>(host);
    } else {
      host_x87::execute_on<Opcode, Extension, Size>(host);
    }
  }
  /// On a copy of the operand, whose faults come before anything has changed.
  static Fault execute_slowly(Processor& cpu, const Operation& op) {
    std::array<std::byte, Size> operand;
    const u32 offset = effective_offset(cpu.registers, op);
    if constexpr (Access == AccessType::Write) {
      if (const Fault fault = prepare_memory_write(cpu, op, op.segment, offset, Size)) return fault;
      execute(operand.data());
      return write_memory(cpu, op, op.segment, offset, operand);
    } else {
      if (const Fault fault = read_memory(cpu, op, op.segment, offset, operand)) return fault;
      execute(operand.data());
      return Fault::none();
    }
  }
};

template <class Encoding>
[[gnu::noinline]] const Operation* host_memory_slowly(Processor& cpu, const Operation* op) {
  const Fault fault = call_out_of_line<Encoding::execute_slowly>(cpu, *op);
  if (fault) return raise_fault(cpu, op, fault);
  record_memory(cpu, *op);
  return next(cpu, op);
}

template <AccessType Access, u8 Opcode, u8 Extension, unsigned Size, Addressing A, Handler Software>
const Operation* host_memory(Processor& cpu, const Operation* op) {
  using Encoding = MemoryEncoding<Access, Opcode, Extension, Size>;
  if (!cpu.x87_on_host) [[unlikely]]
    return without_host<Software>(cpu, op);
  const Tlb::Hit hit = find_operand<Access, A>(cpu, op, Size);
  if (!hit.ok) [[unlikely]]
    return host_memory_slowly<Encoding>(cpu, op);
  record_memory(cpu, *op);
  Encoding::execute(hit.host);
  return next(cpu, op);
}

template <AccessType Access, u8 Opcode, u8 Extension, unsigned Size, Addressing A, Handler Software>
constexpr Handler memory_on_host() {
  if constexpr (host_x87::kHoldsRegisters) {
    return &host_memory<Access, Opcode, Extension, Size, A, Software>;
  } else {
    return Software;
  }
}

/// The handler of an instruction that reads memory, in software `void Step(Processor&, const Operation&,
/// Bits)`.
template <u8 Opcode, u8 Extension, auto Step, class Bits>
Handler memory_handler(const LoweringContext& context) {
  return for_addressing(context.addressing, []<Addressing A>() {
    return memory_on_host<AccessType::Read, Opcode, Extension, sizeof(Bits), A, &on_memory<Step, Bits, A>>();
  });
}

}  // namespace ringdown::x87
