// Runs guests that look like kernels, and keeps what they say.
#include "frontend/lab/report/kernel_stories.h"

#include <fmt/core.h>

#include "frontend/runner.h"

namespace ringdown {

namespace {

/// Far more than any of them needs.
constexpr Ticks kWithin = 10'000'000;

std::string end_text(const RunEnd& end) {
  if (end.reason == EndReason::Exit) return fmt::format("exit status {}", end.status);
  if (end.reason == EndReason::StopAfter) return fmt::format("still running after {} instructions", kWithin);
  return std::string(name_of(end.reason));
}

Result<KernelStory> tell(MachineConfig config) {
  KernelStory story;
  config.debug_console = [&story](u8 character) { story.output += static_cast<char>(character); };
  Log log;
  const Result<std::unique_ptr<Machine>> machine = Machine::create(config, log);
  if (!machine) return machine.error();
  Runner::Settings settings;
  settings.no_reboot = true;
  settings.stop_after = kWithin;
  story.end = end_text(Runner(**machine, settings).run());
  return story;
}

}  // namespace

Result<KernelStory> tell_bare(const LabGuest& guest) {
  MachineConfig config = lab_guest_config(guest);
  config.mode = RunMode::Bare;
  return tell(std::move(config));
}

Result<KernelStory> tell_let_through(const LabGuest& guest) {
  MachineConfig config = lab_guest_config(guest);
  if (const Result<void> known = config.policy.let_through(guest.instruction); !known) return known.error();
  return tell(std::move(config));
}

}  // namespace ringdown
