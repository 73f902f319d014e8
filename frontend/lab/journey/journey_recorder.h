// Waits for calls of an application into its kernel, and keeps what the monitor did until they come back.
#pragma once

#include <array>
#include <vector>

#include "frontend/lab/journey/journey.h"
#include "frontend/lab/journey/state_changes.h"
#include "frontend/lab/trap_watcher.h"
#include "mmu/paging_event.h"

namespace ringdown {

/// Follows one journey at a time. A call ends when the guest is at CPL 3 again behind it, with the page
/// tables and the stack pointer of the call; a page fault when the instruction that raised it has run. A call
/// that takes longer than `kLongest` crossings waits for something: it is given up, and the next is followed.
class JourneyRecorder final : public TrapSink, public PagingEventSink {
 public:
  static constexpr std::size_t kLongest = 400;

  /// Passes over `skip` calls of each kind before it follows one.
  JourneyRecorder(Machine& machine, const std::vector<JourneyKind>& kinds, u64 skip);
  ~JourneyRecorder() override;

  /// Whether all are there. To be asked between slices of the run, too: the last instruction shows only by
  /// the next one.
  bool done();
  /// In the order of the kinds that were asked for; those that never came are missing.
  std::vector<Journey> take();
  /// Of a kind, how many calls there were.
  u64 seen(JourneyKind kind) const { return seen_[static_cast<std::size_t>(kind)]; }

  // TrapSink
  void trap_begins(const WatchedTrap& trap) override;
  void trap_ends(const WatchedTrap& trap) override;
  // PagingEventSink
  void paging_event(const PagingEvent& event) override;

 private:
  enum class Stage : u8 {
    Waiting,   // for a call
    Away,      // from the application
    Returned,  // to it; the instruction that faulted has not run yet
  };
  /// Where the guest stood when it called.
  struct Origin {
    u32 cr3 = 0;
    u32 esp = 0;
    u32 eip = 0;
    u32 next_eip = 0;
  };
  /// What happened to the shadow since the last trap ended.
  struct PagingWork {
    u64 filled = 0;
    u64 synchronised = 0;
    u64 released = 0;
  };

  VirtualState virtual_state();
  /// Which kind this trap begins, if it is one that is waited for.
  std::optional<JourneyKind> wanted(const WatchedTrap& trap);
  void start(JourneyKind kind);
  /// Of the trap that is about to be answered: what can be told beforehand.
  void note_origin(const WatchedTrap& trap);
  void complete(const WatchedTrap& trap);
  bool is_back() const;
  /// Ends the journey if the guest has gone on behind the instruction that it came back to.
  void look_for_end();
  void finish();
  std::string describe_work(const WatchedTrap& trap) const;
  std::string paging_work() const;

  Machine& machine_;
  Monitor& monitor_;
  std::vector<JourneyKind> missing_;
  const std::vector<JourneyKind> kinds_;
  const u64 skip_;
  std::array<u64, kJourneyKinds.size()> seen_{};
  std::vector<Journey> found_;
  Stage stage_ = Stage::Waiting;
  Journey journey_;
  Origin origin_;
  Crossing crossing_;    // of the trap that the monitor is at
  VirtualState before_;  // it
  PagingWork work_;
  u64 deeper_ = 0;  // traps within it
  Ticks started_at_ = 0;
  Ticks last_at_ = 0;
  Ticks returned_at_ = 0;
};

}  // namespace ringdown
