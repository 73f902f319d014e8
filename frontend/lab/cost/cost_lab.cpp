// The experiment: measures, and prints.
#include <fmt/core.h>

#include <cstdio>

#include "frontend/lab/cost/cost.h"

namespace ringdown {

namespace {

constexpr int kUserMistake = 2;

int complain(const Error& error) {
  fmt::print(stderr, "ringdown: lab cost: {}\n", error.message);
  return kUserMistake;
}

/// Each workload's table as soon as it is there.
int print_tables(const CostRequest& request) {
  CostRequest one = request;
  for (const Workload workload : request.workloads) {
    one.workloads = {workload};
    const Result<std::vector<CostResult>> results = measure_costs(one);
    if (!results) return complain(results.error());
    fmt::print("{}{}", workload == request.workloads.front() ? "" : "\n", cost_table(*results));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int run_cost_lab(const CostLab& lab) {
  if (!lab.json) return print_tables(lab.request);
  const Result<std::vector<CostResult>> results = measure_costs(lab.request);
  if (!results) return complain(results.error());
  fmt::print("{}", cost_json(*results));
  return 0;
}

}  // namespace ringdown
