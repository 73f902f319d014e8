// What each workload runs, and how each remedy is put in force.
#include "frontend/lab/cost/cost_workloads.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "frontend/lab/lab_guests.h"
#include "frontend/lab/ordered_guest.h"

namespace ringdown {

namespace {

namespace fs = std::filesystem;

/// Rounds of which each workload takes a noticeable part of a second.
constexpr u32 kCalls = 100'000;
constexpr u32 kSwitches = 20'000;
constexpr u32 kFaults = 40'000;
constexpr u32 kPioCommands = 100;
constexpr u32 kDmaCommands = 2'000;
constexpr u32 kPagesOfProcess = 12;
/// More than any of the laboratory's own guests needs.
constexpr Ticks kOwnGuestEnds = 1'000'000'000;
/// Of a guest of the user's that does not end by itself.
constexpr Ticks kBootEnds = 3'000'000'000;

CostGuest ordered(std::string_view name, u32 work, u32 rounds, u64 operations_of_round = 1) {
  CostGuest guest;
  guest.options.machine = ordered_guest(name, work, rounds);
  guest.options.stop_after = kOwnGuestEnds;
  guest.operations = rounds * operations_of_round;
  return guest;
}

CostGuest calls(SystemCallWork work, u32 rounds) {
  return ordered("system-calls", static_cast<u32>(work), rounds);
}

CostGuest disk_reads(DiskWork work, u32 rounds, const ScratchDisk& disk) {
  CostGuest guest = ordered("disk-reads", static_cast<u32>(work), rounds, kSectorsOfRound);
  guest.options.machine.disks.push_back({.path = disk.path(), .read_only = true});
  return guest;
}

}  // namespace

std::vector<Remedy> remedies_of(Workload workload) {
  using enum Remedy;
  switch (workload) {
    case Workload::Boot:
      return {Usual, TrapAll, Nested};
    case Workload::Int80:
    case Workload::Sysenter:
      return {Usual, TrapAll, Ring3};
    case Workload::Switches:
      return {Usual, Nested, Ring3};
    case Workload::PageFaults:
      return {Usual, Strict, Lazy, Nested};
    case Workload::Churn:
      return {Usual, Strict, Lazy, Nested, Direct};
    case Workload::Pio:
    case Workload::Dma:
      return {Usual, Nested};
  }
  return {};
}

CostGuest guest_of(Workload workload, const CostRequest& request, const ScratchDisk& disk) {
  const auto rounds = [&](u32 whole) { return std::max(whole / request.divisor, 1u); };
  switch (workload) {
    case Workload::Boot: {
      CostGuest guest{request.boot.value_or(Options{}), 0};
      guest.options.stop_after = guest.options.stop_after.value_or(kBootEnds) / request.divisor;
      return guest;
    }
    case Workload::Int80:
      return calls(SystemCallWork::Int80, rounds(kCalls));
    case Workload::Sysenter:
      return calls(SystemCallWork::Sysenter, rounds(kCalls));
    case Workload::Switches:
      return ordered("address-spaces", kPagesOfProcess, rounds(kSwitches));
    case Workload::PageFaults:
      return calls(SystemCallWork::TouchPage, rounds(kFaults));
    case Workload::Churn: {
      CostGuest guest;
      guest.options.machine = lab_guest_config(*find_lab_guest("paging"));
      guest.options.stop_after = kOwnGuestEnds;
      return guest;
    }
    case Workload::Pio:
      return disk_reads(DiskWork::Pio, rounds(kPioCommands), disk);
    case Workload::Dma:
      return disk_reads(DiskWork::Dma, rounds(kDmaCommands), disk);
  }
  return {};
}

void apply(Remedy remedy, MachineConfig& config) {
  switch (remedy) {
    case Remedy::Usual:
      return;
    case Remedy::TrapAll:
      return config.policy.trap_unobservable();
    case Remedy::Strict:
      config.paging.sync = ShadowSync::Strict;
      return;
    case Remedy::Lazy:
      config.paging.sync = ShadowSync::Lazy;
      return;
    case Remedy::Nested:
      config.paging.technique = Technique::Nested;
      return;
    case Remedy::Direct:
      config.paging.technique = Technique::Direct;
      return;
    case Remedy::Ring3:
      config.deprivilege = Deprivilege::Ring3;
      return;
  }
}

std::optional<Options> cached_boot() {
  const auto folder = []() -> fs::path {
    if (const char* const cache = std::getenv("RINGDOWN_CACHE")) return cache;
    if (const char* const cache = std::getenv("XDG_CACHE_HOME")) return fs::path(cache) / "ringdown";
    const char* const home = std::getenv("HOME");
    return fs::path(home != nullptr ? home : ".") / ".cache" / "ringdown";
  };
  const fs::path kernel = folder() / "guests" / "linux-686" / "vmlinuz";
  std::error_code error;
  if (!fs::is_regular_file(kernel, error)) return {};
  Options options;
  options.kernel.kernel_path = kernel.string();
  options.kernel.command_line = "cryptomgr.notests panic=-1";
  return options;
}

}  // namespace ringdown
