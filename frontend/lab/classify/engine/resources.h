// The machine's resources: what an instruction changes if it is control-sensitive.
#pragma once

#include <string>
#include <vector>

#include "cpu/privileged_state.h"

namespace ringdown::classify {

/// What is outside the processor's privileged state.
struct Surroundings {
  u64 apic_base = 0;
  u32 ports_read = 0;  // accesses
  u32 ports_written = 0;
  bool tables_changed = false;  // bytes of the tables in memory
  friend bool operator==(const Surroundings&, const Surroundings&) = default;
};

struct Change {
  std::string_view resource;
  u64 before = 0;
  u64 after = 0;
  friend bool operator==(const Change&, const Change&) = default;
};

/// In a fixed order. Visible selectors of segment registers are the program's own, their hidden parts are
/// not.
std::vector<Change> resource_changes(const PrivilegedState& before, const PrivilegedState& after,
                                     const Surroundings& surroundings_before,
                                     const Surroundings& surroundings_after);
/// "IF 1 -> 0"
std::string change_text(const Change& change);

}  // namespace ringdown::classify
