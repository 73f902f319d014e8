// The laboratory's report: what becomes of the experiments' data on its way into the page.
#include "frontend/lab/report/lab_report.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/lab/page_template.h"
#include "frontend/lab/report/report_page.h"
#include "frontend/lab/report/report_sections.h"

namespace ringdown::test {

namespace {

using Json = nlohmann::ordered_json;

Result<Json> measure(ReportLength length) {
  return Json{{"quick", length == ReportLength::Quick}, {"text", "</script>"}};
}
Result<Json> refuse(ReportLength) { return Error{"no kernel: fetch one"}; }

constexpr ReportSection kMeasured{"measured", "what can be", &measure};
constexpr ReportSection kRefused{"refused", "what cannot", &refuse};

}  // namespace

TEST_CASE("A report tells of each section, and what cannot be had says why") {
  LabReport report;
  report.sections = {&kRefused, &kMeasured};
  report.length = ReportLength::Quick;
  std::vector<std::string> told;
  const Json json = Json::parse(report_json(report, [&](const std::string& line) { told.push_back(line); }));
  CHECK(told == std::vector<std::string>{"lab report: 1 of 2: refused: what cannot",
                                         "lab report: 2 of 2: measured: what can be"});
  CHECK(json["quick"] == true);
  CHECK(json["sections"].begin().key() == "refused");
  CHECK(json["sections"]["refused"] == Json{{"missing", "no kernel: fetch one"}});
  CHECK(json["sections"]["measured"]["data"]["quick"] == true);
}

TEST_CASE("The page holds its data whole, whatever they say, and nothing of the template is left") {
  const std::string page = report_page(R"({"text":"</script><b>"})");
  CHECK(page.find(R"({"text":"\u003c/script>\u003cb>"})") != std::string::npos);
  for (const std::string_view name : {"{{page_css}}", "{{data}}", "{{chart_js}}", "{{main_js}}"})
    CHECK(page.find(name) == std::string::npos);
  CHECK(page.find("Permission is hereby granted") != std::string::npos);
}

TEST_CASE("The page has an element for each section") {
  const std::string page = report_page("{}");
  for (const ReportSection& section : report_sections())
    CHECK(page.find("<section id=\"" + std::string(section.name) + "\">") != std::string::npos);
}

TEST_CASE("A page's parts are put in as they are") {
  const std::array parts{PagePart{"one", "1 {{two}}"}, PagePart{"two", "2"}};
  CHECK(fill_page("a {{one}} b {{none}}{{two}}", parts) == "a 1 {{two}} b 2");
}

}  // namespace ringdown::test
