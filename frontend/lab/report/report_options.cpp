// The command line of `ringdown lab report`.
#include "frontend/lab/report/report_options.h"

#include <fmt/core.h>

#include <algorithm>

#include "frontend/cli/output_files.h"
#include "frontend/lab/own_options.h"
#include "frontend/lab/report/lab_report.h"
#include "frontend/lab/suggestions.h"

namespace ringdown {

namespace {

std::string report_text() {
  std::string text =
      "Usage: ringdown lab report -o FILE [OPTIONS]\n"
      "Runs the experiments and shows what they gave on one page for a browser, which needs no network.\n"
      "\n"
      "  -o, --output FILE   the page; - is standard output\n"
      "  --quick             leaves out or shortens what takes long\n"
      "  --sections LIST     only these, separated by commas:\n";
  for (const ReportSection& section : report_sections())
    text += fmt::format("      {:<10}      {}\n", section.name, section.doing);
  return text +
         "  --json              the data alone, as one JSON object\n"
         "\n"
         "What cannot run on this host, or needs a kernel that is not in the cache, is told in its section.\n"
         "Exit status: 1 if the file cannot be written; 2 for a mistake in the options.\n"
         "\n"
         "Examples:\n"
         "  ringdown lab report -o report.html\n"
         "  ringdown lab report -o report.html --quick --sections table,journey\n"
         "  ringdown lab report -o - --json > report.json\n";
}

/// The sections of a comma-separated list, in the page's order.
Result<std::vector<const ReportSection*>> chosen_sections(std::string_view list) {
  std::vector<bool> chosen(report_sections().size(), list.empty());
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(word.size() + 1, list.size()));
    const auto found = std::find_if(report_sections().begin(), report_sections().end(),
                                    [&](const ReportSection& section) { return section.name == word; });
    if (found == report_sections().end()) {
      std::vector<std::string_view> names;
      for (const ReportSection& section : report_sections()) names.push_back(section.name);
      return Error{
          fmt::format("lab report: --sections {}: no such section{}: 'ringdown lab report --help' lists them",
                      word, suggestions(word, names))};
    }
    chosen[static_cast<std::size_t>(found - report_sections().begin())] = true;
  }
  std::vector<const ReportSection*> sections;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (chosen[i]) sections.push_back(&report_sections()[i]);
  return sections;
}

}  // namespace

Result<CommandLine> parse_report_lab(const LabArguments& arguments) {
  namespace po = boost::program_options;
  po::options_description options;
  options.add_options()("output,o", po::value<std::string>(), "")("quick", "")("json", "")(
      "sections", po::value<std::string>()->default_value(""), "");
  const Result<po::variables_map> own = read_own_options("report", options, arguments.own);
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{report_text()});
  if (!arguments.run.empty())
    return Error{"lab report: --: its guests are the laboratory's own: leave the options of a run out"};
  LabReport report;
  if (own->count("output") != 0) report.path = (*own)["output"].as<std::string>();
  if (report.path.empty())
    return Error{"lab report: -o is missing: name the file to write, or - for standard output"};
  if (report.path != "-") {
    if (const Result<void> writable = check_output("lab report: -o ", report.path, Options()); !writable)
      return writable.error();
  }
  Result<std::vector<const ReportSection*>> sections = chosen_sections((*own)["sections"].as<std::string>());
  if (!sections) return sections.error();
  report.sections = std::move(*sections);
  report.json = own->count("json") != 0;
  report.length = own->count("quick") != 0 ? ReportLength::Quick : ReportLength::Full;
  return CommandLine(Subcommand{[report = std::move(report)] { return run_lab_report(report); }});
}

}  // namespace ringdown
