// A journey is what the monitor did from a call to its return, taken down trap by trap.
#include "frontend/lab/journey/journey_recorder.h"

#include <fmt/core.h>

#include <algorithm>

#include "cpu/monitor/vtx_exits.h"
#include "frontend/debug/disassembly.h"
#include "frontend/fault_story.h"

namespace ringdown {

namespace {

constexpr u8 kInt80 = 0x80;

std::string counted(u64 count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string exception_text(const Event& event) {
  const std::string name = vector_name(event.vector);
  return event.pushes_error_code() ? fmt::format("{}({:x})", name, event.error_code) : name;
}

/// Whether hardware virtualization would leave the guest for it too.
bool exits_under_vtx(const WatchedTrap& trap, Technique technique) {
  MonitorStatistics alone;
  alone.by_instruction.resize(instruction_table().size());
  alone.cause(trap.cause) = 1;
  if (trap.cause == TrapCause::Sensitive || trap.cause == TrapCause::Privileged)
    alone.by_instruction[trap.op->instruction] = 1;
  return ringdown::exits_under_vtx(alone, technique) != 0;
}

}  // namespace

JourneyRecorder::JourneyRecorder(Machine& machine, const std::vector<JourneyKind>& kinds, u64 skip)
    : machine_(machine), monitor_(*machine.monitor()), missing_(kinds), kinds_(kinds), skip_(skip) {
  monitor_.paging().set_events(this);
}

JourneyRecorder::~JourneyRecorder() { monitor_.paging().set_events(nullptr); }

bool JourneyRecorder::done() {
  look_for_end();
  return missing_.empty();
}

std::vector<Journey> JourneyRecorder::take() {
  const auto place = [&](const Journey& journey) { return std::ranges::find(kinds_, journey.kind); };
  std::ranges::sort(found_, [&](const Journey& a, const Journey& b) { return place(a) < place(b); });
  return std::move(found_);
}

VirtualState JourneyRecorder::virtual_state() {
  return {monitor_.virtual_state(), machine_.processor().registers};
}

// --- From the call to its return
// ---------------------------------------------------------------------------------------------------

std::optional<JourneyKind> JourneyRecorder::wanted(const WatchedTrap& trap) {
  const PrivilegedState& guest = monitor_.virtual_state();
  if (guest.cpl != 3 || guest.paragraph_segments()) return {};
  JourneyKind kind = JourneyKind::PageFault;
  if (trap.op != nullptr && row_of(*trap.op).mnemonic == ZYDIS_MNEMONIC_SYSENTER) {
    kind = JourneyKind::Sysenter;
  } else if (trap.op != nullptr && row_of(*trap.op).mnemonic == ZYDIS_MNEMONIC_INT &&
             trap.op->immediate == kInt80) {
    kind = JourneyKind::Int80;
  } else if (!trap.event || trap.event->source != Event::Source::Exception ||
             trap.event->vector != static_cast<u8>(Vector::PageFault)) {
    return {};
  }
  const u64 number = ++seen_[static_cast<std::size_t>(kind)];
  if (number <= skip_ || std::ranges::find(missing_, kind) == missing_.end()) return {};
  return kind;
}

void JourneyRecorder::start(JourneyKind kind) {
  stage_ = Stage::Away;
  journey_ = {};
  journey_.kind = kind;
  journey_.number = seen(kind);
  journey_.technique = monitor_.paging().technique();
  journey_.deprivilege = monitor_.deprivilege();
  const Registers& registers = machine_.processor().registers;
  origin_ = {monitor_.virtual_state().cr3, registers.get(Gpr::Esp), registers.eip};
  started_at_ = last_at_ = machine_.ticks();
}

void JourneyRecorder::trap_begins(const WatchedTrap& trap) {
  if (trap.depth != 0) return;
  look_for_end();
  if (stage_ == Stage::Waiting) {
    const std::optional<JourneyKind> kind = wanted(trap);
    if (!kind) return;
    start(*kind);
  }
  stage_ = Stage::Away;
  note_origin(trap);
}

void JourneyRecorder::trap_ends(const WatchedTrap& trap) {
  if (trap.depth != 0) {
    ++deeper_;
    return;
  }
  const bool told_before = trap.cause != TrapCause::HiddenFault && trap.cause != TrapCause::WriteProtect &&
                           trap.cause != TrapCause::Device;
  if (!told_before) look_for_end();
  if (stage_ != Stage::Waiting) {
    if (!told_before) note_origin(trap);
    complete(trap);
  }
  work_ = {};
  deeper_ = 0;
}

void JourneyRecorder::note_origin(const WatchedTrap& trap) {
  const Processor& processor = machine_.processor();
  before_ = virtual_state();
  crossing_ = {};
  crossing_.virtual_ring_before = before_.privileged.cpl;
  crossing_.physical_ring_before = processor.state.cpl;
  crossing_.cs = before_.privileged.segment(Segment::Cs).selector;
  crossing_.eip = processor.registers.eip;
  // Within a block only the operation knows where the guest stands.
  const bool access = trap.op == nullptr && !trap.event;
  if (access && trap.access != AccessType::Execute && processor.storing != nullptr)
    crossing_.eip = processor.storing->eip;
  const bool fault = trap.event && trap.event->source == Event::Source::Exception;
  if (trap.op != nullptr || access || fault) {
    const Disassembly found = disassemble_at(machine_, crossing_.eip);
    crossing_.instruction = found.text;
    if (journey_.crossings.empty()) origin_.next_eip = crossing_.eip + found.length;
  }
  crossing_.instructions_since = machine_.ticks() - last_at_;
}

void JourneyRecorder::complete(const WatchedTrap& trap) {
  const VirtualState after = virtual_state();
  crossing_.cause = trap.cause;
  if (trap.cause != TrapCause::Sensitive && trap.cause != TrapCause::Privileged && trap.event) {
    crossing_.vector = trap.event->vector;
    if (trap.event->pushes_error_code()) crossing_.error_code = trap.event->error_code;
  } else if (trap.op != nullptr && row_of(*trap.op).mnemonic == ZYDIS_MNEMONIC_INT) {
    crossing_.vector = static_cast<u8>(trap.op->immediate);
  }
  crossing_.virtual_ring_after = after.privileged.cpl;
  crossing_.physical_ring_after = machine_.processor().state.cpl;
  crossing_.changes = changes_between(before_, after);
  crossing_.did = describe_work(trap);
  crossing_.host_ns_since = journey_.crossings.empty() ? 0 : trap.since_ns;
  crossing_.host_ns_inside = trap.inside_ns;
  crossing_.exits_under_vtx = exits_under_vtx(trap, journey_.technique);
  journey_.crossings.push_back(std::exchange(crossing_, {}));
  last_at_ = machine_.ticks();
  if (journey_.crossings.size() > kLongest) {
    stage_ = Stage::Waiting;
  } else if (is_back()) {
    stage_ = Stage::Returned;
    returned_at_ = last_at_;
    if (journey_.kind != JourneyKind::PageFault) finish();
  }
}

bool JourneyRecorder::is_back() const {
  const PrivilegedState& guest = monitor_.virtual_state();
  const Registers& registers = machine_.processor().registers;
  if (guest.cpl != 3 || guest.cr3 != origin_.cr3 || registers.get(Gpr::Esp) != origin_.esp) return false;
  switch (journey_.kind) {
    case JourneyKind::Int80:
      return registers.eip == origin_.next_eip;
    case JourneyKind::Sysenter:  // the kernel decides where it goes on
      return true;
    case JourneyKind::PageFault:
      return registers.eip == origin_.eip;
  }
  return false;
}

void JourneyRecorder::look_for_end() {
  if (stage_ == Stage::Returned && machine_.ticks() > returned_at_) finish();
}

void JourneyRecorder::finish() {
  stage_ = Stage::Waiting;
  // The instruction that faulted has run by now.
  const Ticks ended_at = returned_at_ + (journey_.kind == JourneyKind::PageFault ? 1 : 0);
  journey_.instructions = ended_at - started_at_;
  std::erase(missing_, journey_.kind);
  found_.push_back(std::exchange(journey_, {}));
}

// --- What the monitor did
// ---------------------------------------------------------------------------------------------------

void JourneyRecorder::paging_event(const PagingEvent& event) {
  if (event.kind == PagingEventKind::Fill) ++work_.filled;
  if (event.kind == PagingEventKind::Sync) ++work_.synchronised;
  if (event.kind == PagingEventKind::Release) ++work_.released;
}

std::string JourneyRecorder::paging_work() const {
  std::string text;
  const auto add = [&](u64 count, const char* one, const char* many) {
    if (count != 0) text += ", " + counted(count, one, many);
  };
  add(work_.filled, "shadow entry filled", "shadow entries filled");
  add(work_.synchronised, "shadow entry synchronised", "shadow entries synchronised");
  add(work_.released, "guest table no longer write-protected", "guest tables no longer write-protected");
  add(deeper_, "page fault of the monitor's own on the way", "page faults of the monitor's own on the way");
  return text;
}

std::string JourneyRecorder::describe_work(const WatchedTrap& trap) const {
  const PrivilegedState& guest = monitor_.virtual_state();
  const std::string target =
      fmt::format("{:04x}:{:08x}", guest.segment(Segment::Cs).selector, machine_.processor().registers.eip);
  const std::string through_idt = fmt::format(" through the guest's IDT to {}", target);
  std::string text;
  switch (trap.cause) {
    case TrapCause::Sensitive:
    case TrapCause::Privileged: {
      const std::string_view name = row_of(*trap.op).name;
      const bool transferred = machine_.processor().registers.eip != trap.op->eip + trap.op->length;
      if (trap.outcome != TrapHandler::Outcome::Retired) {
        text = fmt::format("found that the guest may not execute {}: reflected an exception{}", name,
                           through_idt);
      } else if (crossing_.vector) {
        text = fmt::format("delivered vector {:02x}h{}", *crossing_.vector, through_idt);
      } else {
        text =
            fmt::format("emulated {} on the virtual state{}", name, transferred ? ": on to " + target : "");
      }
      break;
    }
    case TrapCause::PageFault:
      text = fmt::format("found that the guest's own tables deny {:08x}: reflected {}{}", trap.event->address,
                         exception_text(*trap.event), through_idt);
      break;
    case TrapCause::Exception:
    case TrapCause::Debug:
      text = fmt::format("reflected {}{}", exception_text(*trap.event), through_idt);
      break;
    case TrapCause::Interrupt:
      text = fmt::format("delivered interrupt {:02x}h{}", trap.event->vector, through_idt);
      break;
    case TrapCause::HiddenFault:
      text = fmt::format("found that the guest's own tables grant {:08x}: the guest never sees this fault",
                         trap.linear.value);
      break;
    case TrapCause::WriteProtect:
      text = fmt::format("performed the store to the guest's write-protected table at {:08x}",
                         trap.linear.value);
      break;
    case TrapCause::Device:
      text = fmt::format("performed the access to a device at {:08x}", trap.linear.value);
      break;
    case TrapCause::Hypercall:
      text = "performed the hypercall";
      break;
    case TrapCause::Count:
      break;
  }
  return text + paging_work();
}

}  // namespace ringdown
