// Runs a guest until the journeys that are asked for have been made.
#include "frontend/lab/journey/journey_lab.h"

#include <fmt/core.h>

#include "frontend/cli/output_files.h"
#include "frontend/lab/journey/journey_recorder.h"
#include "frontend/lab/lab_machine.h"
#include "frontend/lab/ordered_guest.h"
#include "frontend/runner.h"

namespace ringdown {

namespace {

constexpr int kUserMistake = 2;
constexpr int kNeverCame = 3;
/// Rounds of the laboratory's own guest, and after how many of them its caches are warm.
constexpr u32 kRounds = 64;
constexpr u64 kWarm = 16;
constexpr Ticks kOwnGuestEnds = 10'000'000;

/// Ends the run once everything has been followed.
class EndWhenDone final : public RunnerCompanion {
 public:
  EndWhenDone(Runner& runner, JourneyRecorder& recorder) : runner_(runner), recorder_(recorder) {
    runner_.add_companion(*this);
  }
  void turn() override {
    if (recorder_.done()) runner_.end({});
  }

 private:
  Runner& runner_;
  JourneyRecorder& recorder_;
};

std::string why_missing(JourneyKind kind, u64 seen, u64 skip, const RunEnd& end, Ticks ticks) {
  const std::string text =
      fmt::format("{}: none was followed in {} instructions (the run's end: {}); the guest made ",
                  name_of(kind), ticks, name_of(end.reason));
  if (seen == 0) return text + "none at ring 3: --within";
  if (seen <= skip) return text + fmt::format("{}, all of which --skip {} passes over", seen, skip);
  return text + fmt::format("{}, and none came back: --within", seen);
}

}  // namespace

JourneyRequest own_journey(const std::vector<JourneyKind>& kinds, bool cold) {
  JourneyRequest request{kinds, {}, cold ? 0 : kWarm, kOwnGuestEnds};
  const u32 work = static_cast<u32>(SystemCallWork::Int80) | static_cast<u32>(SystemCallWork::Sysenter) |
                   static_cast<u32>(SystemCallWork::TouchPage);
  request.guest.machine = ordered_guest("system-calls", work, kRounds);
  // Every store to a page table traps, as in the monitor of the lectures.
  request.guest.machine.paging.sync = ShadowSync::Strict;
  return request;
}

Result<JourneyResult> follow_journeys(const JourneyRequest& request) {
  MachineConfig config = request.guest.machine;
  NullSerialBackend line;
  config.serial_backends[0] = &line;
  Log log;
  Result<std::unique_ptr<Machine>> machine = make_lab_machine(std::move(config), request.guest.kernel, log);
  if (!machine) return machine.error();
  JourneyRecorder recorder(**machine, request.kinds, request.skip);
  TrapWatcher watcher(**machine, recorder);
  Runner::Settings settings;
  settings.no_reboot = true;
  settings.stop_after = request.within;
  Runner runner(**machine, settings);
  EndWhenDone companion(runner, recorder);
  const RunEnd end = runner.run();
  JourneyResult result;
  const bool all = recorder.done();
  result.journeys = recorder.take();
  if (all) return result;
  for (const JourneyKind kind : request.kinds) {
    const auto is_it = [&](const Journey& journey) { return journey.kind == kind; };
    if (std::ranges::none_of(result.journeys, is_it))
      result.missing.push_back(
          why_missing(kind, recorder.seen(kind), request.skip, end, (*machine)->ticks()));
  }
  return result;
}

int run_journey_lab(const JourneyLab& lab) {
  const Result<JourneyResult> result = follow_journeys(lab.request);
  const auto complain = [](const std::string& line) {
    fmt::print(stderr, "ringdown: lab journey: {}\n", line);
  };
  if (!result) {
    complain(result.error().message);
    return kUserMistake;
  }
  for (const std::string& line : result->missing) complain(line);
  if (lab.json) fmt::print("{}", journeys_json(result->journeys));
  if (!lab.json && lab.svg_path.empty()) {
    for (std::size_t i = 0; i < result->journeys.size(); ++i)
      fmt::print("{}{}", i == 0 ? "" : "\n", journey_text(result->journeys[i]));
  }
  if (!lab.svg_path.empty()) {
    const std::string svg = journeys_svg(result->journeys);
    if (const Result<void> written = write_whole_file(lab.svg_path, std::as_bytes(std::span(svg)));
        !written) {
      complain(written.error().message);
      return kUserMistake;
    }
  }
  return result->missing.empty() ? 0 : kNeverCame;
}

}  // namespace ringdown
