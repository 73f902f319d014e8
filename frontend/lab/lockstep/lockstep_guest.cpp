// Reads whose runs are compared.
#include "frontend/lab/lockstep/lockstep_guest.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "frontend/cli/option_values.h"
#include "frontend/lab/lab_guests.h"
#include "frontend/lab/lab_machine.h"
#include "frontend/lab/refused_options.h"

namespace ringdown {

namespace po = boost::program_options;

namespace {

constexpr std::array<std::string_view, 3> kDecided{"--let-through", "--audit-shadow", "--paging-trace"};

/// The own options that `ringdown run` has too, as it spells them.
Result<std::vector<std::string>> as_run_options(const std::string& experiment, const po::variables_map& own) {
  std::vector<std::string> run;
  if (own.count("ring") != 0) {
    const std::string ring = own["ring"].as<std::string>();
    if (ring != "1" && ring != "3")
      return Error{fmt::format("lab {}: --ring {}: use 1 or 3", experiment, ring)};
    run.push_back("--deprivilege=ring" + ring);
  }
  for (const char* const option : {"paging", "shadow-sync", "break-shadow"}) {
    if (own.count(option) != 0) run.push_back(fmt::format("--{}={}", option, own[option].as<std::string>()));
  }
  return run;
}

/// The guest with those options; of a guest of the laboratory's own, they come from a run without a guest.
Result<Options> read_options(const std::string& experiment, const std::optional<std::string>& name,
                             const std::vector<std::string>& run, const std::vector<std::string>& own_run) {
  if (!name) {
    std::vector<std::string> all = run;
    all.insert(all.end(), own_run.begin(), own_run.end());
    return read_guest(experiment, {}, all);
  }
  Result<Options> guest = read_guest(experiment, name, run);
  if (!guest) return guest;
  std::vector<std::string> arguments{"run"};
  arguments.insert(arguments.end(), own_run.begin(), own_run.end());
  const Result<CommandLine> modes = parse_command_line(arguments);
  if (!modes) return modes.error();
  const MachineConfig& machine = std::get<Options>(*modes).machine;
  guest->machine.deprivilege = machine.deprivilege;
  guest->machine.paging = machine.paging;
  return guest;
}

}  // namespace

const char* const kLockstepGuestHelp =
    "  --ring 1|3          where the deprivileged kernel runs (default: 1)\n"
    "  --paging TECHNIQUE  and how it is paged: shadow or nested (default: shadow)\n"
    "  --shadow-sync MODE  strict, lazy or auto (default: strict: only then nothing may differ)\n"
    "  --break-shadow SPEC puts a mistake into the shadow page tables, as in 'ringdown run'\n"
    "  --json              the result as JSON\n";

po::options_description lockstep_guest_options() {
  po::options_description options;
  options.add_options()                               //
      ("ring", po::value<std::string>(), "1 or 3")    //
      ("paging", po::value<std::string>(), "")        //
      ("shadow-sync", po::value<std::string>(), "")   //
      ("break-shadow", po::value<std::string>(), "")  //
      ("within", po::value<std::string>(), "N")       //
      ("json", "the result as JSON");
  return options;
}

Result<LockstepGuest> read_lockstep_guest(const std::string& experiment, const po::variables_map& own,
                                          const std::optional<std::string>& name,
                                          const std::vector<std::string>& run, Ticks default_within) {
  if (!name && run.empty()) {
    return Error{
        fmt::format("lab {}: the guest is missing: name one of 'ringdown lab {} --help', or give run "
                    "options behind '--'",
                    experiment, experiment)};
  }
  for (const std::span<const std::string_view> refused :
       {std::span<const std::string_view>(kOfOneRun), std::span<const std::string_view>(kDecided)}) {
    if (Result<void> allowed = refuse_options(experiment, run, refused); !allowed) return allowed.error();
  }
  const Result<std::vector<std::string>> own_run = as_run_options(experiment, own);
  if (!own_run) return own_run.error();
  Result<Options> options = read_options(experiment, name, run, *own_run);
  if (!options) return options.error();
  throw_changes_away(options->machine);
  if (options->machine.paging.technique == Technique::Direct) {
    return Error{
        fmt::format("lab {}: --paging direct: no bare machine can run a paravirtual guest: use shadow or "
                    "nested",
                    experiment)};
  }
  const bool sync_given =
      own.count("shadow-sync") != 0 || std::any_of(run.begin(), run.end(), [](const std::string& argument) {
        return names_option(argument, "--shadow-sync");
      });
  if (!sync_given) options->machine.paging.sync = ShadowSync::Strict;
  LockstepGuest guest{name.value_or(fmt::format("{}", fmt::join(run, " "))), std::move(*options),
                      default_within};
  if (own.count("within") != 0) {
    const Result<u64> within = parse_count(own["within"].as<std::string>(), "--within");
    if (!within) return Error{fmt::format("lab {}: {}", experiment, within.error().message)};
    guest.within = *within;
  }
  if (guest.options.stop_after) guest.within = std::min(guest.within, *guest.options.stop_after);
  return guest;
}

}  // namespace ringdown
