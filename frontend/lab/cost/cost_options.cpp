// Words are workloads, or the name of a guest, which is what boots then.
#include "frontend/lab/cost/cost_options.h"

#include <fmt/core.h>

#include <algorithm>

#include "frontend/cli/option_values.h"
#include "frontend/lab/cost/cost.h"
#include "frontend/lab/lab_guests.h"
#include "frontend/lab/lab_machine.h"
#include "frontend/lab/named_choices.h"
#include "frontend/lab/own_options.h"
#include "frontend/lab/refused_options.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

constexpr const char* kWords = "words";
constexpr unsigned kMostRepeats = 100;
constexpr u32 kBriefDivisor = 10;

constexpr const char* kHowToBoot =
    "name a guest, or give a kernel behind '--': -- --kernel vmlinuz --append 'panic=-1'; "
    "scripts/fetch_guests.sh "
    "fetches Debian's";

std::string help_text() {
  std::string text =
      "Usage: ringdown lab cost [WORKLOAD...] [OPTIONS] [GUEST | -- RUN OPTIONS]\n"
      "Measures what traps cost: how many a guest's work makes per million instructions, by cause, and the "
      "host's\n"
      "nanoseconds in the monitor for each; with and without each remedy; and its run time beside the bare "
      "processor's.\n"
      "A WORKLOAD is (all, if none is named; boot alone, if a guest is):\n\n";
  for (const Workload workload : kWorkloads)
    text += fmt::format("  {:<18} {}\n", name_of(workload), describe(workload));
  text += "\nRemedies, and what would be without them:\n\n";
#define RINGDOWN_COST_HELP(id, name, words) text += fmt::format("  {:<18} {}\n", name, words);
  RINGDOWN_COST_REMEDIES(RINGDOWN_COST_HELP)
#undef RINGDOWN_COST_HELP
  return text +
         "\n"
         "  --json         an array with an object for each workload and remedy\n"
         "  --repeat N     timed runs of each, of which the shortest counts (3; of a boot 1)\n"
         "  --brief        a tenth of the work, once\n"
         "\n"
         "What boots is Debian's kernel, if scripts/fetch_guests.sh has fetched it, until it misses its root "
         "file\n"
         "system; or the guest that you name, until it ends or --stop-after (3G). Disks must be read-only.\n"
         "\n"
         "Examples:\n"
         "  ringdown lab cost int80 sysenter\n"
         "  ringdown lab cost pio dma --json\n"
         "  ringdown lab cost boot -- --kernel vmlinuz --initrd initrd.img --append 'console=ttyS0 "
         "panic=-1'\n";
}

/// What differs between the runs of a comparison.
Result<void> check_boot(const std::vector<std::string>& run) {
  constexpr std::array<std::string_view, 4> kOfComparison{"--paging", "--shadow-sync", "--paging-trace",
                                                          "--deprivilege"};
  for (const std::span<const std::string_view> refused :
       {std::span<const std::string_view>(kOfOneRun), std::span<const std::string_view>(kOfComparison)}) {
    if (const Result<void> allowed = refuse_options("cost", run, refused); !allowed) return allowed;
  }
  return {};
}

/// What boots, and the workloads that follow from what was named.
Result<CostRequest> request_of(const Choices<Workload>& words, const LabArguments& arguments) {
  CostRequest request;
  request.workloads = words.chosen;
  const bool named = words.guest || !arguments.run.empty();
  if (named) {
    Result<Options> guest = read_guest("cost", words.guest, arguments.run);
    if (!guest) return guest.error();
    if (const Result<void> good = check_boot(arguments.run); !good) return good.error();
    throw_changes_away(guest->machine);
    request.boot = std::move(*guest);
    if (request.workloads.empty()) request.workloads = {Workload::Boot};
  } else {
    request.boot = cached_boot();
    if (request.workloads.empty()) {
      request.workloads.assign(kWorkloads.begin(), kWorkloads.end());
      if (!request.boot) {
        fmt::print(stderr, "ringdown: lab cost: boot is left out: {}\n", kHowToBoot);
        std::erase(request.workloads, Workload::Boot);
      }
    }
  }
  const bool boots = std::ranges::find(request.workloads, Workload::Boot) != request.workloads.end();
  if (boots && !request.boot) return Error{fmt::format("lab cost: boot: nothing to boot: {}", kHowToBoot)};
  if (named && !boots) return Error{"lab cost: the guest is what 'boot' runs: name that workload too"};
  return request;
}

}  // namespace

Result<CommandLine> parse_cost_lab(const LabArguments& arguments) {
  po::options_description options;
  options.add_options()("json", "")("brief", "")("repeat", po::value<std::string>(), "")(
      kWords, po::value<std::vector<std::string>>(), "");
  const Result<po::variables_map> own = read_own_options("cost", options, arguments.own, kWords);
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{help_text()});
  const Result<Choices<Workload>> words =
      read_choices("cost", "a workload", kWorkloads, words_of(*own, kWords));
  if (!words) return words.error();
  Result<CostRequest> request = request_of(*words, arguments);
  if (!request) return request.error();
  if (own->count("brief") != 0) {
    request->divisor = kBriefDivisor;
    request->repeats = 1;
  }
  if (own->count("repeat") != 0) {
    const Result<u64> repeats = parse_count((*own)["repeat"].as<std::string>(), "lab cost: --repeat");
    if (!repeats) return repeats.error();
    if (*repeats > kMostRepeats)
      return Error{fmt::format("lab cost: --repeat {}: at most {}", *repeats, kMostRepeats)};
    request->repeats = static_cast<unsigned>(*repeats);
  }
  return CommandLine(Subcommand{
      [lab = CostLab{std::move(*request), own->count("json") != 0}] { return run_cost_lab(lab); }});
}

}  // namespace ringdown
