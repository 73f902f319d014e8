// The monitor's trap dispatch: emulate, reflect, and enter the guest again.
#include "cpu/monitor/monitor.h"

#include "cpu/monitor/hypercalls.h"
#include "cpu/paging_controls.h"
#include "cpu/system/initial_state.h"
#include "cpu/system/segment_descriptor.h"
#include "cpu/system/system_management.h"

namespace ringdown {

Monitor::Monitor(Processor& processor, GuestMemory& memory, Deprivilege deprivilege, Policy policy,
                 std::optional<GuestLinear> handover, const PagingOptions& paging)
    : processor_(processor),
      memory_(memory),
      deprivilege_(deprivilege),
      handover_(handover),
      requested_(std::move(policy)),
      view_(processor.registers, virtual_, processor.memory, *this),
      paging_(make_paging(paging, deprivilege, memory, processor.memory)),
      descriptors_(processor.memory, virtual_, policy_, deprivilege),
      tables_(memory) {
  statistics_.by_instruction.resize(instruction_table().size());
  paging_->set_observer(this);
  memory_.add_observer(*this, {Tracking::DescriptorTable});
}

Monitor::~Monitor() { memory_.remove_observer(*this); }

void Monitor::attach() {
  virtual_ = processor_.state;
  accounted_ticks_ = processor_.ticks();
  accounted_cpl_ = virtual_.cpl;
  processor_.memory.set_address_space(*paging_);
  paging_->forget_guest();
  paging_changed();
  enter_guest_anew();
  await_handover(handover_.has_value());
}

void Monitor::detach() {
  adopt_physical_changes();
  account(processor_.ticks());
  processor_.state = virtual_;
  processor_.set_trap_handler(nullptr);
}

void Monitor::set_policy(Policy policy) {
  if (policy_.lets_anything_through()) {
    adopt_physical_changes();
    enter_guest_anew();
  }
  requested_ = std::move(policy);
  await_handover(false);
}

void Monitor::await_handover(bool await) {
  awaiting_handover_ = await;
  policy_ = await ? Policy() : requested_;
  processor_.set_trap_handler(trap_handler());  // drops what was decoded under the policy before
}

void Monitor::interpose(TrapHandler* between) {
  between_ = between;
  processor_.set_trap_handler(trap_handler());
}

bool Monitor::at_handover(u32 eip) const {
  return awaiting_handover_ && processor_.state.segment(Segment::Cs).base + eip == handover_->value;
}

bool Monitor::stops(const InstructionRow& row, const Operation& op, u32 eip, u8 policy) const {
  return policy_.stops(row, op, PolicyKey::from_value(policy)) || at_handover(eip);
}

Privilege Monitor::privilege() const {
  // The physical ring tells them apart, also behind a transfer that was let through; unless both run at
  // ring 3.
  const bool shared = deprivilege_ == Deprivilege::Ring3 || virtual_.paragraph_segments();
  const u8 ring = shared ? virtual_.cpl : processor_.state.cpl;
  return ring == 3 ? Privilege::User : Privilege::Supervisor;
}

// --- Traps
// ---------------------------------------------------------------------------------------------------

TrapHandler::Outcome Monitor::on_sensitive(const Operation& op) {
  if (!at_handover(op.eip)) return emulate(op, TrapCause::Sensitive);
  await_handover(false);
  return Outcome::Again;
}

TrapHandler::Outcome Monitor::on_exception(const Fault& fault, const Operation* op) {
  if (fault.kind == Fault::Kind::Exception && op != nullptr && op->handler != nullptr) {
    const InstructionRow& row = row_of(*op);
    // The processor is never in system management mode physically, so that RSM is an invalid opcode to it.
    const bool valid = fault.vector != Vector::InvalidOpcode || virtual_.smm.active;
    const bool decoded = op->length != 0 && row.system != nullptr && valid;
    // In virtual-8086 mode, where real mode runs too, PUSHF, POPF, INT and IRET trap by IOPL: there is
    // nothing to let through.
    const bool reflected = policy_.lets_through(op->instruction) && !virtual_.paragraph_segments();
    if (decoded && row.sensitivity != Sensitivity::Innocuous && !reflected) {
      return emulate(*op, TrapCause::Privileged);
    }
  }
  adopt_physical_changes();
  if (PageTableRegistry* const registry = paging_->registry();
      registry != nullptr && fault.vector == Vector::InvalidOpcode && at_hypercall(view_)) {
    return hypercall(*registry);
  }
  ++statistics_.cause(fault.vector == Vector::PageFault ? TrapCause::PageFault : TrapCause::Exception);
  reflect(event_of(fault));
  return Outcome::NotRetired;
}

void Monitor::on_event(Event event) {
  adopt_physical_changes();
  const bool external = event.source == Event::Source::External;
  ++statistics_.cause(external ? TrapCause::Interrupt : TrapCause::Debug);
  reflect(event);
}

void Monitor::on_smi(const IoInstruction* io) {
  adopt_physical_changes();
  ++statistics_.cause(TrapCause::Interrupt);
  enter_system_management(view_, io);
  enter_guest();
}

void Monitor::on_init() {
  load_initial_state(view_, InitialState::Init);
  enter_guest();
  await_handover(handover_.has_value());
}

TrapHandler::Outcome Monitor::emulate(const Operation& op, TrapCause cause) {
  adopt_physical_changes();
  ++statistics_.cause(cause);
  ++statistics_.by_instruction[op.instruction];
  assisted_tick_ = processor_.ticks();
  const Fault fault = processor_.execute_system(view_, op);
  if (fault.kind == Fault::Kind::Shutdown) {
    virtual_.activity = Activity::Shutdown;
    enter_guest();
    return Outcome::NotRetired;
  }
  if (fault) {
    assisted_tick_ = kNoTick;
    reflect(event_of(fault));
    return Outcome::NotRetired;
  }
  ++statistics_.emulated;
  // The instruction belongs to the state before it.
  processor_.retire_emulated();
  enter_guest_behind(op, row_of(op).effect);
  return Outcome::Retired;
}

TrapHandler::Outcome Monitor::hypercall(PageTableRegistry& registry) {
  ++statistics_.cause(TrapCause::Hypercall);
  paging_->count_hypercall();
  assisted_tick_ = processor_.ticks();
  processor_.registers.eip += kHypercallLength;
  perform_hypercall(view_, registry);
  ++statistics_.emulated;
  processor_.retire_emulated();
  enter_guest();
  return Outcome::Retired;
}

void Monitor::reflect(Event event) {
  processor_.deliver(view_, event);
  enter_guest();
}

bool Monitor::instruction_assisted() {
  const Ticks now = processor_.ticks();
  if (now == assisted_tick_) return false;
  assisted_tick_ = now;
  ++statistics_.emulated;
  return true;
}

// --- Entering the guest
// --------------------------------------------------------------------------------------

void Monitor::enter_guest() {
  const ExecutionSource::Changes changes = source_.update(virtual_, processor_.registers.flags);
  if (policy_.lets_anything_through()) {
    derive_guest(kAllSegments);  // what was let through may have changed the physical state by itself
  } else if (changes.any()) {
    derive_guest(changes.segments);
  } else if (stale_segment_) {
    check_segments(processor_.ticks());  // a table that is not watched may have been mended meanwhile
  }
}

void Monitor::enter_guest_behind(const Operation& op, SystemEffect effect) {
  const bool all = effect == SystemEffect::State || policy_.lets_anything_through() ||
                   (effect == SystemEffect::Flags && ExecutionSource::depends_on_flags(virtual_));
  if (all) {
    enter_guest();
  } else if (effect == SystemEffect::Segment) {
    derive_guest_segment(static_cast<Segment>(op.number));
  } else if (stale_segment_) {
    check_segments(processor_.ticks());
  }
}

void Monitor::enter_guest_anew() {
  source_.update(virtual_, processor_.registers.flags);
  derive_guest(kAllSegments);
}

void Monitor::derive_guest(SegmentSet changed) {
  if (virtual_.cpl != accounted_cpl_) account(processor_.ticks());
  const bool tables_moved = !(virtual_.gdtr == watched_gdtr_) || !(virtual_.ldtr == watched_ldtr_);
  if (tables_moved || virtual_.protected_mode() != watched_protected_) watch_descriptor_tables();
  derive_physical_state(virtual_, deprivilege_, processor_.state, changed);
  // Where the processor can, it traps the stores of table registers by itself.
  if (model().has(Feature::Umip)) processor_.state.cr4 |= cr4::kUmip;
  if (deprivilege_ == Deprivilege::Ring3)
    paging_->set_side(virtual_.cpl == 3 ? GuestSide::User : GuestSide::Kernel);
  if (segments_need_check()) check_segments(processor_.ticks());
  processor_.state_changed(changed);
}

void Monitor::derive_guest_segment(Segment segment) {
  source_.take_segment(virtual_, segment);
  derive_physical_segment(virtual_, deprivilege_, processor_.state, segment);
  if (segments_need_check()) check_segments(processor_.ticks());
  processor_.segment_changed(segment);
}

void Monitor::check_segments(Ticks retired) {
  const bool stale = has_stale_segment();
  if (stale == stale_segment_) return;
  account(retired);
  stale_segment_ = stale;
}

void Monitor::account(Ticks retired) {
  const u64 passed = retired - accounted_ticks_;
  statistics_.virtual_cpl[accounted_cpl_] += passed;
  if (stale_segment_) statistics_.stale_segment += passed;
  accounted_ticks_ = retired;
  accounted_cpl_ = virtual_.cpl;
}

const MonitorStatistics& Monitor::statistics() {
  account(processor_.ticks());
  const PagingCounters& paging = paging_->counters();
  statistics_.cause(TrapCause::HiddenFault) = paging.hidden_faults;
  statistics_.cause(TrapCause::WriteProtect) = paging.write_protect_traps;
  statistics_.cause(TrapCause::Device) = paging.device_accesses;
  return statistics_;
}

// --- Let-through instructions
// --------------------------------------------------------------------------------

void Monitor::adopt_physical_changes() {
  if (!policy_.lets_anything_through()) return;
  PrivilegedState expected;
  derive_physical_state(virtual_, deprivilege_, expected);
  const PrivilegedState& physical = processor_.state;
  if (physical.cpl != expected.cpl)
    virtual_.cpl = physical.cpl == physical_ring(0, deprivilege_) ? 0 : physical.cpl;
  for (unsigned i = 0; i < kSegmentCount; ++i) {
    if (physical.segments[i] == expected.segments[i]) continue;
    u16 selector = physical.segments[i].selector;
    // The deprivileged ring stands for the one that the guest believes in.
    if (shows_ring(static_cast<Segment>(i)) && !virtual_.paragraph_segments() && !Selector(selector).null())
      selector = static_cast<u16>((selector & ~3u) | virtual_.cpl);
    virtual_.segments[i] = guest_segment(selector, physical.segments[i]);
  }
}

/// The guest's view of a segment that the processor loaded, from the shadow table or as virtual-8086 mode
/// does: with the DPL that it would have without the monitor.
SegmentRegister Monitor::guest_segment(u16 selector, const SegmentRegister& physical) {
  SegmentRegister segment = physical;
  segment.selector = selector;
  u16 dpl = virtual_.cpl;
  if (!virtual_.paragraph_segments()) {
    u64 raw = 0;
    if (Selector(selector).null() || !peek_descriptor(Selector(selector), raw)) return segment;
    dpl = static_cast<u16>(Descriptor(raw).attributes().dpl());
  }
  segment.attributes.value = SegmentAttributes::Dpl::with(segment.attributes.value, dpl);
  return segment;
}

bool Monitor::peek_descriptor(Selector selector, u64& raw) {
  const u32 base = selector.local() ? virtual_.ldtr.base : virtual_.gdtr.base;
  return processor_.memory.peek(GuestLinear(base + selector.offset()),
                                std::as_writable_bytes(std::span<u64, 1>(&raw, 1)));
}

// --- Descriptor tables
// ---------------------------------------------------------------------------------------

AccessStatus Monitor::read_physical_table(GuestLinear linear, std::span<std::byte> data) {
  descriptors_.read(linear, data);
  return AccessStatus::Done;
}

// The only stores are accessed and busy bits; a shadow descriptor is made anew at each fetch, so they have
// nowhere to go.
AccessStatus Monitor::write_physical_table(GuestLinear, std::span<const std::byte>) {
  return AccessStatus::Done;
}

AccessStatus Monitor::read_table(GuestLinear linear, std::span<std::byte> data) {
  return processor_.memory.read(linear, Privilege::Supervisor, data);
}

AccessStatus Monitor::write_table(GuestLinear linear, std::span<const std::byte> data) {
  return processor_.memory.write(linear, Privilege::Supervisor, data);
}

void Monitor::paging_changed() {
  paging_->set_global_pages((virtual_.cr4 & cr4::kPge) != 0);
  paging_->set_controls(paging_controls(view_));
}

void Monitor::invalidate_page(GuestLinear linear) { paging_->invalidate_guest_page(linear); }

// A descriptor changed in memory leaves segment registers that were loaded from it holding what hardware
// could not be made to hold; knowing when needs the tables' frames watched.
void Monitor::watch_descriptor_tables() {
  watched_gdtr_ = virtual_.gdtr;
  watched_ldtr_ = virtual_.ldtr;
  watched_protected_ = virtual_.protected_mode();
  recheck_segments_ = true;
  tables_.retire_all();
  if (!watched_protected_) return;
  const auto watch = [&](u32 base, u32 limit, bool local) {
    for (u32 offset = 0; offset <= limit; offset += kPageSize - ((base + offset) & kPageOffsetMask)) {
      const Resolution page = paging_->peek(GuestLinear(base + offset));
      if (page.kind != Resolution::Kind::Memory || memory_.store().is_rom(HostFrame(page.page.read_frame)))
        continue;
      const u32 begin = (base + offset) & kPageOffsetMask;
      const u32 end = std::min(begin + limit - offset + 1, kPageSize);
      tables_.add({HostFrame(page.page.read_frame), begin, end, local, offset});
    }
  };
  watch(virtual_.gdtr.base, virtual_.gdtr.limit, false);
  if (virtual_.ldtr.attributes.present())
    watch(virtual_.ldtr.base, std::min<u32>(virtual_.ldtr.limit, 0xffff), true);
}

void Monitor::frame_written(HostFrame frame, u32 offset, u32 length) {
  // The storing instruction itself, if it is one, still ran with what the segments held before.
  if (tables_.stored(frame, offset, length, virtual_.segments))
    check_segments(processor_.ticks() + (processor_.unretired != 0 ? 1 : 0));
}

bool Monitor::has_stale_segment() {
  recheck_segments_ = false;
  for (const SegmentRegister& segment : virtual_.segments) {
    if (virtual_.paragraph_segments()) {
      if (segment.base != static_cast<u32>(segment.selector) << 4 || segment.limit != 0xffff) return true;
      continue;
    }
    const Selector selector(segment.selector);
    if (selector.null() || !segment.attributes.present()) continue;
    u64 raw = 0;
    if (!peek_descriptor(selector, raw)) return true;
    const Descriptor descriptor(raw);
    constexpr u16 kAccessedIgnored = static_cast<u16>(~SegmentAttributes::kAccessed);
    if (descriptor.base() != segment.base || descriptor.limit() != segment.limit ||
        (descriptor.attributes().value & kAccessedIgnored) != (segment.attributes.value & kAccessedIgnored)) {
      return true;
    }
  }
  return false;
}

void Monitor::serialize(Archive& archive) {
  if (!archive.loading()) adopt_physical_changes();
  account(processor_.ticks());
  archive(virtual_, statistics_, stale_segment_);
  if (archive.version() >= 3) {
    archive(tables_);
  } else {
    tables_.clear();
  }
  bool awaiting_handover = awaiting_handover_ && !archive.loading();
  if (archive.version() >= 2) archive(awaiting_handover);
  if (archive.version() >= kSystemManagementKept) archive(virtual_.smm);
  if (!archive.loading()) return paging_->serialize_state(archive);
  if (statistics_.by_instruction.size() != instruction_table().size()) {
    archive.fail("it counts other instructions: save the state with this version of Ringdown");
    statistics_.by_instruction.resize(instruction_table().size());
  }
  accounted_ticks_ = processor_.ticks();
  accounted_cpl_ = virtual_.cpl;
  watched_gdtr_ = {};
  paging_->serialize_state(archive);
  paging_changed();
  enter_guest_anew();
  await_handover(awaiting_handover && handover_.has_value());
}

}  // namespace ringdown
