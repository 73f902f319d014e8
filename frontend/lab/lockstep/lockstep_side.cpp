// Runs one of the machines that run side by side.
#include "frontend/lab/lockstep/lockstep_side.h"

#include <fmt/core.h>

#include <array>

namespace ringdown {

namespace {

/// A guest that takes no interrupt for so long sleeps for ever: clocks go on ticking that it does not listen
/// to.
constexpr Picoseconds kForever = milliseconds(600'000);

}  // namespace

std::string_view name_of(SideEnd end) {
  static constexpr std::array kNames{
#define RINGDOWN_SIDE_NAME(id, name) std::string_view(name),
      RINGDOWN_SIDE_ENDS(RINGDOWN_SIDE_NAME)
#undef RINGDOWN_SIDE_NAME
  };
  return kNames[static_cast<std::size_t>(end)];
}

Result<std::unique_ptr<LockstepSide>> LockstepSide::create(MachineConfig config) {
  constexpr std::size_t kLines = 2;
  std::unique_ptr<LockstepSide> side(new LockstepSide);
  Output* const output = side->output_.get();
  for (std::size_t port = 0; port < kLines; ++port) config.serial_backends[port] = output;
  config.debug_console = [output](u8 character) { output->text += static_cast<char>(character); };
  Result<std::unique_ptr<Machine>> machine = Machine::create(config, side->log_);
  if (!machine) return machine.error();
  side->machine_ = std::move(*machine);
  return side;
}

void LockstepSide::run_to(Ticks ticks) {
  at_breakpoint_ = false;
  while (!ended() && !at_breakpoint_ && machine_->ticks() < ticks) {
    const auto change = changes_.upper_bound(machine_->ticks());
    const Ticks next = change == changes_.end() ? ticks : std::min(ticks, change->first);
    run_slice(next);
    const auto [begin, last] = changes_.equal_range(machine_->ticks());
    if (machine_->ticks() != next) continue;
    for (auto due = begin; due != last; ++due) due->second(*machine_);
  }
}

void LockstepSide::run_slice(Ticks ticks) { handle(machine_->run(ticks)); }

void LockstepSide::handle(const Stop& stop) {
  switch (stop.reason) {
    case StopReason::Limit:
    case StopReason::Waiting:
    case StopReason::Watchpoint:
      return;
    case StopReason::Idle:
      return idle(stop.wake_time);
    case StopReason::PowerOff:
      end_ = SideEnd::PowerOff;
      return;
    case StopReason::Exit:
      end_ = SideEnd::Exit;
      exit_code_ = stop.exit_code;
      return;
    case StopReason::Reset:
      end_ = SideEnd::Reset;
      return;
    case StopReason::TripleFault:
      end_ = SideEnd::TripleFault;
      return;
    case StopReason::Breakpoint:
      at_breakpoint_ = true;
      return;
    case StopReason::Refused:
      end_ = SideEnd::Refused;
      return;
    case StopReason::Invariant:
      end_ = SideEnd::Invariant;
      return;
  }
}

void LockstepSide::idle(Picoseconds wake_time) {
  if ((machine_->processor().guest_view().state.flags & eflags::kIf) == 0) {
    end_ = SideEnd::Dead;
    return;
  }
  const Picoseconds now = machine_->scheduler().now();
  if (asleep_at_ != machine_->ticks()) {
    asleep_at_ = machine_->ticks();
    asleep_since_ = now;
  }
  if (wake_time == kNeverTime || now - asleep_since_ > kForever) {
    end_ = SideEnd::Asleep;
    return;
  }
  machine_->skip_to(wake_time);
}

std::string LockstepSide::end_text() const {
  return end_ == SideEnd::Exit ? fmt::format("exit {}", exit_code_) : std::string(name_of(end_));
}

}  // namespace ringdown
