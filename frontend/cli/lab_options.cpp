// The list of experiments, in the order in which one would meet them.
#include "frontend/cli/lab_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "frontend/lab/classify/classify_options.h"
#include "frontend/lab/cost/cost_options.h"
#include "frontend/lab/experiment.h"
#include "frontend/lab/io/io_options.h"
#include "frontend/lab/journey/journey_options.h"
#include "frontend/lab/lockstep/lockstep_options.h"
#include "frontend/lab/paging/paging_options.h"
#include "frontend/lab/report/report_options.h"
#include "frontend/lab/silicon/silicon_options.h"
#include "frontend/lab/suggestions.h"
#include "frontend/lab/table/table_options.h"
#include "frontend/lab/violate/violate_options.h"

namespace ringdown {

namespace {

constexpr std::array kExperiments{
    Experiment{"table", "each sensitive instruction, bare, let through and trapped", &parse_table_lab},
    Experiment{"classify", "finds the sensitive instructions by their behaviour alone", &parse_classify_lab},
    Experiment{"silicon", "sensitive instructions on this computer's processor", &parse_silicon_lab},
    Experiment{"violate",
               "a guest with instructions let through: the first wrong result, and what comes of it",
               &parse_violate_lab},
    Experiment{"lockstep", "a guest bare and deprivileged, side by side: the first difference",
               &parse_lockstep_lab},
    Experiment{"journey", "one system call or page fault, through the monitor and back", &parse_journey_lab},
    Experiment{"cost", "what traps cost by cause, with and without each remedy", &parse_cost_lab},
    Experiment{"io", "how often packets and blocks trap, with full emulation and with virtqueues",
               &parse_io_lab},
    Experiment{"paging", "page tables on each paging technique, and step by step", &parse_paging_lab},
    Experiment{"report", "all of it on one page for a browser", &parse_report_lab},
};

constexpr const char* kUsage = "'ringdown lab --help' lists the experiments";

std::string lab_text() {
  std::string text =
      "Usage: ringdown lab EXPERIMENT [OPTIONS] [GUEST | -- RUN OPTIONS]\n"
      "Shows what virtualization is about on a live machine. 'ringdown lab EXPERIMENT --help' says more.\n\n";
  for (const Experiment& experiment : kExperiments)
    text += fmt::format("  {:<10} {}\n", experiment.name, experiment.summary);
  return text + "\nRUN OPTIONS are those of 'ringdown run': the guest is then yours.\n";
}

}  // namespace

Result<CommandLine> parse_lab(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return Error{fmt::format("lab: the experiment is missing: {}", kUsage)};
  const std::string& name = arguments[0];
  if (name == "--help" || name == "-h") return CommandLine(Answer{lab_text()});
  const auto* const found =
      std::find_if(kExperiments.begin(), kExperiments.end(),
                   [&](const Experiment& experiment) { return experiment.name == name; });
  if (found == kExperiments.end()) {
    std::array<std::string_view, kExperiments.size()> names;
    std::transform(kExperiments.begin(), kExperiments.end(), names.begin(),
                   [](const Experiment& experiment) { return experiment.name; });
    return Error{fmt::format("lab {}: no such experiment{}: {}", name, suggestions(name, names), kUsage)};
  }
  const auto separator = std::find(arguments.begin() + 1, arguments.end(), "--");
  LabArguments own_and_run{{arguments.begin() + 1, separator}, {}};
  if (separator != arguments.end()) own_and_run.run.assign(separator + 1, arguments.end());
  return found->parse(own_and_run);
}

}  // namespace ringdown
