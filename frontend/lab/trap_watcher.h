// Stands between a machine's processor and its monitor, and tells of every entry to the monitor: why, and for
// how long.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "cpu/monitor/interposed_handler.h"
#include "frontend/machine/machine.h"

namespace ringdown {

/// One entry to the monitor.
struct WatchedTrap {
  TrapCause cause = TrapCause::Count;  // not known before the monitor has answered
  const Operation* op = nullptr;       // the instruction; nullptr: an event, or none could be fetched
  std::optional<Event> event;  // the exception that `op` raised, or what came between two instructions
  GuestLinear linear{};        // hidden faults, protected stores, devices: the address
  AccessType access = AccessType::Read;
  /// 0: guest code ran; more: the monitor met it itself while it worked for the guest.
  unsigned depth = 0;
  /// What became of `op`, if this was one of a TrapHandler's traps.
  TrapHandler::Outcome outcome = TrapHandler::Outcome::NotRetired;
  /// Host time in the monitor, without what deeper traps took.
  u64 inside_ns = 0;
  /// Host time since the last trap of depth 0, in which the guest ran.
  u64 since_ns = 0;
};

class TrapSink {
 public:
  virtual ~TrapSink() = default;
  /// The monitor is about to be entered. It may find that it has nothing to do, and no `trap_ends` follows.
  /// Not told of traps that leave the virtual state alone: hidden faults, protected stores, devices.
  virtual void trap_begins(const WatchedTrap& trap) = 0;
  /// The guest goes on. Deeper traps end before the one that they belong to.
  virtual void trap_ends(const WatchedTrap& trap) = 0;
};

/// Watches from construction on until a reset or destruction. The guest and the monitor's counters take no
/// notice. What the clock and the sink cost is measured and not part of any time.
class TrapWatcher final : public InterposedHandler, public AddressSpace, public MemoryObserver {
 public:
  /// The machine must have a monitor, and outlive the watcher.
  TrapWatcher(Machine& machine, TrapSink& sink);
  ~TrapWatcher() override;
  TrapWatcher(const TrapWatcher&) = delete;
  TrapWatcher& operator=(const TrapWatcher&) = delete;

  /// Tells of a store that was trapped and is not performed yet.
  void flush();

  // TrapHandler
  Outcome on_sensitive(const Operation& op) override;
  Outcome on_exception(const Fault& fault, const Operation* op) override;
  void on_event(Event event) override;

  // AddressSpace
  Resolution resolve(GuestLinear linear, AccessType type, Privilege privilege) override;
  Resolution peek(GuestLinear linear) override { return monitor_.paging().peek(linear); }
  u32 context() const override { return monitor_.paging().context(); }

  // MemoryObserver: the monitor has performed a store to a protected table
  void frame_written(HostFrame frame, u32 offset, u32 length) override;
  bool concerns(HostFrame, u32, u32) const override { return false; }
  void tracking_added(HostFrame) override {}
  void map_changed() override {}

 private:
  using Clock = std::chrono::steady_clock;

  template <class Answer>
  Outcome watch(WatchedTrap trap, Answer answer);
  /// Which of the paging technique's counters says that this was a trap; Count: none does.
  TrapCause paging_cause(const PagingCounters& before) const;
  /// The time since the clock was let run goes to an account.
  void charge(u64& account_ns);
  /// What the watcher does up to here is nobody's.
  void let_run() { mark_ = Clock::now(); }

  MemoryUnit& unit_;
  TrapSink& sink_;
  const MonitorStatistics& statistics_;
  const u64 clock_ns_;      // what a look at the clock costs
  std::vector<u64> ns_{0};  // the guest's since the last trap, and of each trap that the monitor is in
  u64 true_fault_ns_ = 0;   // of the walk that found the page fault which comes next
  Clock::time_point mark_;  // when the clock was let run
  std::optional<WatchedTrap> storing_;  // waits for its store
};

}  // namespace ringdown
