// Virtual time and the one event queue: instruction counts become picoseconds at a declared rate.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// Virtual time since the machine was created, in picoseconds (wraps after 213 days).
using Picoseconds = u64;

inline constexpr Picoseconds kPicosecondsPerSecond = 1'000'000'000'000;
/// The end of virtual time, 213 days after power-on: nothing happens there, or later.
inline constexpr Picoseconds kNeverTime = ~Picoseconds{0};
constexpr Picoseconds later(Picoseconds time, Picoseconds delay) {
  return delay < kNeverTime - time ? time + delay : kNeverTime;
}
constexpr Picoseconds nanoseconds(u64 n) { return n * 1'000; }
constexpr Picoseconds microseconds(u64 n) { return n * 1'000'000; }
constexpr Picoseconds milliseconds(u64 n) { return n * 1'000'000'000; }

/// Whole periods of a clock of `hertz` (at most 10 THz) that fit in `time`: exact, so that counters read from
/// absolute time never drift. Guests read clocks often: seconds, microseconds and the rest are taken one
/// after the other, which needs no 128-bit division.
constexpr u64 cycles_in(Picoseconds time, u64 hertz) {
  constexpr u64 kMillion = 1'000'000;
  const u64 seconds = time / kPicosecondsPerSecond;
  const u64 in_second = time % kPicosecondsPerSecond;
  const u64 below_microsecond = in_second % kMillion * hertz / kMillion;
  return seconds * hertz + (in_second / kMillion * hertz + below_microsecond) / kMillion;
}
/// The first instant at which `cycles_in` reaches `cycles`; kNeverTime if that is behind the end of virtual
/// time.
constexpr Picoseconds time_of_cycle(u64 cycles, u64 hertz) {
  const u128 time = (static_cast<u128>(cycles) * kPicosecondsPerSecond + hertz - 1) / hertz;
  return time < kNeverTime ? static_cast<Picoseconds>(time) : kNeverTime;
}

/// Where the scheduler learns the current instruction count, exact also in the middle of a block.
class TickSource {
 public:
  virtual ~TickSource() = default;
  virtual Ticks ticks() const = 0;
  /// The next deadline moved closer: a running slice must not run past it.
  virtual void deadline_moved() = 0;
};

/// A registered event. Plain number, so that devices hold no pointer into the scheduler.
struct EventId {
  u32 index = 0;
};

/// What an event means to a processor that is halted.
enum class EventKind : u8 {
  Waking,
  /// Its device looks whether there is work, which there is only where the guest, another event or an input
  /// has made some. A halted machine sleeps on, and the callback may come long after the deadline: it counts
  /// its period from the deadline.
  Polling,
};

/// Keeps virtual time and runs events at their exact instruction count, FIFO on ties.
class Scheduler : public Serializable {
 public:
  /// Called with the event's deadline; now() is at or after it.
  using Callback = std::function<void(Picoseconds deadline)>;

  /// `ticks_per_second` is the declared speed of the processor in instructions per second of virtual time.
  explicit Scheduler(u64 ticks_per_second);

  /// Connects the instruction counter; before that, time stands at zero.
  void connect(TickSource& source) { source_ = &source; }

  /// Registers an event once, at construction of its device. The name (`device`, `slot`) is what state files
  /// hold; it must be unique in the machine.
  EventId add(std::string device, u32 slot, Callback callback, EventKind kind = EventKind::Waking);
  /// Sets or moves the event's only deadline. A deadline that has passed runs at the next boundary; one at
  /// the end of virtual time cancels the event.
  void schedule(EventId event, Picoseconds deadline);
  void schedule_after(EventId event, Picoseconds delay) { schedule(event, later(now(), delay)); }
  void cancel(EventId event);
  bool scheduled(EventId event) const;
  /// Valid only while scheduled.
  Picoseconds deadline(EventId event) const;

  Ticks ticks() const { return source_ != nullptr ? source_->ticks() : 0; }
  Picoseconds now() const { return time_of_ticks(ticks()); }
  u64 ticks_per_second() const { return ticks_per_second_; }
  /// Changes the rate from now on; time stays continuous. In real-time mode each change is a recorded input.
  void set_ticks_per_second(u64 rate);

  /// Time that HLT skipped: virtual time jumps ahead while the instruction count stands still.
  void skip_to(Picoseconds time);
  /// Time that PAUSE takes: it passes as in `ticks` instructions, but not beyond the next deadline.
  void stall(Ticks ticks);

  /// Instruction count at which the earliest event is due; kNever without one.
  Ticks next_deadline_ticks() const { return earliest_ticks_; }
  /// The earliest deadline; kNeverTime without one.
  Picoseconds next_deadline() const;
  /// The same of the events that wake a halted processor.
  Picoseconds next_waking_deadline() const;
  /// Runs all events that are due now, in deadline order; callbacks may schedule more. A device that
  /// reschedules itself must move its deadline forward.
  void run_due();

  static constexpr Ticks kNever = ~Ticks{0};

  ChunkTag chunk_tag() const override { return ChunkTag("SCHD"); }
  void serialize(Archive& archive) override;

 private:
  struct Event {
    std::string device;
    u32 slot = 0;
    Callback callback;
    EventKind kind = EventKind::Waking;
    bool scheduled = false;
    Picoseconds deadline = 0;
    u64 order = 0;  // FIFO on ties; those that poll come first
  };

  Picoseconds time_of_ticks(Ticks ticks) const;
  Ticks ticks_of_time(Picoseconds time) const;
  bool before(const Event& a, const Event& b) const;
  void set_earliest(u32 index);
  void find_earliest();
  void set_rate(u64 rate);
  void begin_rate_at(Ticks ticks, Picoseconds time);

  static constexpr u32 kNone = ~u32{0};

  std::vector<Event> events_;
  u32 earliest_ = kNone;
  Ticks earliest_ticks_ = kNever;  // what next_deadline_ticks() answers; derived
  TickSource* source_ = nullptr;
  u64 ticks_per_second_ = 1;
  u64 picoseconds_per_tick_ = 0;  // derived; 0 where it is no whole number
  Ticks base_ticks_ = 0;          // where the current rate began
  Picoseconds base_time_ = 0;     // virtual time at base_ticks_
  u64 next_order_ = 0;
};

}  // namespace ringdown
