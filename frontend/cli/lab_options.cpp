// An experiment is a run with some options given.
#include "frontend/cli/lab_options.h"

#include <fmt/core.h>

#include <algorithm>

#include "frontend/cli/option_help.h"

namespace ringdown {

namespace {

constexpr const char* kUsage = "use 'ringdown lab paging --report FILE -- RUN OPTIONS'";

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

/// The file that --report names.
Result<std::string> read_report(const std::vector<std::string>& arguments) {
  std::string path;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!names_option(argument, "--report"))
      return Error{
          fmt::format("lab paging: {}: no such option: options of the run go behind '--'", argument)};
    if (!path.empty()) return Error{"--report: given more than once: keep one"};
    const bool separate = argument == "--report";
    if (separate && i + 1 == arguments.size()) return Error{"--report: its value is missing: name a file"};
    path = separate ? arguments[++i] : argument.substr(argument.find('=') + 1);
    if (path.empty()) return Error{"--report: the name is empty: name a file"};
  }
  if (path.empty()) return Error{fmt::format("lab paging: --report is missing: {}", kUsage)};
  return path;
}

}  // namespace

Result<std::variant<Options, Answer>> parse_lab(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h"))
    return std::variant<Options, Answer>(Answer{lab_text()});
  if (arguments.empty() || arguments[0] != "paging") {
    return Error{
        fmt::format("lab{}: no such experiment: {}", arguments.empty() ? "" : " " + arguments[0], kUsage)};
  }
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  const std::vector<std::string> own(arguments.begin() + 1, separator);
  if (std::find(own.begin(), own.end(), "--help") != own.end())
    return std::variant<Options, Answer>(Answer{lab_text()});
  const Result<std::string> report = read_report(own);
  if (!report) return report.error();
  if (separator == arguments.end() || separator + 1 == arguments.end())
    return Error{"lab paging: nothing to run: name a guest, e.g. '-- disk.img --stop-after 500M'"};
  std::vector<std::string> run{"run"};
  run.insert(run.end(), separator + 1, arguments.end());
  add_unless_given(run, "--clock", "instructions");
  add_unless_given(run, "--display", "none");
  run.push_back("--paging-report=" + *report);
  return parse_command_line(run);
}

}  // namespace ringdown
