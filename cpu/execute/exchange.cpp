// Exchange instructions: XCHG, BSWAP, XADD, CMPXCHG, CMPXCHG8B. LOCK needs nothing: one thread runs the
// processor, and devices act between instructions.
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/operand_handlers.h"

namespace ringdown {

namespace {

template <class T>
const Operation* exchange_registers(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const T a = registers.read<T>(op->reg);
  const T b = registers.read<T>(op->rm);
  registers.write<T>(op->reg, b);
  registers.write<T>(op->rm, a);
  return next(cpu, op);
}

template <class T>
[[gnu::always_inline]] inline T exchange(Processor& cpu, const Operation* op, T old) {
  const T value = cpu.registers.read<T>(op->reg);
  cpu.registers.write<T>(op->reg, old);
  return value;
}

const Operation* swap_bytes(Processor& cpu, const Operation* op) {
  cpu.registers.write<u32>(op->reg, __builtin_bswap32(cpu.registers.read<u32>(op->reg)));
  return next(cpu, op);
}

/// With a 16-bit operand the result is undefined; processors give zero.
const Operation* clear_word(Processor& cpu, const Operation* op) {
  cpu.registers.write<u16>(op->reg, 0);
  return next(cpu, op);
}

template <class T>
const Operation* exchange_add_registers(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const T to = registers.read<T>(op->reg);
  const T from = registers.read<T>(op->rm);
  const T sum = static_cast<T>(to + from);
  registers.flags.set_add<T>(to, from);
  registers.write<T>(op->rm, to);
  registers.write<T>(op->reg, sum);  // last: the two may be one register
  return next(cpu, op);
}

template <class T>
[[gnu::always_inline]] inline T exchange_add(Processor& cpu, const Operation* op, T to) {
  const T from = cpu.registers.read<T>(op->reg);
  const T sum = static_cast<T>(to + from);
  cpu.registers.flags.set_add<T>(to, from);
  cpu.registers.write<T>(op->reg, to);
  return sum;
}

/// Compares the accumulator with `destination` and sets flags; loads the accumulator if they differ.
template <class T>
bool compare_accumulator(Registers& registers, T destination) {
  const RegisterOffset offset = offset_of(Gpr::Eax);
  const T accumulator = registers.read<T>(offset);
  registers.flags.set_subtract<T>(accumulator, destination);
  if (accumulator == destination) return true;
  registers.write<T>(offset, destination);
  return false;
}

template <class T>
const Operation* compare_exchange_registers(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const T source = registers.read<T>(op->rm);
  if (compare_accumulator<T>(registers, registers.read<T>(op->reg))) registers.write<T>(op->reg, source);
  return next(cpu, op);
}

/// Memory is written in either case (Intel SDM vol. 2A, CMPXCHG).
template <class T>
[[gnu::always_inline]] inline T compare_exchange(Processor& cpu, const Operation* op, T to) {
  const T source = cpu.registers.read<T>(op->reg);
  return compare_accumulator<T>(cpu.registers, to) ? source : to;
}

u64 pair(const Registers& registers, Gpr high, Gpr low) {
  return u64{registers.get(high)} << 32 | registers.get(low);
}

Fault compare_exchange_8_bytes(Processor& cpu, const Operation& op) {
  Registers& registers = cpu.registers;
  const u32 offset = effective_offset(registers, op);
  if (Fault fault = prepare_memory_write(cpu, op, op.segment, offset, sizeof(u64))) return fault;
  u64 value = 0;
  if (Fault fault = read_operand(cpu, op, value)) return fault;
  const bool equal = pair(registers, Gpr::Edx, Gpr::Eax) == value;
  const u64 result = equal ? pair(registers, Gpr::Ecx, Gpr::Ebx) : value;
  if (Fault fault = write_operand(cpu, op, result)) return fault;
  if (!equal) {
    registers.set(Gpr::Eax, static_cast<u32>(value));
    registers.set(Gpr::Edx, static_cast<u32>(value >> 32));
  }
  const u32 others = registers.flags.status() & ~eflags::kZf;
  registers.flags.assign_status(others | (equal ? eflags::kZf : 0u));
  return Fault::none();
}

}  // namespace

Handler lower_xchg(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  return for_size(op.size, [&]<class T>() {
    return for_addressing(context.addressing, [&]<Addressing A>() -> Handler {
      return op.memory ? &modify_memory<T, A, &exchange<T>> : &exchange_registers<T>;
    });
  });
}

Handler lower_bswap(const LoweringContext& context, Operation& op) {
  arrange_one(context, op);
  return op.size == OperandSize::Word ? &clear_word : &swap_bytes;
}

Handler lower_xadd(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  return for_size(op.size, [&]<class T>() {
    return for_addressing(context.addressing, [&]<Addressing A>() -> Handler {
      return op.memory ? &modify_memory<T, A, &exchange_add<T>> : &exchange_add_registers<T>;
    });
  });
}

Handler lower_cmpxchg(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  return for_size(op.size, [&]<class T>() {
    return for_addressing(context.addressing, [&]<Addressing A>() -> Handler {
      return op.memory ? &modify_memory<T, A, &compare_exchange<T>> : &compare_exchange_registers<T>;
    });
  });
}

Handler lower_cmpxchg8b(const LoweringContext&, Operation&) { return &cold<compare_exchange_8_bytes>; }

}  // namespace ringdown
