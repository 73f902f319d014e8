// Runs the experiments that the report shows.
#include "frontend/lab/report/report_sections.h"

#include <array>
#include <nlohmann/json.hpp>

#include "frontend/lab/journey/journey_lab.h"
#include "frontend/lab/paging/paging_lab.h"
#include "frontend/lab/table/instruction_table_lab.h"

namespace ringdown {

namespace {

using Json = nlohmann::ordered_json;

/// The rows, and those on a processor with UMIP.
Result<Json> measure_table(ReportLength) {
  Json tables;
  for (const auto& [name, model] : {std::pair("rows", "pentium4"), std::pair("umip", "pentium4-umip")}) {
    InstructionTableSettings settings;
    settings.cpu_model = model;
    const Result<std::vector<InstructionTableRow>> rows = measure_instruction_table(settings);
    if (!rows) return rows.error();
    tables[name] = Json::parse(instruction_table_json(*rows));
  }
  return tables;
}

/// An array with a journey and its drawing for each kind.
Result<Json> measure_journeys(ReportLength) {
  const Result<JourneyResult> result =
      follow_journeys(own_journey({kJourneyKinds.begin(), kJourneyKinds.end()}));
  if (!result) return result.error();
  Json journeys = Json::array();
  for (const Journey& journey : result->journeys) {
    journeys.push_back(
        {{"journey", Json::parse(journeys_json({journey}))[0]}, {"svg", journeys_svg({journey})}});
  }
  return journeys;
}

Result<Json> measure_paging(ReportLength) {
  Options guest;
  guest.machine = own_guest_config();
  std::vector<PagingResult> results;
  for (const PagingContender& contender : paging_contenders(true)) {
    Result<PagingResult> result = run_contender(contender, guest);
    if (!result) return result.error();
    results.push_back(std::move(*result));
  }
  return Json::parse(paging_json(results));
}

constexpr std::array kSections{
    ReportSection{"table", "each instruction in a kernel's place, without and with UMIP", &measure_table},
    ReportSection{"journey", "system calls and a page fault, through the monitor and back",
                  &measure_journeys},
    ReportSection{"paging", "one guest on three paging techniques", &measure_paging},
};

}  // namespace

std::span<const ReportSection> report_sections() { return kSections; }

}  // namespace ringdown
