// The slow paths behind the inline pieces of handlers.
#include "cpu/handler.h"

#include "cpu/execute/simd/host_control.h"

namespace ringdown {

const Operation* raise(Processor& cpu, const Operation* op, const Fault& fault) {
  cpu.stand_at(*op);
  cpu.leave = Processor::Leave::Exception;
  cpu.fault = fault;
  cpu.faulting = op;
  return nullptr;
}

const Operation* leave_behind(Processor& cpu, const Operation* op) {
  cpu.budget += op->remaining - 1;
  cpu.unretired = 0;
  return leave_at(cpu, op->next_eip());
}

const Operation* leave_before(Processor& cpu, const Block* block) {
  cpu.budget += block->instruction_count();
  return leave_at(cpu, block->identity.eip);
}

const Operation* jump_linking(Processor& cpu, BlockLink& link, u32 eip) {
  Block* const block = cpu.jump_cache.find(eip, cpu.state.segment(Segment::Cs).base, cpu.jump_tag());
  if (block == nullptr) return leave_at(cpu, eip);
  // The tag does not tell bases of code segments apart, but says whether it is 0.
  if (link.eip == eip && block->identity.mode.flat_code) link.connect_under(cpu.jump_tag(), *block);
  return enter(cpu, block);
}

const Operation* follow_unlinked(Processor& cpu, const Operation* op, Way way) {
  BlockLink& link = exit_of(op).link(way);
  if (link.tag == cpu.jump_tag()) [[likely]]
    return enter(cpu, link.far_target);
  if (!link.linkable) return jump_linking(cpu, link, link.eip);
  cpu.open_link = &link;
  return leave_at(cpu, link.eip);
}

namespace {

/// Before anything a device could see: what time it is, and whether effects are allowed.
void enter_slow_path(Processor& cpu, const Operation& op) {
  if (cpu.mxcsr_on_host) simd::return_host_control(cpu);
  cpu.storing = &op;
  cpu.unretired = op.remaining;
  cpu.memory.effects_allowed = op.remaining <= 1;
}

/// The segment's checks. Alignment is one of them while the TLB keeps nothing.
Fault check(Processor& cpu, Segment segment, u32 offset, u32 size, AccessType type, u32& linear) {
  const Processor::SegmentWindow& window = cpu.windows[static_cast<unsigned>(segment)];
  const u64 end = type == AccessType::Write  ? window.write_end
                  : type == AccessType::Read ? window.read_end
                                             : 0;
  if (u64{offset} + size <= end && cpu.memory.caching()) [[likely]] {
    linear = window.base + offset;
    return Fault::none();
  }
  return cpu.physical_view().check_segment(segment, offset, size, type, linear);
}

}  // namespace

Fault read_memory(Processor& cpu, const Operation& op, Segment segment, u32 offset, std::span<std::byte> data,
                  AccessType type) {
  u32 linear = 0;
  if (Fault f = check(cpu, segment, offset, static_cast<u32>(data.size()), type, linear)) return f;
  enter_slow_path(cpu, op);
  const AccessStatus status = cpu.memory.read(GuestLinear(linear), cpu.privilege, data);
  cpu.check_fetch_changes();
  return cpu.physical_view().to_fault(status);
}

Fault write_memory(Processor& cpu, const Operation& op, Segment segment, u32 offset,
                   std::span<const std::byte> data) {
  u32 linear = 0;
  if (Fault f = check(cpu, segment, offset, static_cast<u32>(data.size()), AccessType::Write, linear))
    return f;
  enter_slow_path(cpu, op);
  const AccessStatus status = cpu.memory.write(GuestLinear(linear), cpu.privilege, data);
  cpu.check_fetch_changes();
  return cpu.physical_view().to_fault(status);
}

Fault prepare_memory_write(Processor& cpu, const Operation& op, Segment segment, u32 offset, u32 size) {
  u32 linear = 0;
  if (Fault f = check(cpu, segment, offset, size, AccessType::Write, linear)) return f;
  enter_slow_path(cpu, op);
  return cpu.physical_view().to_fault(cpu.memory.prepare_write(GuestLinear(linear), cpu.privilege, size));
}

template <class T>
Loaded<T> load_slow(Processor& cpu, const Operation* op) {
  T value{};
  if (Fault fault = read_operand(cpu, *op, value)) {
    (void)raise(cpu, op, fault);
    return {T{}, false};
  }
  return {value, true};
}

template <class T>
bool store_slow(Processor& cpu, const Operation* op, T value) {
  if (Fault fault = write_operand(cpu, *op, value)) {
    (void)raise(cpu, op, fault);
    return false;
  }
  return true;
}

template <class T>
Loaded<T> load_for_modify_slow(Processor& cpu, const Operation* op) {
  T value{};
  const u32 offset = effective_offset(cpu.registers, *op);
  Fault fault = prepare_memory_write(cpu, *op, op->segment, offset, sizeof(T));
  if (!fault) fault = read_operand(cpu, *op, value);
  if (fault) {
    (void)raise(cpu, op, fault);
    return {T{}, false};
  }
  return {value, true};
}

#define RINGDOWN_INSTANTIATE(T)                               \
  template Loaded<T> load_slow(Processor&, const Operation*); \
  template bool store_slow(Processor&, const Operation*, T);  \
  template Loaded<T> load_for_modify_slow(Processor&, const Operation*);
RINGDOWN_INSTANTIATE(u8)
RINGDOWN_INSTANTIATE(u16)
RINGDOWN_INSTANTIATE(u32)
RINGDOWN_INSTANTIATE(u64)

}  // namespace ringdown
