// Records instructions and events of a machine that is stepped.
#include "frontend/lab/lockstep/step_record.h"

#include <fmt/core.h>

#include "cpu/system/segment_descriptor.h"
#include "frontend/debug/disassembly.h"
#include "frontend/fault_story.h"
#include "frontend/machine/guest_linear.h"

namespace ringdown {

namespace {

template <class T>
bool read_value(Machine& machine, u32 linear, T& value) {
  std::array<u8, sizeof(T)> bytes{};
  if (read_linear(machine, GuestLinear(linear), bytes) != bytes.size()) return false;
  std::memcpy(&value, bytes.data(), bytes.size());
  return true;
}

/// Base of the code segment that a gate leads to.
bool gate_base(Machine& machine, Selector selector, u32& base) {
  const PrivilegedState& state = machine.processor().guest_view().state;
  const u32 table = selector.local() ? state.ldtr.base : state.gdtr.base;
  u64 raw = 0;
  if (selector.null() || !read_value(machine, table + selector.offset(), raw)) return false;
  base = Descriptor(raw).base();
  return true;
}

}  // namespace

std::string StepRecord::hex() const {
  std::string digits;
  for (const u8 byte : bytes) digits += fmt::format("{:02x}", byte);
  return digits;
}

StepRecord record_step(Machine& machine) {
  const SystemView& guest = machine.processor().guest_view();
  StepRecord record;
  record.ticks = machine.ticks();
  record.cs = guest.state.segment(Segment::Cs).selector;
  record.eip = guest.registers.eip;
  const SegmentRegister& code = guest.state.segment(Segment::Cs);
  record.linear = code.base + record.eip;
  std::array<u8, kLongestInstruction> bytes{};
  const std::size_t available = read_linear(machine, GuestLinear(record.linear), bytes);
  if (available == 0) {
    record.disassembly = "(not readable)";
    return record;
  }
  const Disassembly instruction =
      disassemble(std::span(bytes).first(available), record.eip, code.attributes.big());
  record.bytes.assign(bytes.begin(), bytes.begin() + instruction.length);
  record.disassembly = instruction.text.empty() ? "(no instruction)" : instruction.text;
  return record;
}

EventWatch::EventWatch(Machine& machine)
    : machine_(machine),
      exceptions_(machine.processor().counters().exceptions),
      interrupts_(machine.processor().counters().interrupts) {}

std::string EventWatch::delivered() const {
  const ProcessorCounters& now = machine_.processor().counters();
  std::string text;
  const auto add = [&](const std::string& event) { text += (text.empty() ? "" : ", ") + event; };
  for (unsigned vector = 0; vector < exceptions_.size(); ++vector) {
    if (now.exceptions[vector] != exceptions_[vector]) add(vector_name(static_cast<u8>(vector)));
  }
  for (unsigned vector = 0; vector < interrupts_.size(); ++vector) {
    if (now.interrupts[vector] != interrupts_[vector]) add(fmt::format("interrupt {:02x}h", vector));
  }
  return text;
}

std::vector<u32> handler_addresses(Machine& machine) {
  const PrivilegedState& state = machine.processor().guest_view().state;
  std::vector<u32> addresses;
  const u32 entry = state.protected_mode() ? Descriptor::kSize : sizeof(u32);
  for (u32 offset = 0; offset + entry - 1 <= state.idtr.limit && offset < 256 * entry; offset += entry) {
    if (!state.protected_mode()) {
      u32 pointer = 0;
      if (read_value(machine, state.idtr.base + offset, pointer))
        addresses.push_back((pointer >> 16 << 4) + (pointer & 0xffff));
      continue;
    }
    u64 raw = 0;
    u32 base = 0;
    if (!read_value(machine, state.idtr.base + offset, raw)) continue;
    const Descriptor gate(raw);
    if (gate.present() && !gate.is_system(SystemType::TaskGate) &&
        gate_base(machine, gate.gate_selector(), base))
      addresses.push_back(base + gate.gate_offset());
  }
  return addresses;
}

}  // namespace ringdown
