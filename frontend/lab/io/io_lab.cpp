// Measures one case after the other, and prints.
#include "frontend/lab/io/io_lab.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

#include "frontend/lab/io/io_guests.h"

namespace ringdown {

namespace {

constexpr int kFailed = 2;

/// The cases in runs of those that do the same.
std::vector<std::vector<IoCase>> by_work(const std::vector<IoCase>& cases) {
  std::vector<std::vector<IoCase>> groups;
  for (const IoCase& one : cases) {
    const bool same =
        !groups.empty() && groups.back().front().work == one.work && groups.back().front().batch == one.batch;
    if (!same) groups.emplace_back();
    groups.back().push_back(one);
  }
  return groups;
}

}  // namespace

std::vector<IoCase> io_cases(const IoRequest& request) {
  std::vector<IoCase> cases;
  for (const IoWork work : {IoWork::Send, IoWork::Receive, IoWork::Read, IoWork::Write}) {
    for (const u32 batch : request.batches) {
      for (const IoDevice device : request.devices) {
        const bool packets = work == IoWork::Send || work == IoWork::Receive;
        if (is_network_card(device) != packets) continue;
        cases.push_back({device, work, packets ? request.packets : request.blocks, batch});
      }
    }
  }
  return cases;
}

Result<std::vector<IoResult>> measure_io(std::span<const IoCase> cases) {
  std::vector<IoResult> results;
  for (const IoCase& one : cases) {
    const Result<IoResult> result = measure_io(one);
    if (!result)
      return Error{fmt::format("{}: {}: {}", name_of(one.device), describe(one), result.error().message)};
    results.push_back(*result);
  }
  return results;
}

int run_io_lab(const IoLab& lab) {
  std::vector<IoResult> all;
  for (const std::vector<IoCase>& group : by_work(io_cases(lab.request))) {
    const Result<std::vector<IoResult>> results = measure_io(group);
    if (!results) {
      fmt::print(stderr, "ringdown: lab io: {}\n", results.error().message);
      return kFailed;
    }
    if (!lab.json) {
      // Each table as soon as it is there.
      fmt::print("{}{}", all.empty() ? "" : "\n", io_table(*results));
      std::fflush(stdout);
    }
    all.insert(all.end(), results->begin(), results->end());
  }
  if (lab.json) fmt::print("{}", io_json(all));
  return 0;
}

}  // namespace ringdown
