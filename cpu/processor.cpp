// The processor's loop: boundaries between blocks, events and faults; its pins and its state.
#include "cpu/processor.h"

#include "cpu/block_cache.h"
#include "cpu/execute/host_units.h"
#include "cpu/handler.h"
#include "cpu/paging_controls.h"
#include "cpu/system/debug.h"
#include "cpu/system/initial_state.h"
#include "cpu/system/system_management.h"

namespace ringdown {

Processor::Processor(GuestMemory& guest_memory, Bus& ports, const CpuModel& model, ProcessorConfig config)
    : memory(guest_memory),
      ports_(ports),
      model_(model),
      config_(config),
      physical_view_(registers, state, memory, *this),
      blocks_(std::make_unique<BlockCache>(guest_memory)),
      decoder_(model),
      bare_paging_(guest_memory, memory) {
  decoder_.set_substitution(config_.substitution);
  memory.set_address_space(bare_paging_);
  guest_memory.add_observer(*this, {Tracking::Code});
  observe_blocks();
  reset();
}

Processor::~Processor() { memory.memory().remove_observer(*this); }

void Processor::reset() {
  account_cpl();
  set_smi_active(false);
  load_initial_state(physical_view_, InitialState::Reset);
  x87 = X87State{};
  sse = SseState{};
  nmi_pending_ = false;
  smi_pending_ = false;
  init_pending_ = false;
  state_changed();
}

void Processor::set_trap_handler(TrapHandler* handler) {
  trap_handler_ = handler;
  guest_state_ = &guest_view().state;
  physical_view_.tables_in_memory = handler == nullptr;
  decoder_.set_trap_handler(handler);
  blocks_->clear();
  if (handler == nullptr) {
    memory.set_address_space(bare_paging_);
    paging_changed();
  }
  state_changed();
}

void Processor::account_cpl() {
  const Ticks now = ticks();
  counters_.retired_at_cpl[accounted_cpl_] += now - accounted_ticks_;
  accounted_ticks_ = now;
  accounted_cpl_ = state.cpl;
}

const ProcessorCounters& Processor::counters() {
  account_cpl();
  return counters_;
}

// --- Running
// -------------------------------------------------------------------------------------------------

void Processor::request_attention() { hold_back(budget); }

void Processor::hold_back(s64 instructions) {
  if (attention_) return;
  attention_ = true;
  held_back_ = instructions;
  slice_end_ -= instructions;
  budget -= instructions;
}

void Processor::release_attention() {
  if (!attention_) return;
  attention_ = false;
  budget += held_back_;
  slice_end_ += held_back_;
  held_back_ = 0;
}

void Processor::deadline_moved() {
  if (scheduler_ == nullptr) return;
  const Ticks deadline = scheduler_->next_deadline_ticks();
  const s64 end = slice_end_ + held_back_;
  if (deadline >= static_cast<Ticks>(end)) return;
  const s64 shorter = end - static_cast<s64>(deadline);
  if (attention_) {
    held_back_ -= shorter;
  } else {
    budget -= shorter;
    slice_end_ -= shorter;
  }
}

Exit Processor::run(Ticks limit) {
  release_attention();
  const s64 extension = static_cast<s64>(limit) - slice_end_;
  slice_end_ += extension;
  budget += extension;
  Exit exit;
  bool first = true;
  while (true) {
    release_attention();
    unretired = 0;
    if (blocks_->has_removed()) {
      forget_links();
      blocks_->free_removed();
    }
    if (stop_) return {*std::exchange(stop_, std::nullopt), 0};
    if (budget <= 0) return {ExitReason::Budget, 0};
    if (memory.fetch_changes() != seen_fetch_changes) {
      seen_fetch_changes = memory.fetch_changes();
      open_link = nullptr;       // the way out was fetched through other translations than the way in will be
      set_privilege(privilege);  // its TLB may be another context's
    }
    const Boundary boundary = nothing_due() ? Boundary::Run : service_boundary(first, exit);
    if (boundary == Boundary::Leave) return exit;
    first = false;
    if (boundary == Boundary::Again) continue;
    if (trap_handler_ != nullptr && state.cpl == 0) [[unlikely]]
      return {ExitReason::Invariant, registers.eip};
    if (boundary == Boundary::RunOne) {
      run_one(*guest_state_);
    } else if (run_at_eip(false)) {
      handle_leave();
    }
  }
}

bool Processor::nothing_due() {
  PrivilegedState& guest = *guest_state_;
  // One branch for all of it.
  static_assert(static_cast<u32>(Activity::Running) == 0);
  const bool pins = nmi_pending_ | smi_pending_ | init_pending_;
  const u32 due = ((intr_ ? eflags::kIf : 0) & guest.flags) | (pins ? 1u : 0u) |
                  static_cast<u32>(guest.activity) | guest.pending_debug | (guest.dr7 & 0xff) |
                  (registers.flags.control() & (eflags::kTf | eflags::kRf)) | (debugger_waits_ ? 1u : 0u);
  if (due != 0 || guest.virtual_interrupt_due()) return false;
  if (guest.shadow == InterruptShadow::None) return true;
  // The shadow of STI or MOV SS has nothing to hold back. As long as the budget lasts, an instruction runs
  // before anything can come up.
  if (budget <= 0) return false;
  guest.shadow = InterruptShadow::None;
  return true;
}

Processor::Boundary Processor::service_boundary(bool first, Exit& exit) {
  PrivilegedState& s = *guest_state_;
  if (s.activity == Activity::Shutdown) {
    exit = {ExitReason::Shutdown, 0};
    return Boundary::Leave;
  }
  if (service_interventions(s)) return Boundary::Again;
  // MOV SS holds debug traps and breakpoints back too, STI only interrupts (Intel SDM vol. 3A, 6.8.3).
  const bool debug_held = s.shadow == InterruptShadow::MovSs;
  if (!debug_held && service_events(s)) return Boundary::Again;
  if (s.activity == Activity::Halted) {
    exit = {ExitReason::Halted, 0};
    return Boundary::Leave;
  }
  const u32 linear = s.segment(Segment::Cs).base + registers.eip;
  const bool resume = (registers.flags.control() & eflags::kRf) != 0;
  if (!first && !resume && has_breakpoint(linear)) {
    exit = {ExitReason::Breakpoint, linear};
    return Boundary::Leave;
  }
  if ((s.dr7 & 0xff) != 0 && !resume && !debug_held) {
    if (const u32 hits = instruction_breakpoint_hits(s, linear); hits != 0) {
      // RF stays clear: the handler sets it in the image to get past (Intel SDM vol. 3B, 17.3.1.1).
      raise_event({Event::Source::Exception, static_cast<u8>(Vector::Debug), 0, hits});
      return Boundary::Again;
    }
  }
  if (s.virtual_interrupt_due()) {
    fault_before_instruction(general_protection());
    return Boundary::Again;
  }
  const bool one = s.shadow != InterruptShadow::None || resume || registers.flags.tf() ||
                   (s.dr7 & 0xff) != 0 || debugger_waits_;
  return one ? Boundary::RunOne : Boundary::Run;
}

// SMI and INIT come before everything but the trap of a task switch (Intel SDM vol. 3A, table 6-2); system
// management mode holds both back (vol. 3C, 34.3.1), and so may an interrupt shadow.
bool Processor::service_interventions(const PrivilegedState& s) {
  if (!smi_pending_ && !init_pending_) return false;
  const bool held = s.smm.active || s.shadow != InterruptShadow::None || (s.pending_debug & dr6::kBt) != 0;
  if (held) return false;
  open_link = nullptr;
  if (smi_pending_) {
    take_smi();
  } else {
    take_init();
  }
  state_may_have_changed();
  return true;
}

void Processor::take_smi() {
  smi_pending_ = false;
  const bool caused_by_io = ticks() == last_io_tick_ + 1;
  const IoInstruction* const io = caused_by_io ? &last_io_ : nullptr;
  if (trap_handler_ != nullptr) {
    trap_handler_->on_smi(io);
  } else {
    enter_system_management(physical_view_, io);
  }
}

void Processor::take_init() {
  init_pending_ = false;
  if (hooks_.init) hooks_.init();
  if (trap_handler_ != nullptr) {
    trap_handler_->on_init();
  } else {
    load_initial_state(physical_view_, InitialState::Init);
  }
}

// Traps of the last instruction come before NMI, NMI before INTR (Intel SDM vol. 3A, table 6-2).
bool Processor::service_events(PrivilegedState& s) {
  if (s.pending_debug != 0) {
    const u32 bits = s.pending_debug;
    s.pending_debug = 0;
    raise_event({Event::Source::Exception, static_cast<u8>(Vector::Debug), 0, bits});
    return true;
  }
  if (s.shadow != InterruptShadow::None) return false;
  if (nmi_pending_ && !s.nmi_blocked) {
    nmi_pending_ = false;
    s.nmi_blocked = true;
    raise_event({Event::Source::External, static_cast<u8>(Vector::Nmi), 0, 0});
    return true;
  }
  if (intr_ && (s.flags & eflags::kIf) != 0 && interrupts_ != nullptr) {
    raise_event({Event::Source::External, interrupts_->acknowledge(), 0, 0});
    return true;
  }
  return false;
}

// One instruction by itself, where what happens around it matters: RF and the interrupt shadow hold for this
// one only, and TF as it was before decides about the trap behind it (Intel SDM vol. 3A, 17.3.1.4).
void Processor::run_one(PrivilegedState& guest) {
  const bool step = registers.flags.tf();
  // With IA32_DEBUGCTL.BTF, only steps over branches are traps (Intel SDM vol. 3B, 17.4.3).
  const bool branches_only = (guest.msr.debug_control & debug_control::kBtf) != 0;
  const bool each_iteration =
      step || guest.shadow != InterruptShadow::None || (guest.dr7 & 0xff) != 0 || debugger_waits_;
  registers.flags.set_control(registers.flags.control() & ~eflags::kRf);
  guest.shadow = InterruptShadow::None;
  step_suppressed_ = false;
  // Neither further iterations of a repeated instruction nor what is found behind a branch.
  if (each_iteration) hold_back(budget - 1);
  if (!run_at_eip(true)) return;
  const bool retired = handle_leave();
  if (!retired || !step || step_suppressed_ || (branches_only && !single_branched())) return;
  guest.pending_debug |= dr6::kBs;
}

bool Processor::single_branched() const { return !single_.repeats && registers.eip != single_.behind; }

bool Processor::run_at_eip(bool single) {
  Block* block = find_block(single || config_.single_instruction_blocks);
  if (block != nullptr && budget < static_cast<s64>(block->instruction_count())) block = find_block(true);
  if (block == nullptr) return false;
  link(*block);
  budget -= block->instruction_count();
  const Operation* op = block->operations();
  if (single) single_ = {op->next_eip(), op->repeat != Repeat::None};
  while (op != nullptr) op = op->handler(*this, op);
  leave_host_units(*this);
  return true;
}

void Processor::link(Block& target) {
  BlockLink* const link = std::exchange(open_link, nullptr);
  if (link == nullptr) return;
  const bool same_translations = memory.fetch_changes() == seen_fetch_changes;
  if (same_translations && link->eip == target.identity.eip && target.identity.mode == mode_ &&
      !target.crosses_page()) {
    link->connect(target);
  }
}

bool Processor::handle_leave() {
  switch (leave) {
    case Leave::Boundary:
      return true;
    case Leave::Exception:
      return handle_exception();
    case Leave::Replaced:
      return false;
    case Leave::Again:
      return run_at_eip(true) && handle_leave();
  }
  return false;
}

bool Processor::handle_exception() {
  open_link = nullptr;
  if (fault.kind == Fault::Kind::Split) {
    split_block_at(registers.eip);
    return false;
  }
  bool retired = false;
  if (trap_handler_ != nullptr) {
    retired = trap_handler_->on_exception(fault, faulting) == TrapHandler::Outcome::Retired;
  } else if (fault.kind == Fault::Kind::Shutdown) {
    state.activity = Activity::Shutdown;
  } else {
    deliver(physical_view_, event_of(fault));
  }
  state_may_have_changed();
  return retired;
}

void Processor::fault_before_instruction(const Fault& failure) {
  leave = Leave::Exception;
  fault = failure;
  faulting = nullptr;
  handle_exception();
}

void Processor::raise_event(Event event) {
  open_link = nullptr;
  if (trap_handler_ != nullptr) {
    trap_handler_->on_event(event);
  } else {
    deliver(physical_view_, event);
  }
  state_may_have_changed();
}

// Handlers whose first instruction faults could go on for ever, as on hardware they do; time must pass there
// too, or no device could interrupt them and `run` would not return.
void Processor::deliver(SystemView& view, Event event) {
  memory.effects_allowed = true;
  if (ticks() == last_delivery_) --budget;
  last_delivery_ = ticks();
  const bool external = event.source == Event::Source::External;
  ++(external ? counters_.interrupts : counters_.exceptions)[event.vector];
  if (deliver_event(view, event).kind == Fault::Kind::Shutdown) view.state.activity = Activity::Shutdown;
}

// --- Pins and devices
// ----------------------------------------------------------------------------------------

void Processor::set_intr(Level level) {
  intr_ = level == Level::High;
  if (intr_) request_attention();
}

void Processor::pulse_nmi() {
  nmi_pending_ = true;
  request_attention();
}

void Processor::pulse_smi() {
  smi_pending_ = true;
  request_attention();
}

void Processor::pulse_init() {
  init_pending_ = true;
  request_attention();
}

AccessStatus Processor::read_table(GuestLinear linear, std::span<std::byte> data) {
  if (trap_handler_ != nullptr) return trap_handler_->read_physical_table(linear, data);
  return memory.read(linear, Privilege::Supervisor, data);
}

AccessStatus Processor::write_table(GuestLinear linear, std::span<const std::byte> data) {
  if (trap_handler_ != nullptr) return trap_handler_->write_physical_table(linear, data);
  return memory.write(linear, Privilege::Supervisor, data);
}

void Processor::paging_changed() {
  if (trap_handler_ == nullptr) bare_paging_.set_controls(paging_controls(physical_view_));
}

void Processor::invalidate_page(GuestLinear linear) {
  if (trap_handler_ == nullptr) memory.invalidate_page(linear);
}

u32 Processor::read_port(IoPort port, Width width) {
  return static_cast<u32>(ports_.read(port.value, width));
}

void Processor::write_port(IoPort port, Width width, u32 value) { ports_.write(port.value, width, value); }

Privilege Processor::privilege_at(u8 cpl) const {
  return trap_handler_ != nullptr ? trap_handler_->privilege() : SystemBackend::privilege_at(cpl);
}

u64 Processor::time_stamp() const {
  return scheduler_ != nullptr ? cycles_in(scheduler_->now(), model_.tsc_hertz()) : ticks();
}

void Processor::stall(Ticks instructions) {
  if (scheduler_ != nullptr) scheduler_->stall(instructions);
}

u64 Processor::apic_base() const { return hooks_.apic_base ? hooks_.apic_base() : 0; }

void Processor::set_apic_base(u64 value) {
  if (hooks_.set_apic_base) hooks_.set_apic_base(value);
}

u64 Processor::tsc_deadline() const { return hooks_.tsc_deadline ? hooks_.tsc_deadline() : 0; }

void Processor::set_tsc_deadline(u64 deadline, s64 tsc_offset) {
  if (hooks_.set_tsc_deadline) hooks_.set_tsc_deadline(deadline, tsc_offset);
}

void Processor::set_ferr(bool asserted) {
  if (hooks_.set_ferr) hooks_.set_ferr(asserted);
}

void Processor::note_io(const IoInstruction& instruction) {
  last_io_ = instruction;
  last_io_tick_ = ticks();
}

void Processor::set_smi_active(bool active) {
  smi_active_ = active;
  if (hooks_.set_smi_active) hooks_.set_smi_active(active);
}

// Blocks are of host frames: where guest addresses lead does not change them, only how they are found.
void Processor::map_changed() { request_attention(); }

// --- State
// ---------------------------------------------------------------------------------------------------

void Processor::serialize(Archive& archive) {
  release_attention();
  Ticks now = ticks();
  archive(now, registers, state, x87, sse, intr_, nmi_pending_);
  if (archive.version() >= 2) archive(last_delivery_);
  if (archive.version() >= kSystemManagementKept)
    archive(state.smm, smi_pending_, init_pending_, smi_active_, last_io_, last_io_tick_);
  account_cpl();
  if (!archive.loading()) return;
  slice_end_ = static_cast<s64>(now);
  budget = 0;
  unretired = 0;
  accounted_ticks_ = now;
  accounted_cpl_ = state.cpl;
  open_link = nullptr;
  blocks_->clear();
  memory.invalidate_all();
  set_smi_active(smi_active_);
  paging_changed();
  state_changed();
}

void Processor::serialize_counters(Archive& archive) {
  account_cpl();
  archive(counters_);
  memory.serialize_counters(archive);
}

}  // namespace ringdown
