// Drives a machine: slices, time, pauses, and what ends a run.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "frontend/doorbell.h"
#include "frontend/machine/machine.h"
#include "frontend/pacer.h"
#include "frontend/speed.h"

namespace ringdown {

/// What ended a run; the names stand in --stats.
#define RINGDOWN_END_REASONS(X)                       \
  X(PowerOff, "power-off", 0)                         \
  X(Exit, "exit", 0) /* the guest gives the status */ \
  X(Quit, "quit", 0)                                  \
  X(StopAfter, "stop-after", 0)                       \
  X(HostError, "host-error", 1)                       \
  X(Refused, "refused", 2)                            \
  X(TripleFault, "triple-fault", 3)                   \
  X(Reset, "reset", 4)                                \
  X(ShadowDifference, "shadow-difference", 5)         \
  X(Invariant, "invariant", 6)

enum class EndReason : u8 {
#define RINGDOWN_END_ENUMERATOR(id, name, status) id,
  RINGDOWN_END_REASONS(RINGDOWN_END_ENUMERATOR)
#undef RINGDOWN_END_ENUMERATOR
};
std::string_view name_of(EndReason reason);

struct RunEnd {
  EndReason reason = EndReason::Quit;
  int status = 0;       // of the process
  std::string message;  // for the user; may have several lines
};

/// Somebody who works with the machine between its slices, on its thread.
class RunnerCompanion {
 public:
  virtual ~RunnerCompanion() = default;
  /// Called between slices, and repeatedly while the machine stands still.
  virtual void turn() = 0;
  /// The machine must not run now.
  virtual bool holds() const { return false; }
  /// A breakpoint, a watchpoint or a triple fault stopped the machine; true if the companion takes care of
  /// it.
  virtual bool stopped(const Stop& stop) {
    static_cast<void>(stop);
    return false;
  }
};

class Runner {
 public:
  struct Settings {
    bool real_time = false;
    Speed speed;
    bool turbo = false;  // begins without holding that speed
    MissedTicks missed_ticks = MissedTicks::Slew;
    bool no_reboot = false;
    std::optional<Ticks> stop_after;
    Ticks audit_every = 0;
    std::function<void(const std::string&)> notice;  // tells the user something while the run goes on
  };

  Runner(Machine& machine, const Settings& settings);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void add_companion(RunnerCompanion& companion) { companions_.push_back(&companion); }

  /// Runs the machine on this thread until something ends it.
  RunEnd run();

  // From any thread:
  /// Ends the run at the next boundary.
  void quit();
  /// Runs `job` on the machine's thread between slices.
  void call(std::function<void()> job);
  /// Something has arrived that a companion waits for.
  void ring() { doorbell_.ring(); }

  // On the machine's thread:
  void pause() { paused_ = true; }
  void resume() { paused_ = false; }
  bool paused() const { return paused_; }
  /// The speed that is held while turbo is off. Every change is an input of the machine.
  void set_speed(Speed speed);
  void set_turbo(bool turbo);
  bool turbo() const { return turbo_; }
  /// What is held now, for people.
  std::string speed_text() const;
  /// Runs `count` instructions and pauses; `done` is called then, or when something stops them early.
  void step(Ticks count, std::function<void(const Stop&)> done);
  void cancel_step();
  void end(RunEnd end);

  Ticks first_tick() const { return first_tick_; }
  /// Host time since the start, and of it the time spent running.
  double host_seconds() const;
  double busy_seconds() const;

 private:
  void take_turns();
  bool held() const;
  bool tell_companions(const Stop& stop);
  Ticks limit() const;
  void run_slice();
  void handle(const Stop& stop);
  void limit_reached();
  void reset();
  void idle(Picoseconds wake_time);
  void wait_for_disk();
  /// Tells once that the guest has halted in a way that none of its own interrupts ends.
  void tell_if_dead();
  void sleep_until(Doorbell::Clock::time_point time);
  /// Finds the rate at which the guest keeps up.
  void pace(Ticks ticks, Pacer::HostDuration busy);
  /// Waits where the guest is ahead of the host, or until the doorbell rings.
  void hold_back();
  std::optional<u64> governed_rate() const;
  void apply_speed();
  void post_rate(u64 rate);
  void audit();
  void finish_step(const Stop& stop);
  void restart_clock();

  Machine& machine_;
  Settings settings_;
  Speed speed_;
  bool turbo_;
  Pacer pacer_;
  Doorbell doorbell_;
  std::mutex mutex_;
  std::vector<std::function<void()>> jobs_;  // guarded by mutex_
  std::vector<RunnerCompanion*> companions_;
  std::optional<RunEnd> end_;
  bool paused_ = false;
  bool was_held_ = false;
  bool told_dead_ = false;
  std::optional<Ticks> step_end_;
  std::function<void(const Stop&)> step_done_;
  const Ticks first_tick_;
  Ticks next_audit_;
  Doorbell::Clock::time_point started_;
  Pacer::HostDuration busy_{0};
};

}  // namespace ringdown
