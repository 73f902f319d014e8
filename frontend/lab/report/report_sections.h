// What the report consists of: a section for each experiment.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

enum class ReportLength : u8 {
  Full,
  Quick,  // long workloads are shortened or left out
};

struct ReportSection {
  std::string_view name;   // on the command line, and of the element in the page
  std::string_view doing;  // what is told while it is made
  /// Its data in the form that its script in frontend/lab/report/page/ reads. The error says why
  /// this host or this cache cannot have it, with the remedy.
  Result<nlohmann::ordered_json> (*measure)(ReportLength length);
};

/// In the page's order.
std::span<const ReportSection> report_sections();

}  // namespace ringdown
