// Runs a guest once to be looked at, and some times to be timed.
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <limits>
#include <span>

#include "cpu/monitor/vtx_exits.h"
#include "frontend/lab/cost/cost_timeline.h"
#include "frontend/lab/cost/cost_workloads.h"
#include "frontend/lab/lab_machine.h"
#include "frontend/lab/ordered_guest.h"
#include "frontend/lab/trap_watcher.h"
#include "frontend/runner.h"

namespace ringdown {

namespace {

/// Adds up what traps took.
class CostAccount final : public TrapSink {
 public:
  explicit CostAccount(CostResult& result) : result_(result) {
    result_.by_instruction.resize(instruction_table().size());
  }
  void trap_begins(const WatchedTrap&) override {}
  void trap_ends(const WatchedTrap& trap) override {
    result_.causes[static_cast<std::size_t>(trap.cause)].add(trap.inside_ns);
    if (trap.cause == TrapCause::Sensitive || trap.cause == TrapCause::Privileged)
      result_.by_instruction[trap.op->instruction].add(trap.inside_ns);
  }

 private:
  CostResult& result_;
};

/// A machine with a guest, and what runs it to its end.
class CostRun {
 public:
  static Result<std::unique_ptr<CostRun>> create(const CostGuest& guest, MachineConfig config) {
    auto run = std::unique_ptr<CostRun>(new CostRun);
    config.serial_backends[0] = &run->line_;
    Result<std::unique_ptr<Machine>> machine =
        make_lab_machine(std::move(config), guest.options.kernel, run->log_);
    if (!machine) return machine.error();
    run->machine_ = std::move(*machine);
    Runner::Settings settings;
    settings.no_reboot = true;
    settings.stop_after = guest.options.stop_after;
    run->runner_ = std::make_unique<Runner>(*run->machine_, settings);
    return run;
  }
  Machine& machine() { return *machine_; }
  Runner& runner() { return *runner_; }
  /// Of the host's processor, while it ran: other programs' are not in it.
  double seconds() const { return seconds_; }
  /// The error is that of a run which says nothing about the guest.
  Result<void> finish() {
    const std::clock_t before = std::clock();
    const RunEnd end = runner_->run();
    seconds_ = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    if (!is_defect(end.reason)) return {};
    return Error{fmt::format("the run ended by {}: {}", name_of(end.reason), end.message)};
  }

 private:
  CostRun() = default;
  Log log_;
  NullSerialBackend line_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Runner> runner_;
  double seconds_ = 0;
};

MachineConfig config_of(const CostGuest& guest, Remedy remedy) {
  MachineConfig config = guest.options.machine;
  apply(remedy, config);
  return config;
}

Result<CostResult> count(Workload workload, Remedy remedy, const CostGuest& guest) {
  CostResult result;
  result.workload = workload;
  result.remedy = remedy;
  result.operations = guest.operations;
  Result<std::unique_ptr<CostRun>> run = CostRun::create(guest, config_of(guest, remedy));
  if (!run) return run.error();
  Machine& machine = (*run)->machine();
  CostAccount account(result);
  CostTimelineRecorder timeline(machine);
  if (workload == Workload::Boot && remedy == Remedy::Usual) (*run)->runner().add_companion(timeline);
  {
    TrapWatcher watcher(machine, account);
    if (const Result<void> finished = (*run)->finish(); !finished) return finished.error();
    watcher.flush();
  }
  const MonitorStatistics& statistics = machine.monitor()->statistics();
  result.instructions = machine.ticks();
  result.emulated = statistics.emulated;
  result.exits_under_vtx = exits_under_vtx(statistics, machine.monitor()->paging().technique());
  if (workload == Workload::Boot && remedy == Remedy::Usual) result.timeline = timeline.take();
  return result;
}

struct Timed {
  double seconds = std::numeric_limits<double>::infinity();
  u64 instructions = 0;
};

/// Runs it once more, and keeps the shorter time.
Result<void> time_again(const CostGuest& guest, MachineConfig config, Timed& timed) {
  Result<std::unique_ptr<CostRun>> run = CostRun::create(guest, std::move(config));
  if (!run) return run.error();
  if (const Result<void> finished = (*run)->finish(); !finished) return finished.error();
  timed.seconds = std::min(timed.seconds, (*run)->seconds());
  timed.instructions = (*run)->machine().ticks();
  return {};
}

/// Each repetition goes round all of them, so that what else the host does falls on all alike.
Result<void> time_all(const CostGuest& guest, unsigned repeats, std::span<CostResult> results) {
  MachineConfig bare_config = guest.options.machine;
  bare_config.mode = RunMode::Bare;
  Timed bare;
  std::vector<Timed> timed(results.size());
  for (unsigned i = 0; i < repeats; ++i) {
    if (Result<void> ran = time_again(guest, bare_config, bare); !ran) return ran;
    for (std::size_t which = 0; which < results.size(); ++which) {
      const MachineConfig config = config_of(guest, results[which].remedy);
      if (Result<void> ran = time_again(guest, config, timed[which]); !ran) return ran;
    }
  }
  for (std::size_t which = 0; which < results.size(); ++which) {
    results[which].host_seconds = timed[which].seconds;
    results[which].bare_host_seconds = bare.seconds;
    results[which].bare_instructions = bare.instructions;
  }
  return {};
}

/// As many sectors as 64 commands read (roms/lab/disk_reads.asm), the same in every run.
std::vector<std::byte> readable_sectors() {
  constexpr std::size_t kSector = 512;
  std::vector<std::byte> content(std::size_t{64} * kSectorsOfRound * kSector);
  u32 value = 1;
  for (std::byte& byte : content) {
    value = value * 1'103'515'245u + 12'345u;
    byte = static_cast<std::byte>(value >> 24);
  }
  return content;
}

Result<std::vector<CostResult>> measure(Workload workload, const CostRequest& request,
                                        const ScratchDisk& disk) {
  const CostGuest guest = guest_of(workload, request, disk);
  std::vector<CostResult> results;
  for (const Remedy remedy : remedies_of(workload)) {
    Result<CostResult> result = count(workload, remedy, guest);
    if (!result)
      return Error{fmt::format("{}, {}: {}", name_of(workload), name_of(remedy), result.error().message)};
    results.push_back(std::move(*result));
  }
  const unsigned repeats = request.repeats.value_or(workload == Workload::Boot ? 1 : 3);
  if (const Result<void> timed = time_all(guest, repeats, results); !timed)
    return Error{fmt::format("{}: {}", name_of(workload), timed.error().message)};
  return results;
}

}  // namespace

Result<std::vector<CostResult>> measure_costs(const CostRequest& request) {
  const Result<ScratchDisk> disk = ScratchDisk::create(readable_sectors());
  if (!disk) return disk.error();
  std::vector<CostResult> all;
  for (const Workload workload : request.workloads) {
    Result<std::vector<CostResult>> results = measure(workload, request, *disk);
    if (!results) return results.error();
    std::ranges::move(*results, std::back_inserter(all));
  }
  return all;
}

}  // namespace ringdown
