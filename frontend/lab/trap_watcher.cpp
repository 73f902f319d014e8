// Times the monitor from the way in to the way out.
#include "frontend/lab/trap_watcher.h"

#include <algorithm>
#include <utility>

namespace ringdown {

namespace {

using Clock = std::chrono::steady_clock;

u64 nanoseconds(Clock::duration duration) {
  return static_cast<u64>(std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count());
}

/// What two looks at the clock, one after the other, are apart: the least of many.
u64 clock_cost() {
  constexpr unsigned kLooks = 2000;
  Clock::duration least = Clock::duration::max();
  for (unsigned i = 0; i < kLooks; ++i) {
    const Clock::time_point before = Clock::now();
    least = std::min(least, Clock::now() - before);
  }
  return nanoseconds(least);
}

}  // namespace

TrapWatcher::TrapWatcher(Machine& machine, TrapSink& sink)
    : InterposedHandler(*machine.monitor()),
      unit_(machine.processor().memory),
      sink_(sink),
      statistics_(monitor_.statistics()),
      clock_ns_(clock_cost()) {
  monitor_.interpose(this);
  unit_.set_address_space(*this);
  unit_.memory().add_observer(*this, {Tracking::ShadowedTable, Tracking::DescriptorTable});
  let_run();
}

TrapWatcher::~TrapWatcher() {
  unit_.memory().remove_observer(*this);
  unit_.set_address_space(monitor_.paging());
  monitor_.interpose(nullptr);
}

void TrapWatcher::charge(u64& account_ns) {
  const u64 passed = nanoseconds(Clock::now() - mark_);
  account_ns += passed - std::min(passed, clock_ns_);
}

// --- Traps
// ---------------------------------------------------------------------------------------------------

TrapHandler::Outcome TrapWatcher::on_sensitive(const Operation& op) {
  WatchedTrap trap;
  trap.op = &op;
  return watch(trap, [&] { return monitor_.on_sensitive(op); });
}

TrapHandler::Outcome TrapWatcher::on_exception(const Fault& fault, const Operation* op) {
  WatchedTrap trap;
  trap.op = op != nullptr && op->handler != nullptr ? op : nullptr;
  if (fault.kind == Fault::Kind::Exception) trap.event = event_of(fault);
  return watch(trap, [&] { return monitor_.on_exception(fault, op); });
}

void TrapWatcher::on_event(Event event) {
  WatchedTrap trap;
  trap.event = event;
  watch(trap, [&] {
    monitor_.on_event(event);
    return Outcome::NotRetired;
  });
}

template <class Answer>
TrapHandler::Outcome TrapWatcher::watch(WatchedTrap trap, Answer answer) {
  charge(ns_.back());
  flush();
  trap.depth = static_cast<unsigned>(ns_.size() - 1);
  if (trap.depth == 0) trap.since_ns = std::exchange(ns_.front(), 0);
  sink_.trap_begins(trap);
  const auto before = statistics_.by_cause;
  ns_.push_back(std::exchange(true_fault_ns_, 0));
  let_run();
  trap.outcome = answer();
  charge(ns_.back());
  flush();
  trap.inside_ns = ns_.back();
  ns_.pop_back();
  const auto counted = std::ranges::mismatch(before, statistics_.by_cause).in1;
  if (counted != before.end()) {
    trap.cause = static_cast<TrapCause>(counted - before.begin());
    sink_.trap_ends(trap);
  }
  let_run();
  return trap.outcome;
}

// --- Page faults that the guest may not see
// ---------------------------------------------------------------------------------------------------

TrapCause TrapWatcher::paging_cause(const PagingCounters& before) const {
  const PagingCounters& now = monitor_.paging().counters();
  if (now.hidden_faults != before.hidden_faults) return TrapCause::HiddenFault;
  if (now.write_protect_traps != before.write_protect_traps) return TrapCause::WriteProtect;
  return now.device_accesses != before.device_accesses ? TrapCause::Device : TrapCause::Count;
}

Resolution TrapWatcher::resolve(GuestLinear linear, AccessType type, Privilege privilege) {
  charge(ns_.back());
  flush();
  const PagingCounters before = monitor_.paging().counters();
  WatchedTrap trap;
  trap.linear = linear;
  trap.access = type;
  trap.depth = static_cast<unsigned>(ns_.size() - 1);
  let_run();
  const Resolution resolution = monitor_.paging().resolve(linear, type, privilege);
  charge(trap.inside_ns);
  trap.cause = paging_cause(before);
  if (trap.cause == TrapCause::Count) {
    // A walk, which is the processor's; or one that finds a fault of the guest's, which comes as an
    // exception.
    const bool true_fault = resolution.kind == Resolution::Kind::Fault && trap.depth == 0;
    (true_fault ? true_fault_ns_ : ns_.back()) += trap.inside_ns;
  } else {
    if (trap.depth == 0) trap.since_ns = std::exchange(ns_.front(), 0);
    storing_ = trap;
    if (trap.cause != TrapCause::WriteProtect) flush();
  }
  let_run();
  return resolution;
}

void TrapWatcher::frame_written(HostFrame, u32, u32) {
  if (!storing_) return;
  charge(storing_->inside_ns);
  flush();
  let_run();
}

void TrapWatcher::flush() {
  if (storing_) sink_.trap_ends(*std::exchange(storing_, std::nullopt));
}

}  // namespace ringdown
