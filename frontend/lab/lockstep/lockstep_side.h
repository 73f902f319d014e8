// One of the machines that run side by side: no host time, no inputs, and everything it says is kept.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "frontend/machine/machine.h"

namespace ringdown {

/// How a machine came to its end, or that it has not.
#define RINGDOWN_SIDE_ENDS(X)                   \
  X(None, "runs")                               \
  X(PowerOff, "power-off")                      \
  X(Exit, "exit")                               \
  X(Reset, "reset")                             \
  X(TripleFault, "triple fault")                \
  X(Dead, "halted with interrupts off")         \
  X(Asleep, "halted, and nothing wakes it")     \
  X(Refused, "refused by the paging technique") \
  X(Invariant, "guest code at physical ring 0")

enum class SideEnd : u8 {
#define RINGDOWN_SIDE_ENUMERATOR(id, name) id,
  RINGDOWN_SIDE_ENDS(RINGDOWN_SIDE_ENUMERATOR)
#undef RINGDOWN_SIDE_ENUMERATOR
};
std::string_view name_of(SideEnd end);

class LockstepSide {
 public:
  /// The machine of `config`, with serial lines on COM1 and COM2. The error is that of the machine that could
  /// not be built.
  static Result<std::unique_ptr<LockstepSide>> create(MachineConfig config);

  Machine& machine() { return *machine_; }
  /// Runs until `ticks` have retired in total, a debugger's breakpoint, or the end. Halted time passes at
  /// once.
  void run_to(Ticks ticks);
  SideEnd end() const { return end_; }
  bool ended() const { return end_ != SideEnd::None; }
  bool at_breakpoint() const { return at_breakpoint_; }
  /// After an exit: its code.
  u8 exit_code() const { return exit_code_; }
  /// "power-off", "exit 3".
  std::string end_text() const;
  /// What the guest sent to its serial lines and to port 402h, in the order in which it did.
  const std::string& output() const { return output_->text; }

  /// For tests: at `ticks`, before anything else sees the machine there.
  void call_at(Ticks ticks, std::function<void(Machine&)> change) {
    changes_.emplace(ticks, std::move(change));
  }
  /// Lives as long as the machine.
  void keep(std::shared_ptr<void> companion) { companion_ = std::move(companion); }

 private:
  class Output final : public SerialBackend {
   public:
    void transmit(std::span<const u8> characters) override {
      text.append(characters.begin(), characters.end());
    }
    std::string text;
  };

  LockstepSide() = default;
  void run_slice(Ticks ticks);
  void handle(const Stop& stop);
  void idle(Picoseconds wake_time);

  Log log_;
  std::unique_ptr<Output> output_ = std::make_unique<Output>();
  std::shared_ptr<void> companion_;
  std::unique_ptr<Machine> machine_;
  std::multimap<Ticks, std::function<void(Machine&)>> changes_;
  SideEnd end_ = SideEnd::None;
  bool at_breakpoint_ = false;
  u8 exit_code_ = 0;
  Ticks asleep_at_ = ~Ticks{0};
  Picoseconds asleep_since_ = 0;
};

}  // namespace ringdown
