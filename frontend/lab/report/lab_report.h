// `ringdown lab report`: the experiments on one page.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frontend/lab/report/report_sections.h"

namespace ringdown {

struct LabReport {
  std::string path;  // "-": standard output
  ReportLength length = ReportLength::Full;
  bool json = false;                           // the data alone
  std::vector<const ReportSection*> sections;  // in the page's order
};

/// Runs the experiments. The object "sections" of the JSON has an object for each: its "data", or why it is
/// "missing". `tell` gets a line for each as it begins.
std::string report_json(const LabReport& report, const std::function<void(const std::string&)>& tell);

/// The whole experiment; returns the exit status of the process.
int run_lab_report(const LabReport& report);

}  // namespace ringdown
