// The paging laboratory: one guest, the same work, on every technique.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frontend/cli/options.h"
#include "frontend/runner.h"

namespace ringdown {

/// A way to page the guest, and what it is called in the table.
struct PagingContender {
  std::string name;
  Technique technique = Technique::Shadow;
  RunMode mode = RunMode::Trap;
};

/// What one of them made of it.
struct PagingResult {
  std::string name;
  RunEnd end;
  Ticks instructions = 0;
  u64 exits = 0;
  u64 exits_under_vtx = 0;  // of these: VT-x would need them too
  u64 walks = 0;
  u64 walk_references = 0;
  PagingCounters counters;
  double host_seconds = 0;
  u32 checksum = 0;  // of what the guest sent on its serial lines
};

/// Techniques that can page the guest: a paravirtual one only if it is the laboratory's own.
std::vector<PagingContender> paging_contenders(bool own_guest);

/// The laboratory's own guest (roms/lab/paging_lab.asm).
MachineConfig own_guest_config();

/// Runs a guest to its end. The error is that of the machine that could not be built.
Result<PagingResult> run_contender(const PagingContender& contender, const Options& guest);

/// Whether the guest did and sent the same under two of them. How many instructions a paravirtual guest needs
/// is its own affair.
bool agree(const PagingResult& one, const PagingResult& other);

std::string paging_table(const std::vector<PagingResult>& results);
/// An array with one object for each.
std::string paging_json(const std::vector<PagingResult>& results);

/// What `ringdown lab paging` without a report was asked for.
struct PagingLab {
  bool json = false;
  std::optional<Options> guest;  // nothing: the laboratory's own
};

/// The whole experiment; returns the exit status of the process.
int run_paging_lab(const PagingLab& lab);

}  // namespace ringdown
