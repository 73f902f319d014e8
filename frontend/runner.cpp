// The loop around Machine::run.
#include "frontend/runner.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "frontend/fault_story.h"

namespace ringdown {

namespace {

using Nanoseconds = Pacer::HostDuration;
using Clock = Doorbell::Clock;

/// In instruction mode: how long an input may wait.
constexpr Ticks kInstructionSlice = 1'000'000;
constexpr std::chrono::milliseconds kLongestTurnless{30};
constexpr std::chrono::milliseconds kLongestSleep{10'000};
/// Differences shown of an audit.
constexpr std::size_t kShownDifferences = 10;

int status_of(EndReason reason) {
  static constexpr std::array kStatus{
#define RINGDOWN_END_STATUS(id, name, status) status,
      RINGDOWN_END_REASONS(RINGDOWN_END_STATUS)
#undef RINGDOWN_END_STATUS
  };
  return kStatus[static_cast<std::size_t>(reason)];
}

}  // namespace

std::string_view name_of(EndReason reason) {
  static constexpr std::array kNames{
#define RINGDOWN_END_NAME(id, name, status) std::string_view(name),
      RINGDOWN_END_REASONS(RINGDOWN_END_NAME)
#undef RINGDOWN_END_NAME
  };
  return kNames[static_cast<std::size_t>(reason)];
}

Runner::Runner(Machine& machine, const Settings& settings)
    : machine_(machine),
      settings_(settings),
      speed_(settings.speed),
      turbo_(settings.turbo),
      pacer_(settings.missed_ticks),
      first_tick_(machine.ticks()),
      next_audit_(machine.ticks() + settings.audit_every),
      started_(Clock::now()) {
  machine_.inputs().set_wake([this] { ring(); });
  machine_.set_disk_wake([this] { ring(); });
  // A machine that begins has its rate; one that was restored may have another.
  if (governed_rate()) apply_speed();
}

Runner::~Runner() {
  machine_.inputs().set_wake({});
  machine_.set_disk_wake({});
}

RunEnd Runner::run() {
  restart_clock();
  while (true) {
    take_turns();
    if (end_) return *end_;
    if (held()) {
      was_held_ = true;
      sleep_until(Clock::time_point::max());
      continue;
    }
    if (was_held_) restart_clock();
    run_slice();
    if (end_) return *end_;
  }
}

void Runner::quit() {
  call([this] { end({EndReason::Quit, status_of(EndReason::Quit), {}}); });
}

void Runner::call(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  ring();
}

void Runner::end(RunEnd end) {
  if (!end_) end_ = std::move(end);
}

void Runner::step(Ticks count, std::function<void(const Stop&)> done) {
  step_end_ = machine_.ticks() + count;
  step_done_ = std::move(done);
  paused_ = false;
}

void Runner::cancel_step() {
  step_end_.reset();
  step_done_ = {};
}

void Runner::finish_step(const Stop& stop) {
  paused_ = true;
  step_end_.reset();
  if (step_done_) std::exchange(step_done_, {})(stop);
}

double Runner::host_seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }
double Runner::busy_seconds() const { return std::chrono::duration<double>(busy_).count(); }

std::optional<u64> Runner::governed_rate() const {
  return turbo_ ? std::nullopt : speed_.instructions_per_second;
}

void Runner::post_rate(u64 rate) {
  std::vector<u8> payload(sizeof(rate));
  std::memcpy(payload.data(), &rate, sizeof(rate));
  machine_.inputs().post(InputChannel::ClockRate, std::move(payload));
}

void Runner::apply_speed() {
  const std::optional<u64> governed = governed_rate();
  pacer_.govern(governed);
  // In real time an ungoverned rate follows the host from where it is.
  if (!governed && settings_.real_time) return;
  const u64 rate = governed.value_or(kUngovernedTicksPerSecond);
  if (rate != machine_.scheduler().ticks_per_second()) post_rate(rate);
}

void Runner::set_speed(Speed speed) {
  speed_ = std::move(speed);
  turbo_ = false;
  apply_speed();
}

void Runner::set_turbo(bool turbo) {
  turbo_ = turbo;
  apply_speed();
}

std::string Runner::speed_text() const {
  if (!speed_.instructions_per_second) return describe(speed_);
  return turbo_ ? fmt::format("turbo, {} held back", speed_.name) : describe(speed_);
}

void Runner::restart_clock() {
  was_held_ = false;
  pacer_.restart(Clock::now(), machine_.scheduler().now());
}

void Runner::take_turns() {
  std::vector<std::function<void()>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(jobs_);
  }
  for (const auto& job : jobs) job();
  for (RunnerCompanion* const companion : companions_) companion->turn();
}

bool Runner::held() const {
  return paused_ || std::any_of(companions_.begin(), companions_.end(),
                                [](const auto* companion) { return companion->holds(); });
}

bool Runner::tell_companions(const Stop& stop) {
  return std::any_of(companions_.begin(), companions_.end(),
                     [&](auto* companion) { return companion->stopped(stop); });
}

Ticks Runner::limit() const {
  const Ticks slice =
      settings_.real_time ? Pacer::slice_at(machine_.scheduler().ticks_per_second()) : kInstructionSlice;
  Ticks limit = machine_.ticks() + slice;
  if (settings_.stop_after) limit = std::min(limit, *settings_.stop_after);
  if (settings_.audit_every != 0) limit = std::min(limit, next_audit_);
  if (step_end_) limit = std::min(limit, *step_end_);
  return limit;
}

void Runner::run_slice() {
  if (settings_.stop_after && machine_.ticks() >= *settings_.stop_after) return limit_reached();
  const Ticks before = machine_.ticks();
  const Clock::time_point start = Clock::now();
  const Stop stop = machine_.run(limit());
  const Nanoseconds busy = Clock::now() - start;
  busy_ += busy;
  if (settings_.real_time) {
    pace(machine_.ticks() - before, busy);
    // What sleeps until the doorbell rings must not find that the ring has ended another wait.
    if (stop.reason != StopReason::Idle && stop.reason != StopReason::Waiting) hold_back();
  }
  handle(stop);
}

void Runner::pace(Ticks ticks, Nanoseconds busy) {
  Scheduler& scheduler = machine_.scheduler();
  const u64 rate = scheduler.ticks_per_second();
  const u64 wanted = pacer_.ran(ticks, busy, Clock::now(), scheduler.now(), rate);
  if (wanted != rate) post_rate(wanted);
}

void Runner::hold_back() {
  const Clock::time_point now = Clock::now();
  if (const Nanoseconds wait = pacer_.wait(now, machine_.scheduler().now()); wait > Nanoseconds(0))
    doorbell_.wait_until(now + wait);
}

void Runner::handle(const Stop& stop) {
  switch (stop.reason) {
    case StopReason::Limit:
      return limit_reached();
    case StopReason::Idle:
      return idle(stop.wake_time);
    case StopReason::Waiting:
      return wait_for_disk();
    case StopReason::PowerOff:
      return end({EndReason::PowerOff, status_of(EndReason::PowerOff), {}});
    case StopReason::Exit:
      return end({EndReason::Exit, stop.exit_code, {}});
    case StopReason::Reset:
      if (settings_.no_reboot) {
        return end(
            {EndReason::Reset, status_of(EndReason::Reset), "the guest asked for a reset (--no-reboot)"});
      }
      return reset();
    case StopReason::TripleFault:
      if (tell_companions(stop)) return;
      if (settings_.no_reboot) {
        return end({EndReason::TripleFault, status_of(EndReason::TripleFault), triple_fault_story(machine_)});
      }
      machine_.log().write(LogCategory::Cpu, "{}", triple_fault_story(machine_));
      told_dead_ = false;
      return machine_.restart();
    case StopReason::Breakpoint:
    case StopReason::Watchpoint:
      if (step_end_) return finish_step(stop);
      return tell_companions(stop) ? void() : pause();
    case StopReason::Refused:
      return end({EndReason::Refused, status_of(EndReason::Refused), machine_.refusal()});
    case StopReason::Invariant:
      return end({EndReason::Invariant, status_of(EndReason::Invariant),
                  "guest code was about to run at physical ring 0: a defect of Ringdown, please report it"});
  }
}

void Runner::limit_reached() {
  if (settings_.audit_every != 0 && machine_.ticks() >= next_audit_) audit();
  if (settings_.stop_after && machine_.ticks() >= *settings_.stop_after) {
    end({EndReason::StopAfter, status_of(EndReason::StopAfter), {}});
  }
  if (step_end_ && machine_.ticks() >= *step_end_) finish_step({});
}

void Runner::reset() {
  told_dead_ = false;
  machine_.reset();
}

void Runner::tell_if_dead() {
  const SystemView& guest = machine_.processor().guest_view();
  if (told_dead_ || !settings_.notice || (guest.state.flags & eflags::kIf) != 0) return;
  told_dead_ = true;
  settings_.notice(
      fmt::format("the guest has halted with interrupts off, after {} instructions at {:04x}:{:08x}: "
                  "nothing but a reset or an NMI wakes it",
                  machine_.ticks(), guest.state.segment(Segment::Cs).selector, guest.registers.eip));
}

void Runner::idle(Picoseconds wake_time) {
  tell_if_dead();
  Scheduler& scheduler = machine_.scheduler();
  const bool wakes = wake_time != kNeverTime;
  if (step_end_ && !wakes) return finish_step({StopReason::Idle, 0, wake_time});
  // Steps do not wait for the host's clock.
  if (wakes && (step_end_ || !settings_.real_time)) return scheduler.skip_to(wake_time);
  if (!wakes) {
    sleep_until(Clock::time_point::max());
  } else if (pacer_.guest_time(Clock::now()) < wake_time) {
    sleep_until(pacer_.host_time(wake_time));
  }
  if (!settings_.real_time) return;
  const Clock::time_point now = Clock::now();
  scheduler.skip_to(std::min(pacer_.guest_time(now), wake_time));
  pacer_.idled(now, scheduler.now());
}

void Runner::wait_for_disk() {
  const Clock::time_point since = Clock::now();
  sleep_until(Clock::time_point::max());
  // The guest's time stands still meanwhile: that is no lag to be made up.
  pacer_.waited(Clock::now() - since);
}

// Companions get their turns also from a machine that stands still.
void Runner::sleep_until(Clock::time_point time) {
  if (companions_.empty() && time == Clock::time_point::max()) return doorbell_.wait();
  doorbell_.wait_until(
      std::min(time, Clock::now() + (companions_.empty() ? kLongestSleep : kLongestTurnless)));
}

void Runner::audit() {
  next_audit_ = machine_.ticks() + settings_.audit_every;
  const std::vector<std::string> differences = machine_.monitor()->paging().audit();
  if (differences.empty()) return;
  std::string message = fmt::format("--audit-shadow: {} differences after {} instructions",
                                    differences.size(), machine_.ticks());
  for (std::size_t i = 0; i < std::min(differences.size(), kShownDifferences); ++i)
    message += "\n  " + differences[i];
  end({EndReason::ShadowDifference, status_of(EndReason::ShadowDifference), std::move(message)});
}

}  // namespace ringdown
