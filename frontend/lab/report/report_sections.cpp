// Runs the experiments that the report shows.
#include "frontend/lab/report/report_sections.h"

#include <array>
#include <nlohmann/json.hpp>

#include "frontend/lab/journey/journey_lab.h"
#include "frontend/lab/paging/paging_lab.h"

namespace ringdown {

namespace {

using Json = nlohmann::ordered_json;

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
    ReportSection{"journey", "system calls and a page fault, through the monitor and back",
                  &measure_journeys},
    ReportSection{"paging", "one guest on three paging techniques", &measure_paging},
};

}  // namespace

std::span<const ReportSection> report_sections() { return kSections; }

}  // namespace ringdown
