// When INTA# is asserted.
#include "devices/network/e1000/interrupts.h"

namespace ringdown::e1000 {

namespace {

constexpr Picoseconds kThrottleUnit = nanoseconds(256);
constexpr Picoseconds kDelayUnit = nanoseconds(1'024);

}  // namespace

Interrupts::Interrupts(const RegisterFile& registers, Scheduler& scheduler, const std::string& scheduler_name,
                       u32 slot, std::function<void(Level)> drive)
    : registers_(registers),
      scheduler_(scheduler),
      drive_(std::move(drive)),
      throttle_(scheduler.add(scheduler_name, slot, [this](Picoseconds) { update(); })) {}

void Interrupts::raise(u32 causes) {
  causes_ |= causes & cause::kAll;
  update();
}

u32 Interrupts::read_causes() {
  const u32 causes = causes_;
  acknowledge(causes);
  return causes;
}

void Interrupts::acknowledge(u32 causes) {
  causes_ &= ~causes;
  update();
}

void Interrupts::enable(u32 causes) {
  mask_ |= causes & cause::kAll;
  update();
}

void Interrupts::disable(u32 causes) {
  mask_ &= ~causes;
  update();
}

void Interrupts::update() {
  if ((causes_ & mask_) == 0) {
    scheduler_.cancel(throttle_);
    set_level(Level::Low);
    return;
  }
  if (level_ == Level::High) return;
  const Picoseconds now = scheduler_.now();
  if (now < quiet_until_) {
    scheduler_.schedule(throttle_, quiet_until_);
    return;
  }
  quiet_until_ = now + registers_.get<Delay>(Offset::Itr) * kThrottleUnit;
  set_level(Level::High);
}

void Interrupts::set_level(Level level) {
  if (level_ == level) return;
  level_ = level;
  drive_(level);
}

void Interrupts::reset() {
  causes_ = mask_ = 0;
  quiet_until_ = 0;
  update();
}

void Interrupts::serialize(Archive& archive) {
  archive(causes_, mask_, level_, quiet_until_);
  if (!archive.loading()) return;
  const bool possible = (causes_ | mask_) <= cause::kAll && level_ <= Level::High;
  if (!possible || (level_ == Level::High && (causes_ & mask_) == 0)) {
    archive.fail("an interrupt without a cause");
    causes_ = mask_ = 0;
    level_ = Level::Low;
  }
  drive_(level_);
}

DelayTimers::DelayTimers(Scheduler& scheduler, const std::string& scheduler_name, u32 slot,
                         const std::function<void()>& expired)
    : scheduler_(scheduler) {
  const auto callback = [this, expired](Picoseconds) {
    cancel();
    expired();
  };
  relative_ = scheduler.add(scheduler_name, slot, callback);
  absolute_ = scheduler.add(scheduler_name, slot + 1, callback);
}

void DelayTimers::start(u32 delay, u32 absolute_delay) {
  const bool was_running = running();
  scheduler_.schedule_after(relative_, delay * kDelayUnit);
  if (!was_running && absolute_delay != 0) scheduler_.schedule_after(absolute_, absolute_delay * kDelayUnit);
}

void DelayTimers::cancel() {
  scheduler_.cancel(relative_);
  scheduler_.cancel(absolute_);
}

}  // namespace ringdown::e1000
