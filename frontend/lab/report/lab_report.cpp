// Makes the report's data and writes the page.
#include "frontend/lab/report/lab_report.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "frontend/cli/output_files.h"
#include "frontend/lab/report/report_page.h"

namespace ringdown {

namespace {

constexpr int kHostFailed = 1;

nlohmann::ordered_json section_json(const ReportSection& section, ReportLength length) {
  Result<nlohmann::ordered_json> data = section.measure(length);
  if (!data) return {{"missing", data.error().message}};
  return {{"data", std::move(*data)}};
}

}  // namespace

std::string report_json(const LabReport& report, const std::function<void(const std::string&)>& tell) {
  nlohmann::ordered_json sections = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < report.sections.size(); ++i) {
    const ReportSection& section = *report.sections[i];
    tell(fmt::format("lab report: {} of {}: {}: {}", i + 1, report.sections.size(), section.name,
                     section.doing));
    sections[std::string(section.name)] = section_json(section, report.length);
  }
  return nlohmann::ordered_json{{"version", RINGDOWN_VERSION},
                                {"quick", report.length == ReportLength::Quick},
                                {"sections", std::move(sections)}}
      .dump();
}

int run_lab_report(const LabReport& report) {
  const auto tell = [](const std::string& line) { fmt::print(stderr, "ringdown: {}\n", line); };
  const std::string json = report_json(report, tell);
  const std::string content = report.json ? json + "\n" : report_page(json);
  if (report.path == "-") {
    fmt::print("{}", content);
    return 0;
  }
  if (const Result<void> written = write_whole_file(report.path, std::as_bytes(std::span(content)));
      !written) {
    tell(written.error().message);
    return kHostFailed;
  }
  tell(fmt::format("lab report: {} is written: {}", report.path,
                   report.json ? "the data of all sections" : "open it in a browser"));
  return 0;
}

}  // namespace ringdown
