// Pairs of stack instructions run as one operation: PUSH and PUSH, POP and POP, POP and RET, on registers of
// 32-bit systems. Both touch neighbouring doublewords, so that one look-up of the stack's page serves two.
#include "cpu/execute/stack_pairs.h"

#include "cpu/execute/stack_access.h"

namespace ringdown {

namespace {

constexpr StackKind kFlat = StackKind::Flat;
constexpr u32 kSlot = sizeof(u32);

const Operation* push_one(Processor& cpu, const Operation* op) {
  return pushing<u32, kFlat, &register_value<u32>, &next>(cpu, op);
}

[[gnu::always_inline]] inline const Operation* pop_register(Processor& cpu, const Operation* op, u32 top) {
  release_stack<kFlat>(cpu.registers, kSlot);
  cpu.registers.write<u32>(op->reg, top);
  return next(cpu, op);
}
const Operation* pop_one(Processor& cpu, const Operation* op) {
  return with_top<u32, kFlat, &pop_register>(cpu, op);
}

const Operation* push_two(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u32 offset = registers.get(Gpr::Esp) - 2 * kSlot;
  const Tlb::Hit hit = cpu.tlb->write(offset, 2 * kSlot);
  if (!hit.ok) [[unlikely]]
    return push_one(cpu, op);
  const Operation* second = following(op);
  const u32 values[] = {registers.read<u32>(second->reg), registers.read<u32>(op->reg)};
  std::memcpy(hit.host, values, sizeof(values));
  registers.set(Gpr::Esp, offset);
  return next(cpu, second);
}

const Operation* pop_two(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u32 offset = registers.get(Gpr::Esp);
  const Tlb::Hit hit = cpu.tlb->read(offset, 2 * kSlot);
  if (!hit.ok) [[unlikely]]
    return pop_one(cpu, op);
  const Operation* second = following(op);
  registers.set(Gpr::Esp, offset + 2 * kSlot);
  registers.write<u32>(op->reg, host_value<u32>(hit.host));
  registers.write<u32>(second->reg, host_value<u32>(hit.host + kSlot));
  return next(cpu, second);
}

/// RET's `immediate` more bytes are released. Where every EIP lies within CS, it cannot fault any more.
const Operation* pop_and_return(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u32 offset = registers.get(Gpr::Esp);
  const Tlb::Hit hit = cpu.tlb->read(offset, 2 * kSlot);
  if (!hit.ok) [[unlikely]]
    return pop_one(cpu, op);
  registers.set(Gpr::Esp, offset + 2 * kSlot + (op + 1)->immediate);
  registers.write<u32>(op->reg, host_value<u32>(hit.host));
  return return_to_block(cpu, host_value<u32>(hit.host + kSlot));
}

/// ESP itself is left to the instructions one by one: its value changes in between.
bool is_plain_register(const Operation& op) {
  return op.size == OperandSize::Dword && !op.memory && op.reg != kNoRegister &&
         op.reg != offset_of(Gpr::Esp);
}

}  // namespace

Handler pair_on_stack(BlockMode mode, const InstructionRow& first, const Operation& op,
                      const InstructionRow& second, const Operation& second_op) {
  if (first.mnemonic != ZYDIS_MNEMONIC_PUSH && first.mnemonic != ZYDIS_MNEMONIC_POP) return nullptr;
  if (stack_kind(mode) != kFlat || !is_plain_register(op)) return nullptr;
  if (first.mnemonic == ZYDIS_MNEMONIC_POP && second.mnemonic == ZYDIS_MNEMONIC_RET)
    return mode.flat_code && second_op.size == OperandSize::Dword ? &pop_and_return : nullptr;
  if (second.mnemonic != first.mnemonic || !is_plain_register(second_op)) return nullptr;
  return first.mnemonic == ZYDIS_MNEMONIC_PUSH ? &push_two : &pop_two;
}

}  // namespace ringdown
