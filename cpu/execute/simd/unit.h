// What the MMX and SSE handlers are made of: the checks before an instruction, its registers, and adapters
// that fetch the source operand from a register or from memory.
#pragma once

#include <type_traits>

#include "core/host_sse.h"
#include "cpu/execute/select.h"
#include "cpu/execute/x87/unit.h"
#include "cpu/handler.h"

namespace ringdown::simd {

/// One MMX register: the significand of an x87 register.
struct alignas(8) MmxRegister {
  std::array<u8, 8> bytes{};
};

/// A 128-bit memory operand that may lie anywhere (MOVUPS, MOVDQU); the others must be aligned.
struct UnalignedXmm {
  XmmRegister value;
};

// --- Availability -----------------------------------------------------------------------------------------

/// #UD by CR0.EM, #NM by TS, #MF by a pending x87 exception (Intel SDM vol. 2, tables 23-4 to 23-8). Brings
/// the registers into X87State.
Fault check_mmx(Processor& cpu);
/// #UD by CR0.EM or CR4.OSFXSR = 0, #NM by TS (vol. 3A, table 13-1). Brings MXCSR into SseState.
Fault check_sse(Processor& cpu);

/// What an instruction uses: how it is let in, and what it leaves behind when it completes.
struct UsesSse {
  static bool is_usable(const Processor& cpu) { return cpu.sse_usable; }
  static Fault check(Processor& cpu) { return check_sse(cpu); }
  static void commit(Processor&) {}
};
struct UsesMmx {
  static bool is_usable(const Processor& cpu) { return !cpu.fpu_blocked; }
  static Fault check(Processor& cpu) { return check_mmx(cpu); }
  /// Every MMX instruction but EMMS: TOP is 0 and no register is empty (vol. 3A, table 12-1).
  static void commit(Processor& cpu) {
    cpu.x87.set_top(0);
    cpu.x87.valid = 0xFF;
  }
};
struct UsesBoth {
  static bool is_usable(const Processor& cpu) { return UsesSse::is_usable(cpu) && UsesMmx::is_usable(cpu); }
  static Fault check(Processor& cpu) {
    const Fault fault = check_sse(cpu);
    return fault ? fault : check_mmx(cpu);
  }
  static void commit(Processor& cpu) { UsesMmx::commit(cpu); }
};
/// Instructions that touch neither state: MOVNTI, fences, prefetches.
struct UsesNone {
  static bool is_usable(const Processor&) { return true; }
  static Fault check(const Processor&) { return Fault::none(); }
  static void commit(Processor&) {}
};

// --- Registers --------------------------------------------------------------------------------------------

inline MmxRegister read_mmx(const Processor& cpu, unsigned number) {
  return std::bit_cast<MmxRegister>(cpu.x87.registers[number & 7].significand);
}
/// Sets sign and exponent to ones, as every write of an MMX register does.
inline void write_mmx(Processor& cpu, unsigned number, MmxRegister value) {
  constexpr u16 kAllOnes = 0xFFFF;
  cpu.x87.registers[number & 7] = {std::bit_cast<u64>(value), kAllOnes};
}

/// The value whose first byte is at `bytes`.
template <class T>
[[gnu::always_inline]] inline T from_bytes(const void* bytes) {
  T value;
  std::memcpy(static_cast<void*>(&value), bytes, sizeof(T));
  return value;
}

/// Register `number` as an operand of type T: an XMM register, its low 8 or 4 bytes, an MMX register, or a
/// general register where T is s32.
template <class T>
T read_register(const Processor& cpu, unsigned number) {
  if constexpr (std::is_same_v<T, MmxRegister>) {
    return read_mmx(cpu, number);
  } else if constexpr (std::is_same_v<T, s32>) {
    return cpu.registers.read<s32>(register_offset(number & 7, 4));
  } else {
    return from_bytes<T>(&cpu.sse.xmm[number & 7]);
  }
}
/// Writes a whole XMM or MMX register.
inline void write_register(Processor& cpu, unsigned number, const XmmRegister& value) {
  host_sse::store_whole(&cpu.sse.xmm[number & 7], std::bit_cast<host_sse::Vector>(value));
}
inline void write_register(Processor& cpu, unsigned number, MmxRegister value) {
  write_mmx(cpu, number, value);
}
inline void write_general(Processor& cpu, unsigned number, u32 value) {
  cpu.registers.write<u32>(register_offset(number & 7, 4), value);
}

/// The low bytes of an XMM register, the rest of it zero.
template <class T>
[[gnu::always_inline]] inline XmmRegister zero_extended(const T& value) {
  return std::bit_cast<XmmRegister>(host_sse::load_low<sizeof(T)>(&value));
}

// --- Memory operands --------------------------------------------------------------------------------------

/// 128-bit operands must lie on their natural boundary unless the instruction says otherwise.
template <class T>
inline constexpr u32 kAlignmentMask = std::is_same_v<T, XmmRegister> ? 15 : 0;

/// #GP(0) if the operand is not aligned as `mask` asks (vol. 3A, 6.15, "General Protection Exception").
inline Fault check_alignment(const Processor& cpu, const Operation& op, u32 mask) {
  const u32 linear = cpu.state.segment(op.segment).base + effective_offset(cpu.registers, op);
  return (linear & mask) != 0 ? general_protection() : Fault::none();
}

template <class T>
Fault read_source(Processor& cpu, const Operation& op, T& value) {
  if (const Fault fault = check_alignment(cpu, op, kAlignmentMask<T>)) return fault;
  return read_operand(cpu, op, value);
}
template <class T>
Fault write_destination(Processor& cpu, const Operation& op, const T& value) {
  if (const Fault fault = check_alignment(cpu, op, kAlignmentMask<T>)) return fault;
  return write_operand(cpu, op, value);
}

/// Where the memory operand of `op` lies on the host; not `ok` either if its alignment is to be looked at.
/// Pages are aligned there as they are in the guest.
template <AccessType Access, class T, Addressing A>
[[gnu::always_inline]] inline Tlb::Hit find_aligned(const Processor& cpu, const Operation* op) {
  const Tlb::Hit hit = find_operand<Access, A>(cpu, op, sizeof(T));
  const bool aligned = (reinterpret_cast<std::uintptr_t>(hit.host) & kAlignmentMask<T>) == 0;
  return {hit.host, hit.ok && aligned};
}

/// The low bytes of XMM register `number` become `value`, or those from `Offset` on; the rest stays.
template <unsigned Offset, class T>
[[gnu::always_inline]] inline void write_part(Processor& cpu, unsigned number, const T& value) {
  XmmRegister& reg = cpu.sse.xmm[number & 7];
  const auto before = host_sse::load_low<sizeof(reg)>(&reg);
  host_sse::store_whole(&reg, host_sse::replace<Offset, sizeof(T)>(before, &value));
}

// --- Adapters ---------------------------------------------------------------------------------------------
//
// What an instruction does with its operands is a class with
//   static bool is_ready<Unit>(const Processor&): whether the common case applies;
//   static void fast(Processor&, const Operation&, Source): does it then;
//   static Fault execute(Processor&, const Operation&, Source): does it, or returns the fault it raises.
// op.number is the destination register. The adapters get the source and see that the unit may be used. What
// is not the common case leaves the handler by a jump to the cold one, which begins anew: so the handler
// needs no stack frame.

/// An instruction that cannot fault, from `void step(Processor&, const Operation&, Source)`.
template <auto Step>
struct Simple {
  template <class Unit>
  [[gnu::always_inline]] static bool is_ready(const Processor& cpu) {
    return Unit::is_usable(cpu);
  }
  template <class... Source>
  [[gnu::always_inline]] static void fast(Processor& cpu, const Operation& op, Source... source) {
    Step(cpu, op, source...);
  }
  template <class... Source>
  static Fault execute(Processor& cpu, const Operation& op, Source... source) {
    Step(cpu, op, source...);
    return Fault::none();
  }
};

template <class Unit, class Instruction, class... Source>
Fault execute_and_commit(Processor& cpu, const Operation& op, Source... source) {
  if (const Fault fault = Instruction::execute(cpu, op, source...)) return fault;
  Unit::commit(cpu);
  return Fault::none();
}

/// Kept out of the handlers, which only jump to it.
template <auto Execute>
[[gnu::noinline]] const Operation* begin_anew(Processor& cpu, const Operation* op) {
  return cold<Execute>(cpu, op);
}

template <class Unit, class Instruction, class Source>
Fault execute_on_registers(Processor& cpu, const Operation& op) {
  if (const Fault fault = Unit::check(cpu)) return fault;
  return execute_and_commit<Unit, Instruction>(cpu, op, read_register<Source>(cpu, op.extra));
}

template <class Unit, class Instruction, class Source>
const Operation* on_registers(Processor& cpu, const Operation* op) {
  if (Instruction::template is_ready<Unit>(cpu)) [[likely]] {
    Instruction::fast(cpu, *op, read_register<Source>(cpu, op->extra));
    Unit::commit(cpu);
    return next(cpu, op);
  }
  return begin_anew<execute_on_registers<Unit, Instruction, Source>>(cpu, op);
}

template <class Unit, class Instruction, class Source>
Fault execute_from_memory(Processor& cpu, const Operation& op) {
  if (const Fault fault = Unit::check(cpu)) return fault;
  Source source{};
  if (const Fault fault = read_source(cpu, op, source)) return fault;
  return execute_and_commit<Unit, Instruction>(cpu, op, source);
}

template <class Unit, class Instruction, class Source, Addressing A>
const Operation* on_memory(Processor& cpu, const Operation* op) {
  if (Instruction::template is_ready<Unit>(cpu)) [[likely]] {
    const Tlb::Hit hit = find_aligned<AccessType::Read, Source, A>(cpu, op);
    if (hit.ok) [[likely]] {
      Instruction::fast(cpu, *op, from_bytes<Source>(hit.host));
      Unit::commit(cpu);
      return next(cpu, op);
    }
  }
  return begin_anew<execute_from_memory<Unit, Instruction, Source>>(cpu, op);
}

/// The handler of an instruction whose source is register op.extra or memory, either of them of type Source.
template <class Unit, class Instruction, class Source>
Handler instruction_with_source(const LoweringContext& context, const Operation& op) {
  if (!op.memory) return &on_registers<Unit, Instruction, Source>;
  return for_addressing(context.addressing,
                        []<Addressing A>() -> Handler { return &on_memory<Unit, Instruction, Source, A>; });
}
template <class Unit, auto Step, class Source>
Handler with_source(const LoweringContext& context, const Operation& op) {
  return instruction_with_source<Unit, Simple<Step>, Source>(context, op);
}

/// An instruction that stores register op.number, as a value of type T.
template <class Unit, class T, auto Value>
Fault execute_store(Processor& cpu, const Operation& op) {
  if (const Fault fault = Unit::check(cpu)) return fault;
  const T value = Value(cpu, op);
  if (const Fault fault = write_destination(cpu, op, value)) return fault;
  Unit::commit(cpu);
  return Fault::none();
}

template <class Unit, class T, auto Value, Addressing A>
const Operation* store_to_memory(Processor& cpu, const Operation* op) {
  if (Unit::is_usable(cpu)) [[likely]] {
    const Tlb::Hit hit = find_aligned<AccessType::Write, T, A>(cpu, op);
    if (hit.ok) [[likely]] {
      const T value = Value(cpu, *op);
      std::memcpy(hit.host, &value, sizeof(T));
      Unit::commit(cpu);
      return next(cpu, op);
    }
  }
  return begin_anew<execute_store<Unit, T, Value>>(cpu, op);
}

/// The handler of an instruction that stores `T Value(const Processor&, const Operation&)`.
template <class Unit, class T, auto Value>
Handler with_memory_destination(const LoweringContext& context) {
  return for_addressing(context.addressing,
                        []<Addressing A>() -> Handler { return &store_to_memory<Unit, T, Value, A>; });
}

/// An instruction without such operands: `Fault execute(Processor&, const Operation&)`.
template <class Unit, auto Execute>
Fault execute_checked(Processor& cpu, const Operation& op) {
  if (const Fault fault = Unit::check(cpu)) return fault;
  if (const Fault fault = Execute(cpu, op)) return fault;
  Unit::commit(cpu);
  return Fault::none();
}
/// The same for `void step(Processor&, const Operation&)`.
template <class Unit, auto Step>
const Operation* checked(Processor& cpu, const Operation* op) {
  if (Unit::is_usable(cpu)) [[likely]] {
    Step(cpu, *op);
    Unit::commit(cpu);
    return next(cpu, op);
  }
  return begin_anew<execute_checked<Unit, Simple<Step>::template execute<>>>(cpu, op);
}

/// A row with Form::Mmx works on MMX registers, every other on XMM registers.
inline bool is_mmx(const LoweringContext& context) { return context.row.form == Form::Mmx; }

/// For instructions whose opcode also has a form that stores: true if it is that form, in which ModRM.reg is
/// the source. Of two registers, op.number becomes the destination and op.extra the source.
bool arrange_destination(const LoweringContext& context, Operation& op);

}  // namespace ringdown::simd
