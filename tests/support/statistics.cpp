// Takes the report of --stats apart again.
#include "tests/support/statistics.h"

#include "frontend/statistics_report.h"

namespace ringdown::test {

nlohmann::json statistics_of(Machine& machine) {
  const RunEnd end;
  auto statistics = nlohmann::json::parse(statistics_json(machine, {end, 0, 0, 0}));
  for (const char* of_the_host : {"host_seconds", "busy_seconds", "mips"}) statistics.erase(of_the_host);
  return statistics;
}

std::string difference(const nlohmann::json& a, const nlohmann::json& b) {
  const auto text_at = [](const nlohmann::json& json, const std::string& path) {
    const nlohmann::json::json_pointer pointer(path);
    return json.contains(pointer) ? json.at(pointer).dump() : "nothing";
  };
  std::string result;
  for (const nlohmann::json& change : nlohmann::json::diff(a, b)) {
    const auto path = change.at("path").get<std::string>();
    result += path + ": " + text_at(a, path) + " and " + text_at(b, path) + '\n';
  }
  return result;
}

}  // namespace ringdown::test
