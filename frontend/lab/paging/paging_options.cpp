// An experiment is a run with some options given, or several runs that differ in some.
#include "frontend/lab/paging/paging_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "frontend/lab/lab_machine.h"
#include "frontend/lab/own_options.h"
#include "frontend/lab/paging/paging_lab.h"
#include "frontend/lab/refused_options.h"

namespace ringdown {

namespace {

std::string paging_lab_text() {
  return "Usage: ringdown lab paging [--json] [-- RUN OPTIONS]\n"
         "       ringdown lab paging --report FILE [-- RUN OPTIONS]\n"
         "The first runs the same work on each paging technique and prints what it took, as a table or as "
         "JSON: "
         "a\n"
         "guest of Ringdown's own on shadow, nested and direct paging; with RUN OPTIONS that guest on shadow "
         "and\n"
         "nested, until it ends or --stop-after. Exit status 1: the guest did not do the same on all.\n"
         "The second runs a guest as 'ringdown run' does, or Ringdown's own, and writes a page for a "
         "browser\n"
         "that shows guest and shadow page tables at each event. Without others of the user's,\n"
         "--clock instructions and --display none hold.\n"
         "\n"
         "Examples:\n"
         "  ringdown lab paging\n"
         "  ringdown lab paging --json -- --kernel vmlinuz --initrd initrd.img --append 'console=ttyS0'\n"
         "  ringdown lab paging --report page.html -- disk.img --stop-after 500M\n";
}

/// What the user leaves open is such that the next run gives the same.
void add_unless_given(std::vector<std::string>& arguments, const std::string& option,
                      const std::string& value) {
  const auto given = [&](const std::string& argument) { return names_option(argument, option); };
  if (std::none_of(arguments.begin(), arguments.end(), given)) arguments.push_back(option + "=" + value);
}

Result<CommandLine> parse_report(const std::string& path, std::vector<std::string> run) {
  const bool own_guest = run.size() == 1;
  add_unless_given(run, "--clock", "instructions");
  add_unless_given(run, "--display", "none");
  run.push_back("--paging-report=" + path);
  Result<CommandLine> command = parse_command_line(run);
  if (command && own_guest) std::get<Options>(*command).machine = own_guest_config();
  return command;
}

/// What the runs of a comparison differ in, or cannot each do.
constexpr std::array<std::string_view, 2> kOfComparison{"--paging", "--paging-trace"};

Result<CommandLine> parse_comparison(bool json, const std::vector<std::string>& run) {
  for (const std::span<const std::string_view> refused :
       {std::span<const std::string_view>(kOfOneRun), std::span<const std::string_view>(kOfComparison)}) {
    if (const Result<void> allowed = refuse_options("paging", run, refused); !allowed) return allowed.error();
  }
  Result<CommandLine> command = parse_command_line(run);
  if (!command || !std::holds_alternative<Options>(*command)) return command;
  PagingLab lab{json, std::move(std::get<Options>(*command))};
  throw_changes_away(lab.guest->machine);
  return CommandLine(Subcommand{[lab = std::move(lab)] { return run_paging_lab(lab); }});
}

}  // namespace

Result<CommandLine> parse_paging_lab(const LabArguments& arguments) {
  namespace po = boost::program_options;
  po::options_description options;
  options.add_options()("json", "a comparison as JSON")("report", po::value<std::string>(), "writes a page");
  const Result<po::variables_map> own = read_own_options("paging", options, arguments.own);
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{paging_lab_text()});
  const bool json = own->count("json") != 0;
  std::vector<std::string> run{"run"};
  run.insert(run.end(), arguments.run.begin(), arguments.run.end());
  if (own->count("report") != 0) {
    const std::string path = (*own)["report"].as<std::string>();
    if (path.empty()) return Error{"--report: the name is empty: name a file"};
    if (json) return Error{"--json: a report is no comparison: leave one of --json, --report out"};
    return parse_report(path, std::move(run));
  }
  if (!arguments.run.empty()) return parse_comparison(json, run);
  return CommandLine(Subcommand{[json] { return run_paging_lab({json, std::nullopt}); }});
}

}  // namespace ringdown
