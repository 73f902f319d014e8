// What handlers are made of: continuing, leaving, memory operands, the stack, branches. Each is a few inline
// instructions with one out-of-line slow path behind it.
#pragma once

#include "core/host_compiler.h"
#include "cpu/execute/known_register.h"
#include "cpu/lowering.h"
#include "cpu/processor.h"

namespace ringdown {

// Release builds let each handler jump to the next one (the compilers turn the call in tail position into a
// jump when optimising). Unoptimised and sanitised builds return to the loop instead, or the stack would
// grow.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(RINGDOWN_NO_TAIL_CALLS)
inline constexpr bool kTailCalls = true;
#else
inline constexpr bool kTailCalls = false;
#endif

/// The operation behind `op`.
[[gnu::always_inline]] inline const Operation* following(const Operation* op) {
  // A compiler that knew where this points relative to `op` would load the handler through the old pointer
  // and copy the new one behind it: four instructions to go on, where an addition and a jump through memory
  // do.
  return opaque(op + 1);
}

/// Continues with the operation behind `op`: the last thing a handler does.
[[gnu::always_inline]] inline const Operation* next(Processor& cpu, const Operation* op) {
  op = following(op);
  if constexpr (kTailCalls) return op->handler(cpu, op);
  return op;
}

/// Leaves the block because `op` raised an exception. Nothing architectural has changed.
[[nodiscard]] const Operation* raise(Processor& cpu, const Operation* op, const Fault& fault);

/// Leaves the block behind `op`, which completed: the loop looks at interrupts and mode changes. EIP is set
/// by the caller for transfers; this one continues at the next instruction.
[[nodiscard]] const Operation* leave_behind(Processor& cpu, const Operation* op);

/// Adapts a cold instruction, `Fault execute(Processor&, const Operation&)`, to a handler. The function
/// completes or returns a fault with nothing changed; it may not change EIP, mode or CPL.
template <Fault (*Execute)(Processor&, const Operation&)>
[[gnu::noinline]] Fault execute_apart(Processor& cpu, const Operation& op) {
  return Execute(cpu, op);
}
template <Fault (*Execute)(Processor&, const Operation&)>
const Operation* cold(Processor& cpu, const Operation* op) {
  // Inlined, locals of `Execute` whose address is taken would turn the tail call below into a nested one.
  if (Fault fault = execute_apart<Execute>(cpu, *op)) [[unlikely]]
    return raise(cpu, op, fault);
  return next(cpu, op);
}

// --- Memory operands ---------------------------------------------------------------------------------------

template <class T>
struct Loaded {
  T value;
  bool ok;
};

/// Slow paths: segment checks, TLB miss, page crossing, devices. On failure the fault is recorded in the
/// processor as by raise(), and the handler returns nullptr at once.
template <class T>
Loaded<T> load_slow(Processor& cpu, const Operation* op);
template <class T>
bool store_slow(Processor& cpu, const Operation* op, T value);

/// Where `size` bytes at segment:offset lie on the host, if the segment and the TLB allow this access at
/// once.
template <AccessType Access>
[[gnu::always_inline]] inline Tlb::Hit find_in_segment(const Processor& cpu, Segment segment, u32 offset,
                                                       u32 size) {
  const Processor::SegmentWindow& window = cpu.windows[static_cast<unsigned>(segment)];
  const u64 end = Access == AccessType::Write ? window.write_end : window.read_end;
  const bool within = u64{offset} + size <= end;
  const u32 linear = window.base + offset;
  return Access == AccessType::Write ? cpu.tlb->write_if(within, linear, size)
                                     : cpu.tlb->read_if(within, linear, size);
}

template <Addressing A>
[[gnu::always_inline]] inline unsigned flat_scale(const Operation* op) {
  if constexpr (A == Addressing::FlatIndex1) return 0;
  if constexpr (A == Addressing::FlatIndex4) return 2;
  return op->scale;
}

/// The offset of an operand that is not Segmented.
template <Addressing A, RegisterOffset Base = kEncoded>
[[gnu::always_inline]] inline u32 flat_offset(const Registers& registers, const Operation* op) {
  u32 offset = op->displacement;
  if constexpr (Base != kNoRegister) offset += registers.read<u32>(known_or<Base>(op->base));
  if constexpr (A != Addressing::FlatBase) offset += registers.read<u32>(op->index) << flat_scale<A>(op);
  return offset;
}

/// The same for the memory operand of `op`.
template <AccessType Access, Addressing A, RegisterOffset Base = kEncoded>
[[gnu::always_inline]] inline Tlb::Hit find_operand(const Processor& cpu, const Operation* op, u32 size) {
  if constexpr (A == Addressing::Segmented) {
    return find_in_segment<Access>(cpu, op->segment, effective_offset(cpu.registers, *op), size);
  } else {
    const u32 linear = flat_offset<A, Base>(cpu.registers, op);
    return Access == AccessType::Write ? cpu.tlb->write(linear, size) : cpu.tlb->read(linear, size);
  }
}

template <class T>
[[gnu::always_inline]] inline T host_value(const u8* host) {
  T value;
  std::memcpy(&value, host, sizeof(T));
  return value;
}

/// Reads the memory operand of `op`.
template <class T, Addressing A>
[[gnu::always_inline]] inline Loaded<T> load(Processor& cpu, const Operation* op) {
  if (const Tlb::Hit hit = find_operand<AccessType::Read, A>(cpu, op, sizeof(T)); hit.ok) [[likely]]
    return {host_value<T>(hit.host), true};
  return load_slow<T>(cpu, op);
}

/// Writes the memory operand of `op`. If it returns false, the handler returns nullptr and has changed
/// nothing.
template <class T, Addressing A>
[[nodiscard, gnu::always_inline]] inline bool store(Processor& cpu, const Operation* op, T value) {
  if (const Tlb::Hit hit = find_operand<AccessType::Write, A>(cpu, op, sizeof(T)); hit.ok) [[likely]] {
    std::memcpy(hit.host, &value, sizeof(T));
    return true;
  }
  return store_slow<T>(cpu, op, value);
}

/// Reads the memory operand with the intention to write it back with store_slow: the write's faults are
/// raised now.
template <class T>
Loaded<T> load_for_modify_slow(Processor& cpu, const Operation* op);

// Access by explicit segment and offset with all checks, for cold instructions and implicit operands
// (strings, stack, XLAT, FSAVE images). They return a fault instead of recording it.

/// Reads `data.size()` bytes at segment:offset; the segment must grant `type`.
Fault read_memory(Processor& cpu, const Operation& op, Segment segment, u32 offset, std::span<std::byte> data,
                  AccessType type = AccessType::Read);
/// Writes; on a fault nothing was written.
Fault write_memory(Processor& cpu, const Operation& op, Segment segment, u32 offset,
                   std::span<const std::byte> data);
/// Raises the faults of a later write without writing.
Fault prepare_memory_write(Processor& cpu, const Operation& op, Segment segment, u32 offset, u32 size);

/// A span must not be taken for a value: that would move the pointer in it.
template <class T>
concept GuestValue = !std::is_convertible_v<T&, std::span<const std::byte>>;

template <GuestValue T>
Fault read_memory(Processor& cpu, const Operation& op, Segment segment, u32 offset, T& value) {
  const std::span<std::byte> bytes = std::as_writable_bytes(std::span<T, 1>(&value, 1));
  return read_memory(cpu, op, segment, offset, bytes);
}
template <GuestValue T>
Fault write_memory(Processor& cpu, const Operation& op, Segment segment, u32 offset, const T& value) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span<const T, 1>(&value, 1));
  return write_memory(cpu, op, segment, offset, bytes);
}
/// The memory operand of `op`.
template <class T>
Fault read_operand(Processor& cpu, const Operation& op, T& value) {
  return read_memory(cpu, op, op.segment, effective_offset(cpu.registers, op), value);
}
template <class T>
Fault write_operand(Processor& cpu, const Operation& op, const T& value) {
  return write_memory(cpu, op, op.segment, effective_offset(cpu.registers, op), value);
}

// --- Branches
// ------------------------------------------------------------------------------------------------

/// Leaves at an instruction boundary, with EIP there.
[[gnu::always_inline]] inline const Operation* leave_at(Processor& cpu, u32 eip) {
  cpu.registers.eip = eip;
  cpu.leave = Processor::Leave::Boundary;
  return nullptr;
}

/// Leaves with EIP at the start of `block`, which has been taken off the budget.
[[nodiscard, gnu::cold]] const Operation* leave_before(Processor& cpu, const Block* block);

/// Enters `block` if the budget allows it; otherwise leaves with EIP at its start.
[[gnu::always_inline]] inline const Operation* enter(Processor& cpu, const Block* block) {
  cpu.budget -= block->instruction_count();
  if (cpu.budget < 0) [[unlikely]]
    return leave_before(cpu, block);
  if constexpr (kTailCalls) return block->operations()->handler(cpu, block->operations());
  return block->operations();
}

/// Ends a block at a computed EIP (already truncated to the operand size and checked against CS's limit).
[[gnu::always_inline]] inline const Operation* jump_to(Processor& cpu, u32 eip) {
  const Block* const block = cpu.jump_cache.find(eip, cpu.state.segment(Segment::Cs).base, cpu.jump_tag());
  if (block != nullptr) [[likely]]
    return enter(cpu, block);
  return leave_at(cpu, eip);
}

/// The same through the jump cache at once. If `link` is one to that EIP, it leads to what is found from now
/// on, as long as the tag is the present one.
[[nodiscard]] const Operation* jump_linking(Processor& cpu, BlockLink& link, u32 eip);

/// Ends a block through an exit that has no target that can be followed at once.
[[nodiscard]] const Operation* follow_unlinked(Processor& cpu, const Operation* op, Way way);

/// Ends a block through its exit: `op` is the block's last operation.
[[gnu::always_inline]] inline const Operation* follow(Processor& cpu, const Operation* op, Way way) {
  const Block* const target = exit_of(op).link(way).target;
  if (target != nullptr) [[likely]]
    return enter(cpu, target);
  return follow_unlinked(cpu, op, way);
}

/// Notes where the CALL `op` comes back to.
[[gnu::always_inline]] inline void expect_return(Processor& cpu, const Operation* op) {
  cpu.returns.push(exit_of(op).link(Way::FallThrough));
}

/// Ends a block by a return to `eip`, as `jump_to` does.
[[gnu::always_inline]] inline const Operation* return_to_block(Processor& cpu, u32 eip) {
  BlockLink& link = cpu.returns.pop();
  if (link.eip == eip && link.tag == cpu.jump_tag()) [[likely]]
    return enter(cpu, link.far_target);
  return jump_linking(cpu, link, eip);
}

/// Whether CS's limit allows execution at `eip`: near transfers raise #GP(0) otherwise.
[[gnu::always_inline]] inline bool code_contains(const Processor& cpu, u32 eip) {
  return eip <= cpu.state.segment(Segment::Cs).limit;
}

}  // namespace ringdown
