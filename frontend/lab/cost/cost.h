// What traps cost: the same work of a guest with and without each remedy, beside the bare processor.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cpu/monitor/statistics.h"
#include "frontend/cli/options.h"

namespace ringdown {

/// What a guest is made to do: name on the command line and in JSON, what it is, one of what is counted.
#define RINGDOWN_COST_WORKLOADS(X)                                                      \
  X(Boot, "boot", "a kernel starts", "")                                                \
  X(Int80, "int80", "system calls by INT 80h", "call")                                  \
  X(Sysenter, "sysenter", "system calls by SYSENTER", "call")                           \
  X(Switches, "context-switches", "loads of CR3 between four processes", "switch")      \
  X(PageFaults, "page-faults", "pages mapped when touched, and taken back", "fault")    \
  X(Churn, "page-tables", "address spaces created, forked, unmapped and torn down", "") \
  X(Pio, "pio", "disk sectors read word by word", "sector")                             \
  X(Dma, "dma", "disk sectors read by bus-master DMA", "sector")

enum class Workload : u8 {
#define RINGDOWN_COST_WORKLOAD(id, name, text, unit) id,
  RINGDOWN_COST_WORKLOADS(RINGDOWN_COST_WORKLOAD)
#undef RINGDOWN_COST_WORKLOAD
};
#define RINGDOWN_COST_WORKLOAD(id, name, text, unit) Workload::id,
inline constexpr std::array kWorkloads{RINGDOWN_COST_WORKLOADS(RINGDOWN_COST_WORKLOAD)};
#undef RINGDOWN_COST_WORKLOAD
std::string_view name_of(Workload workload);
std::string_view describe(Workload workload);
std::string_view unit_of(Workload workload);  // empty: nothing is counted

/// How the monitor goes about it: name, what is different.
#define RINGDOWN_COST_REMEDIES(X)                                                                 \
  X(Usual, "default",                                                                             \
    "what nobody could tell from trapped runs directly; busy page tables are synchronised late")  \
  X(TrapAll, "trap-all", "user PUSHF, POPF and selector reads, CPUID and RDTSC trap too")         \
  X(Strict, "strict", "every store to a shadowed page table traps")                               \
  X(Lazy, "lazy", "every shadowed page table that is stored to is synchronised late")             \
  X(Nested, "nested", "the processor walks the guest's page tables, and nested ones behind them") \
  X(Direct, "hypercalls", "the guest has the monitor change its page tables")                     \
  X(Ring3, "ring3", "the kernel runs at ring 3, on shadow tables of its own")

enum class Remedy : u8 {
#define RINGDOWN_COST_REMEDY(id, name, text) id,
  RINGDOWN_COST_REMEDIES(RINGDOWN_COST_REMEDY)
#undef RINGDOWN_COST_REMEDY
};
std::string_view name_of(Remedy remedy);
std::string_view describe(Remedy remedy);
/// Those that make a difference to this work, the usual way first.
std::vector<Remedy> remedies_of(Workload workload);

/// Entries to the monitor of one kind. Those that took unbelievably long are not averaged: the host had other
/// work.
struct TrapCost {
  static constexpr u64 kUnbelievableNs = 20'000;

  u64 count = 0;
  u64 timed = 0;    // of these, averaged
  u64 host_ns = 0;  // of those together

  void add(u64 ns) {
    ++count;
    if (ns > kUnbelievableNs) return;
    ++timed;
    host_ns += ns;
  }
  void add(const TrapCost& other) {
    count += other.count;
    timed += other.timed;
    host_ns += other.host_ns;
  }
  u64 each_ns() const { return timed == 0 ? 0 : host_ns / timed; }
};
using CostByCause = std::array<TrapCost, static_cast<std::size_t>(TrapCause::Count)>;

/// Traps by cause within stretches of a run.
struct CostTimeline {
  struct Sample {
    u64 instructions = 0;  // since power-on, at its end
    std::array<u64, static_cast<std::size_t>(TrapCause::Count)> traps{};
  };
  u64 interval = 0;  // instructions of a stretch
  std::vector<Sample> samples;
};

struct CostResult {
  Workload workload = Workload::Boot;
  Remedy remedy = Remedy::Usual;
  u64 operations = 0;  // of what the workload counts; 0: nothing
  u64 instructions = 0;
  u64 emulated = 0;
  CostByCause causes{};
  std::vector<TrapCost> by_instruction;  // of sensitive and privileged ones, by InstructionId
  u64 exits_under_vtx = 0;
  double host_seconds = 0;  // of the host's processor; the least of several runs
  double bare_host_seconds = 0;
  u64 bare_instructions = 0;
  std::optional<CostTimeline> timeline;  // of a boot, the usual way

  u64 traps() const;
  double direct_share() const;
  double per_million(u64 count) const;
  double slowdown() const { return bare_host_seconds > 0 ? host_seconds / bare_host_seconds : 0; }
};

struct CostRequest {
  std::vector<Workload> workloads;
  std::optional<Options> boot;      // what boots
  std::optional<unsigned> repeats;  // timed runs of each; nothing: three, and one of a boot
  u32 divisor = 1;                  // of how much is done
};

/// Runs it all, one after the other. The error is that of a machine that could not be built, or of a guest
/// that did not come to its end.
Result<std::vector<CostResult>> measure_costs(const CostRequest& request);

/// Debian's kernel from the folder of cached guests, up to where it misses its root file system; nothing if
/// it is not there.
std::optional<Options> cached_boot();

std::string cost_table(const std::vector<CostResult>& results);
/// An array with one object for each.
std::string cost_json(const std::vector<CostResult>& results);

/// What `ringdown lab cost` was asked for.
struct CostLab {
  CostRequest request;
  bool json = false;
};

/// The whole experiment; returns the exit status of the process.
int run_cost_lab(const CostLab& lab);

}  // namespace ringdown
