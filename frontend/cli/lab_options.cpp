// An experiment is a run with some options given, or several runs that differ in some.
#include "frontend/cli/lab_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "frontend/cli/option_help.h"
#include "frontend/lab/paging_lab.h"

namespace ringdown {

namespace {

constexpr const char* kUsage = "'ringdown lab --help' explains";

/// "--name", "--name=value" or, in the next argument, its value.
bool names_option(const std::string& argument, const std::string& option) {
  return argument == option || argument.starts_with(option + "=");
}

/// What the user leaves open is such that the next run gives the same.
void add_unless_given(std::vector<std::string>& arguments, const std::string& option,
                      const std::string& value) {
  const auto given = [&](const std::string& argument) { return names_option(argument, option); };
  if (std::none_of(arguments.begin(), arguments.end(), given)) arguments.push_back(option + "=" + value);
}

/// What stands before "--".
struct OwnOptions {
  bool help = false;
  bool json = false;
  std::optional<std::string> report;
};

Result<OwnOptions> read_own(const std::vector<std::string>& arguments) {
  OwnOptions own;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      own.help = true;
    } else if (argument == "--json") {
      own.json = true;
    } else if (names_option(argument, "--report")) {
      if (own.report) return Error{"--report: given more than once: keep one"};
      const bool separate = argument == "--report";
      if (separate && i + 1 == arguments.size()) return Error{"--report: its value is missing: name a file"};
      own.report = separate ? arguments[++i] : argument.substr(argument.find('=') + 1);
      if (own.report->empty()) return Error{"--report: the name is empty: name a file"};
    } else {
      return Error{
          fmt::format("lab paging: {}: no such option: options of the run go behind '--'", argument)};
    }
  }
  if (own.json && own.report)
    return Error{"--json: a report is no comparison: leave one of --json, --report out"};
  return own;
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

/// What the runs of a comparison cannot each do, or what they differ in.
constexpr std::array kOfOneRun{
    "--mode",  "--paging",  "--serial",       "--display",       "--clock",      "--gdb",    "--paused",
    "--stats", "--summary", "--debugcon",     "--save-state",    "--load-state", "--record", "--replay",
    "--log",   "--config",  "--paging-trace", "--paging-report", "--no-reboot"};

Result<CommandLine> parse_comparison(bool json, const std::vector<std::string>& run) {
  for (const std::string& argument : run) {
    const auto named = [&](const char* option) { return names_option(argument, option); };
    if (std::any_of(kOfOneRun.begin(), kOfOneRun.end(), named)) {
      return Error{
          fmt::format("lab paging: {}: the laboratory decides that for its runs: leave it out", argument)};
    }
  }
  Result<CommandLine> command = parse_command_line(run);
  if (!command || !std::holds_alternative<Options>(*command)) return command;
  PagingLab lab{json, std::move(std::get<Options>(*command))};
  for (const DiskConfig& disk : lab.guest->machine.disks) {
    if (!disk.cdrom && !disk.read_only) {
      return Error{
          fmt::format("lab paging: --disk {}: all runs must find the same disk: add ',readonly'", disk.path)};
    }
  }
  return CommandLine(std::move(lab));
}

}  // namespace

Result<CommandLine> parse_lab(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h"))
    return CommandLine(Answer{lab_text()});
  if (arguments.empty() || arguments[0] != "paging") {
    return Error{fmt::format("lab{}: no such experiment: there is 'lab paging'; {}",
                             arguments.empty() ? "" : " " + arguments[0], kUsage)};
  }
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  const Result<OwnOptions> own = read_own({arguments.begin() + 1, separator});
  if (!own) return own.error();
  if (own->help) return CommandLine(Answer{lab_text()});
  std::vector<std::string> run{"run"};
  if (separator != arguments.end()) run.insert(run.end(), separator + 1, arguments.end());
  if (own->report) return parse_report(*own->report, std::move(run));
  if (run.size() == 1) return CommandLine(PagingLab{own->json, std::nullopt});
  return parse_comparison(own->json, run);
}

}  // namespace ringdown
