// Names, and what follows from the counts.
#include "frontend/lab/cost/cost.h"

#include <numeric>

namespace ringdown {

namespace {

struct Words {
  std::string_view name;
  std::string_view text;
  std::string_view unit = {};
};

#define RINGDOWN_COST_WORDS(id, ...) Words{__VA_ARGS__},
constexpr std::array kWorkloadWords{RINGDOWN_COST_WORKLOADS(RINGDOWN_COST_WORDS)};
constexpr std::array kRemedyWords{RINGDOWN_COST_REMEDIES(RINGDOWN_COST_WORDS)};
#undef RINGDOWN_COST_WORDS

constexpr const Words& words_of(Workload workload) {
  return kWorkloadWords[static_cast<std::size_t>(workload)];
}
constexpr const Words& words_of(Remedy remedy) { return kRemedyWords[static_cast<std::size_t>(remedy)]; }

}  // namespace

std::string_view name_of(Workload workload) { return words_of(workload).name; }
std::string_view describe(Workload workload) { return words_of(workload).text; }
std::string_view unit_of(Workload workload) { return words_of(workload).unit; }
std::string_view name_of(Remedy remedy) { return words_of(remedy).name; }
std::string_view describe(Remedy remedy) { return words_of(remedy).text; }

u64 CostResult::traps() const {
  return std::accumulate(causes.begin(), causes.end(), u64{0},
                         [](u64 sum, const TrapCost& cost) { return sum + cost.count; });
}

double CostResult::direct_share() const {
  if (instructions == 0) return 1;
  return static_cast<double>(instructions - emulated) / static_cast<double>(instructions);
}

double CostResult::per_million(u64 count) const {
  constexpr double kMillion = 1e6;
  return instructions == 0 ? 0 : static_cast<double>(count) * kMillion / static_cast<double>(instructions);
}

}  // namespace ringdown
