// Runs, and their shrinking.
#include "tests/unit/mmu/paging_property.h"

#include <fmt/core.h>

#include <optional>

#include "tests/unit/mmu/stale_pages.h"

namespace ringdown::test {

namespace {

struct Failure {
  std::size_t at = 0;
  std::string what;
};

/// Invalidates what the step's access needs and may be stale.
std::string invalidate_before(Trial& trial, StalePages& stale, const PagingStep& step) {
  for (const GuestLinear page : stale.needed_by(step)) {
    // Which of the two is the step's own affair, so that it stays when others are left out.
    const bool reload = (step.address >> 3 ^ step.value) % 4 == 0;
    const PagingStep invalidation = reload
                                        ? PagingStep{.kind = StepKind::Controls, .controls = stale.controls()}
                                        : PagingStep{.kind = StepKind::Invlpg, .address = page.value};
    if (std::string what = trial.check(invalidation, false); !what.empty()) return what;
    stale.took(invalidation, trial.outcome);
  }
  return {};
}

std::optional<Failure> run(const std::vector<PagingStep>& steps, const PagingProperty& property,
                           std::size_t interval) {
  TrialMemory memory;
  Trial trial(memory, property.deprivilege, property.sync);
  std::optional<StalePages> stale;
  if (property.sync != ShadowSync::Strict) stale.emplace(memory.reference.memory);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool thorough = (i + 1) % interval == 0 || i + 1 == steps.size();
    std::string what;
    if (stale) what = invalidate_before(trial, *stale, steps[i]);
    if (what.empty()) what = trial.check(steps[i], thorough);
    if (!what.empty()) return Failure{i, std::move(what)};
    if (stale) stale->took(steps[i], trial.outcome);
  }
  if (!trial.shadow.same_memory(trial.reference)) return Failure{steps.size(), "memory differs at the end"};
  if (!trial.bare.same_memory(trial.reference))
    return Failure{steps.size(), "bare memory differs at the end"};
  return std::nullopt;
}

/// Leaves out ever smaller parts of a failing run as long as it still fails.
std::vector<PagingStep> shrink(std::vector<PagingStep> steps, const PagingProperty& property) {
  for (std::size_t part = steps.size() / 2; part != 0; part /= 2) {
    for (std::size_t start = 0; start + part <= steps.size();) {
      std::vector<PagingStep> fewer = steps;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(start);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(part));
      if (const auto failure = run(fewer, property, fewer.size() < 5000 ? 1 : 200)) {
        fewer.resize(std::min(fewer.size(), failure->at + 1));
        steps = std::move(fewer);
      } else {
        start += part;
      }
    }
  }
  return steps;
}

}  // namespace

std::string find_difference(u32 seed, const PagingProperty& property, std::size_t count) {
  PagingGenerator generator(seed, property.flavour);
  std::vector<PagingStep> steps(count);
  for (PagingStep& step : steps) step = generator.next();
  constexpr std::size_t kThoroughInterval = 997;
  const auto failure = run(steps, property, kThoroughInterval);
  if (!failure) return {};
  steps.resize(std::min(steps.size(), failure->at + 1));
  const std::vector<PagingStep> shrunk = shrink(steps, property);
  const auto again = run(shrunk, property, 1);
  return fmt::format("seed {}: {} after\n{}", seed, again ? again->what : failure->what, print(shrunk));
}

}  // namespace ringdown::test
