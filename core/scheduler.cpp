// Virtual time by exact rational arithmetic, and the event queue.
#include "core/scheduler.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/clock_rate.h"

namespace ringdown {

Scheduler::Scheduler(u64 ticks_per_second) { set_rate(ticks_per_second); }

Picoseconds Scheduler::time_of_ticks(Ticks ticks) const {
  const Ticks passed = ticks - base_ticks_;
  // Most rates make a tick a whole number of picoseconds: no 128-bit division then.
  if (picoseconds_per_tick_ != 0) return later(base_time_, passed * picoseconds_per_tick_);
  return later(base_time_,
               static_cast<Picoseconds>(u128{passed} * kPicosecondsPerSecond / ticks_per_second_));
}

void Scheduler::set_rate(u64 rate) {
  ticks_per_second_ = rate == 0 ? 1 : rate;
  const bool whole = kPicosecondsPerSecond % ticks_per_second_ == 0;
  picoseconds_per_tick_ = whole ? kPicosecondsPerSecond / ticks_per_second_ : 0;
}

// The first tick whose time is at or after `time`: floor(n * second / rate) >= d holds exactly from
// n = ceil(d * rate / second) on.
Ticks Scheduler::ticks_of_time(Picoseconds time) const {
  if (time <= base_time_) return base_ticks_;
  const u128 scaled = u128{time - base_time_} * ticks_per_second_ + (kPicosecondsPerSecond - 1);
  const u128 ticks = scaled / kPicosecondsPerSecond + base_ticks_;
  return ticks >= kNever ? kNever : static_cast<Ticks>(ticks);
}

EventId Scheduler::add(std::string device, u32 slot, Callback callback, EventKind kind) {
  Event event;
  event.device = std::move(device);
  event.slot = slot;
  event.callback = std::move(callback);
  event.kind = kind;
  events_.push_back(std::move(event));
  return EventId{static_cast<u32>(events_.size() - 1)};
}

bool Scheduler::before(const Event& a, const Event& b) const {
  return a.deadline != b.deadline ? a.deadline < b.deadline : a.order < b.order;
}

void Scheduler::set_earliest(u32 index) {
  const Ticks previous = earliest_ticks_;
  earliest_ = index;
  earliest_ticks_ = index == kNone ? kNever : ticks_of_time(events_[index].deadline);
  if (earliest_ticks_ < previous && source_ != nullptr) source_->deadline_moved();
}

void Scheduler::find_earliest() {
  u32 best = kNone;
  for (u32 i = 0; i < events_.size(); ++i) {
    if (events_[i].scheduled && (best == kNone || before(events_[i], events_[best]))) best = i;
  }
  set_earliest(best);
}

void Scheduler::schedule(EventId event, Picoseconds deadline) {
  if (deadline == kNeverTime) return cancel(event);
  Event& entry = events_[event.index];
  entry.scheduled = true;
  entry.deadline = deadline;
  // How often one polls depends on when the host wakes up, and no state may.
  entry.order = entry.kind == EventKind::Polling ? 0 : next_order_++;
  if (earliest_ == event.index) {
    find_earliest();
  } else if (earliest_ == kNone || before(entry, events_[earliest_])) {
    set_earliest(event.index);
  }
}

void Scheduler::cancel(EventId event) {
  events_[event.index].scheduled = false;
  if (earliest_ == event.index) find_earliest();
}

bool Scheduler::scheduled(EventId event) const { return events_[event.index].scheduled; }

Picoseconds Scheduler::deadline(EventId event) const { return events_[event.index].deadline; }

Picoseconds Scheduler::next_deadline() const {
  return earliest_ == kNone ? kNeverTime : events_[earliest_].deadline;
}

Picoseconds Scheduler::next_waking_deadline() const {
  Picoseconds next = kNeverTime;
  for (const Event& event : events_) {
    if (event.scheduled && event.kind == EventKind::Waking) next = std::min(next, event.deadline);
  }
  return next;
}

void Scheduler::begin_rate_at(Ticks ticks, Picoseconds time) {
  base_ticks_ = ticks;
  base_time_ = time;
}

void Scheduler::set_ticks_per_second(u64 rate) {
  begin_rate_at(ticks(), now());
  set_rate(rate);
  set_earliest(earliest_);
}

void Scheduler::skip_to(Picoseconds time) {
  if (time <= now()) return;
  begin_rate_at(ticks(), time);
  set_earliest(earliest_);
}

void Scheduler::stall(Ticks ticks) {
  skip_to(std::min(time_of_ticks(this->ticks() + ticks), next_deadline()));
}

void Scheduler::run_due() {
  while (earliest_ != kNone && events_[earliest_].deadline <= now()) {
    Event& event = events_[earliest_];
    const Picoseconds deadline = event.deadline;
    event.scheduled = false;
    find_earliest();
    // A copy of the handle: a callback may register further events.
    const Callback callback = event.callback;
    callback(deadline);
  }
}

void Scheduler::serialize(Archive& archive) {
  archive(ticks_per_second_, base_ticks_, base_time_, next_order_);
  u32 count = static_cast<u32>(events_.size());
  archive(count);
  if (archive.loading()) {
    if (!is_clock_rate(ticks_per_second_)) {
      archive.fail(fmt::format("its clock of {} instructions per second is not one of {} to {}",
                               ticks_per_second_, kSlowestClock, kFastestClock));
    }
    set_rate(std::clamp(ticks_per_second_, kSlowestClock, kFastestClock));
    for (Event& event : events_) event.scheduled = false;
  }
  for (u32 i = 0; i < count && !archive.failed(); ++i) {
    Event saved;
    if (!archive.loading()) {
      saved.device = events_[i].device;
      saved.slot = events_[i].slot;
      saved.scheduled = events_[i].scheduled;
      saved.deadline = events_[i].deadline;
      saved.order = events_[i].order;
    }
    archive(saved.device, saved.slot, saved.scheduled, saved.deadline, saved.order);
    if (!archive.loading() || archive.failed()) continue;
    const auto known = std::find_if(events_.begin(), events_.end(), [&saved](const Event& event) {
      return event.device == saved.device && event.slot == saved.slot;
    });
    if (known == events_.end()) {
      archive.fail("it has event " + std::to_string(saved.slot) + " of '" + saved.device +
                   "', which this machine lacks");
      break;
    }
    known->scheduled = saved.scheduled;
    known->deadline = saved.deadline;
    known->order = saved.order;
  }
  if (!archive.loading()) return;
  find_earliest();
  // The instruction count is restored by its owner, before or after: a running slice must end either way.
  if (source_ != nullptr) source_->deadline_moved();
}

}  // namespace ringdown
