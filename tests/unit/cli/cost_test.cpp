// Costs: what is counted is what the guests' code asks for, whatever the host does.
#include "frontend/lab/cost/cost.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cpu/instruction_table.h"
#include "frontend/lab/cost/cost_timeline.h"
#include "frontend/lab/lab_guests.h"

namespace ringdown::test {

namespace {

std::vector<CostResult> measure(std::vector<Workload> workloads, u32 divisor) {
  CostRequest request;
  request.workloads = std::move(workloads);
  request.repeats = 1;
  request.divisor = divisor;
  Result<std::vector<CostResult>> results = measure_costs(request);
  REQUIRE(results);
  return std::move(*results);
}

const CostResult& with(const std::vector<CostResult>& results, Remedy remedy) {
  const auto found = std::ranges::find(results, remedy, &CostResult::remedy);
  REQUIRE(found != results.end());
  return *found;
}

u64 trapped(const CostResult& result, std::string_view instruction) {
  u64 count = 0;
  for (std::size_t id = 0; id < result.by_instruction.size(); ++id) {
    if (instruction_table()[id].name == instruction) count += result.by_instruction[id].count;
  }
  return count;
}

/// Of two runs that differ in nothing but how often, what one operation more costs.
template <class Count>
u64 per_operation(const CostResult& fewer, const CostResult& more, Count count) {
  const u64 operations = more.operations - fewer.operations;
  REQUIRE(operations != 0);
  CHECK((count(more) - count(fewer)) % operations == 0);
  return (count(more) - count(fewer)) / operations;
}

u64 traps_per_operation(const CostResult& fewer, const CostResult& more) {
  return per_operation(fewer, more, [](const CostResult& result) { return result.traps(); });
}

u64 traps_per_operation(const CostResult& fewer, const CostResult& more, std::string_view instruction) {
  return per_operation(fewer, more, [&](const CostResult& result) { return trapped(result, instruction); });
}

}  // namespace

TEST_CASE("A call by SYSENTER traps at both ends, one by INT 80h has INT and IRET instead") {
  const std::vector<Workload> calls{Workload::Int80, Workload::Sysenter};
  const std::vector<CostResult> few = measure(calls, 1000);
  const std::vector<CostResult> more = measure(calls, 500);
  const std::size_t remedies = remedies_of(Workload::Int80).size();
  REQUIRE(few.size() == 2 * remedies);
  for (std::size_t i = 0; i < remedies; ++i) {
    CHECK(traps_per_operation(few[i], more[i], "int") == 1);
    CHECK(traps_per_operation(few[i], more[i], "iret") == 1);
    CHECK(traps_per_operation(few[i], more[i], "sti") == 1);
    CHECK(traps_per_operation(few[i], more[i], "sysenter") == 0);
    const std::size_t j = remedies + i;
    CHECK(traps_per_operation(few[j], more[j], "sysenter") == 1);
    CHECK(traps_per_operation(few[j], more[j], "sysexit") == 1);
    CHECK(traps_per_operation(few[j], more[j], "sti") == 2);
    CHECK(traps_per_operation(few[j], more[j], "iret") == 0);
    CHECK(traps_per_operation(few[j], more[j]) == traps_per_operation(few[i], more[i]) + 1);
  }
  CHECK(traps_per_operation(few[0], more[0]) == 8);
}

TEST_CASE("User PUSHF, POPF and selector reads trap only where the monitor does not look closely") {
  const std::vector<CostResult> few = measure({Workload::Int80}, 1000);
  const std::vector<CostResult> more = measure({Workload::Int80}, 500);
  const auto pair = [&](Remedy remedy) { return std::pair(with(few, remedy), with(more, remedy)); };
  const auto [few_usual, more_usual] = pair(Remedy::Usual);
  const auto [few_all, more_all] = pair(Remedy::TrapAll);
  for (const char* const name : {"pushf", "popf", "mov-from-sreg"}) {
    CHECK(traps_per_operation(few_usual, more_usual, name) == 0);
    CHECK(traps_per_operation(few_all, more_all, name) >= 1);
  }
  CHECK(more_all.instructions == more_usual.instructions);
  CHECK(more_all.direct_share() < more_usual.direct_share());
}

TEST_CASE("A disk read by DMA traps no more often for more sectors, one by PIO for every word") {
  const std::vector<CostResult> few = measure({Workload::Pio}, 100);
  const std::vector<CostResult> more = measure({Workload::Pio, Workload::Dma}, 50);
  constexpr u64 kWords = 256;
  CHECK(traps_per_operation(few.front(), more.front(), "ins") == kWords);
  const CostResult& dma = *std::ranges::find(more, Workload::Dma, &CostResult::workload);
  CHECK(trapped(dma, "ins") == 0);
  CHECK(dma.per_million(dma.traps()) * 50 < more.front().per_million(more.front().traps()));
  for (const CostResult& result : more) {
    CHECK(result.exits_under_vtx > result.causes[static_cast<std::size_t>(TrapCause::Interrupt)].count);
    CHECK(result.exits_under_vtx < result.traps());
  }
}

TEST_CASE("Page tables cost what the technique says") {
  const std::vector<CostResult> few = measure({Workload::PageFaults}, 1000);
  const std::vector<CostResult> more = measure({Workload::PageFaults}, 500);
  const auto of_cause = [&](Remedy remedy, TrapCause cause) {
    return per_operation(with(few, remedy), with(more, remedy), [&](const CostResult& result) {
      return result.causes[static_cast<std::size_t>(cause)].count;
    });
  };
  for (const Remedy remedy : remedies_of(Workload::PageFaults))
    CHECK(of_cause(remedy, TrapCause::PageFault) == 1);
  CHECK(of_cause(Remedy::Strict, TrapCause::WriteProtect) == 2);  // mapped, and taken back
  CHECK(of_cause(Remedy::Lazy, TrapCause::WriteProtect) == 0);
  CHECK(of_cause(Remedy::Strict, TrapCause::HiddenFault) == 1);
  CHECK(of_cause(Remedy::Nested, TrapCause::HiddenFault) == 0);
}

TEST_CASE(
    "A switch of address spaces is one load of CR3 with every remedy, and the bare guest does the same") {
  for (const CostResult& result : measure({Workload::Switches}, 100)) {
    CHECK(trapped(result, "mov-to-cr") >= result.operations);
    CHECK(trapped(result, "mov-to-cr") < result.operations + 10);
    CHECK(result.bare_instructions == result.instructions);
  }
}

TEST_CASE("Every remedy leaves all but the hypercalls' guest with the same instructions") {
  for (const CostResult& result : measure({Workload::Churn}, 1))
    CHECK((result.bare_instructions == result.instructions) == (result.remedy != Remedy::Direct));
}

TEST_CASE("A boot has a timeline whose stretches add up to all traps") {
  CostRequest request;
  request.workloads = {Workload::Boot};
  request.repeats = 1;
  request.boot.emplace();
  request.boot->machine = lab_guest_config(*find_lab_guest("paging"));
  const Result<std::vector<CostResult>> results = measure_costs(request);
  REQUIRE(results);
  const CostResult& usual = with(*results, Remedy::Usual);
  REQUIRE(usual.timeline);
  const std::vector<CostTimeline::Sample>& samples = usual.timeline->samples;
  REQUIRE(samples.size() > 10);
  CHECK(samples.back().instructions == usual.instructions);
  for (std::size_t cause = 0; cause < usual.causes.size(); ++cause) {
    u64 sum = 0;
    for (const CostTimeline::Sample& sample : samples) sum += sample.traps[cause];
    CHECK(sum == usual.causes[cause].count);
  }
  CHECK(std::ranges::is_sorted(samples, {}, &CostTimeline::Sample::instructions));
  CHECK_FALSE(with(*results, Remedy::Nested).timeline);
}

TEST_CASE("Costs are a table for people and JSON for programs") {
  CostResult one;
  one.workload = Workload::Int80;
  one.instructions = 2'000'000;
  one.emulated = 500'000;
  one.operations = 100;
  one.causes[static_cast<std::size_t>(TrapCause::Sensitive)] = {400, 400, 40'000};
  one.host_seconds = 3;
  one.bare_host_seconds = 2;
  CostResult other = one;
  other.remedy = Remedy::TrapAll;
  const std::string table = cost_table({one, other});
  CHECK(table.find("200 x 100 ns") != std::string::npos);
  CHECK(table.find("75.00%") != std::string::npos);
  CHECK(table.find("4.00") != std::string::npos);
  CHECK(table.find("1.50") != std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(cost_json({one, other}));
  REQUIRE(json.size() == 2);
  CHECK(json[0]["workload"] == "int80");
  CHECK(json[1]["remedy"] == "trap-all");
  CHECK(json[0]["direct_share"] == 0.75);
  CHECK(json[0]["traps_per_million"] == 200);
  CHECK(json[0]["causes"]["sensitive"]["ns"] == 100);
  CHECK(json[0]["slowdown"] == 1.5);
  CHECK_FALSE(json[0].contains("timeline"));
}

TEST_CASE("A trap that took unbelievably long is counted, and not averaged") {
  TrapCost cost;
  cost.add(100);
  cost.add(300);
  cost.add(TrapCost::kUnbelievableNs + 1);
  CHECK(cost.count == 3);
  CHECK(cost.each_ns() == 200);
}

}  // namespace ringdown::test
