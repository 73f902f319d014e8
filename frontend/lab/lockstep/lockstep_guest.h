// What `lab lockstep` and `lab violate` have in common on the command line: whose runs are compared, and how
// the one with a monitor runs.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/cli/options.h"

namespace ringdown {

struct LockstepGuest {
  std::string name;  // of a guest of the laboratory's own; else its run options, joined
  Options options;
  Ticks within = ~Ticks{0};  // the least of --within and --stop-after
};

/// --ring, --paging, --shadow-sync, --within, --json.
boost::program_options::options_description lockstep_guest_options();
/// A help text's lines on them.
extern const char* const kLockstepGuestHelp;

/// The guest `name`, or the one of `run`; shadow tables are synchronised strictly unless somebody says
/// otherwise. `default_within`: instructions, without --within.
Result<LockstepGuest> read_lockstep_guest(const std::string& experiment,
                                          const boost::program_options::variables_map& own,
                                          const std::optional<std::string>& name,
                                          const std::vector<std::string>& run, Ticks default_within);

}  // namespace ringdown
