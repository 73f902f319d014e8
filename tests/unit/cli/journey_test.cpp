// Journeys: a call of the laboratory's guest makes exactly the crossings that its code asks for.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/lab/journey/journey_lab.h"

namespace ringdown::test {

namespace {

Journey follow(JourneyRequest request) {
  const Result<JourneyResult> result = follow_journeys(request);
  REQUIRE(result);
  REQUIRE(result->journeys.size() == 1);
  return result->journeys.front();
}

Journey follow(JourneyKind kind) { return follow(own_journey({kind})); }

std::vector<std::string> instructions(const Journey& journey) {
  std::vector<std::string> all;
  for (const Crossing& crossing : journey.crossings) all.push_back(crossing.instruction);
  return all;
}

std::vector<TrapCause> causes(const Journey& journey) {
  std::vector<TrapCause> all;
  for (const Crossing& crossing : journey.crossings) all.push_back(crossing.cause);
  return all;
}

std::string change(const Crossing& crossing, std::string_view item) {
  for (const StateChange& each : crossing.changes) {
    if (each.item == item) return each.before + ">" + each.after;
  }
  return "";
}

void check_rings(const Crossing& crossing, std::array<int, 4> virtual_and_physical) {
  CHECK(crossing.virtual_ring_before == virtual_and_physical[0]);
  CHECK(crossing.virtual_ring_after == virtual_and_physical[1]);
  CHECK(crossing.physical_ring_before == virtual_and_physical[2]);
  CHECK(crossing.physical_ring_after == virtual_and_physical[3]);
}

void forget_host_times(Journey& journey) {
  for (Crossing& crossing : journey.crossings) crossing.host_ns_since = crossing.host_ns_inside = 0;
}

}  // namespace

TEST_CASE("A call by INT 80h goes from ring 3 to the kernel at ring 1 and back") {
  const Journey journey = follow(JourneyKind::Int80);
  CHECK(instructions(journey) == std::vector<std::string>{"int 0x80", "mov ds, dx", "mov es, dx", "sti",
                                                          "cli", "pop es", "pop ds", "iretd"});
  const Crossing& call = journey.crossings.front();
  check_rings(call, {3, 0, 3, 1});
  CHECK(call.cause == TrapCause::Sensitive);
  CHECK(call.vector == 0x80);
  CHECK(change(call, "IF") == "1>0");
  CHECK(change(call, "CS") == "007b>0068");
  CHECK(call.did.starts_with("delivered vector 80h through the guest's IDT to 0068:"));
  for (std::size_t i = 1; i + 1 < journey.crossings.size(); ++i)
    check_rings(journey.crossings[i], {0, 0, 1, 1});
  CHECK(journey.crossings[3].cause == TrapCause::Privileged);
  CHECK(change(journey.crossings[3], "IF") == "0>1");
  CHECK(change(journey.crossings[4], "IF") == "1>0");
  const Crossing& back = journey.crossings.back();
  check_rings(back, {0, 3, 1, 3});
  CHECK(change(back, "CS") == "0068>007b");
  CHECK(journey.instructions == 18);
  CHECK(journey.direct_instructions() == 10);
  CHECK(journey.exits_under_vtx() == 0);
}

TEST_CASE("A call by SYSENTER traps at both ends, and needs no interrupt gate") {
  const Journey journey = follow(JourneyKind::Sysenter);
  CHECK(instructions(journey) == std::vector<std::string>{"sysenter", "mov ds, dx", "mov es, dx", "sti",
                                                          "cli", "pop es", "pop ds", "sti", "sysexit"});
  check_rings(journey.crossings.front(), {3, 0, 3, 1});
  check_rings(journey.crossings.back(), {0, 3, 1, 3});
  CHECK_FALSE(journey.crossings.front().vector);
}

TEST_CASE("A page fault is the guest's first, and the monitor's alone when the instruction runs again") {
  const Journey journey = follow(JourneyKind::PageFault);
  using enum TrapCause;
  CHECK(causes(journey) == std::vector<TrapCause>{PageFault, Sensitive, Sensitive, Privileged, WriteProtect,
                                                  Sensitive, Sensitive, Sensitive, HiddenFault});
  const Crossing& fault = journey.crossings.front();
  check_rings(fault, {3, 0, 3, 1});
  CHECK(fault.vector == 14);
  CHECK(fault.error_code == 6);
  const Crossing& read_cr2 = journey.crossings[3];
  CHECK(read_cr2.instruction == "mov eax, cr2");
  CHECK(change(read_cr2, "EAX").ends_with(">00800000"));
  const Crossing& again = journey.crossings.back();
  check_rings(again, {3, 3, 3, 3});
  CHECK(again.eip == fault.eip);
  CHECK(again.instruction == fault.instruction);
  CHECK(again.changes.empty());
  CHECK(again.did.ends_with("1 shadow entry filled"));
}

TEST_CASE("The first call is colder than the later ones") {
  const Journey warm = follow(JourneyKind::Int80);
  const Journey cold = follow(own_journey({JourneyKind::Int80}, true));
  CHECK(cold.number == 1);
  CHECK(warm.number == 17);
  CHECK(cold.instructions == warm.instructions);
  const auto met_own_faults = [](const Crossing& crossing) {
    return crossing.did.find("monitor's own") != std::string::npos;
  };
  CHECK(std::ranges::any_of(cold.crossings, met_own_faults));
  CHECK(std::ranges::none_of(warm.crossings, met_own_faults));
}

TEST_CASE("A kernel at ring 3 makes the same crossings at another physical ring") {
  JourneyRequest request = own_journey({JourneyKind::Int80});
  request.guest.machine.deprivilege = Deprivilege::Ring3;
  const Journey journey = follow(request);
  CHECK(instructions(journey) == instructions(follow(JourneyKind::Int80)));
  check_rings(journey.crossings.front(), {3, 0, 3, 3});
}

TEST_CASE("On nested tables the store to a page table does not cross") {
  JourneyRequest request = own_journey({JourneyKind::PageFault});
  request.guest.machine.paging.technique = Technique::Nested;
  const std::vector<TrapCause> met = causes(follow(request));
  CHECK(std::ranges::count(met, TrapCause::PageFault) == 1);
  CHECK(std::ranges::count(met, TrapCause::WriteProtect) == 0);
  CHECK(std::ranges::count(met, TrapCause::HiddenFault) == 0);
}

TEST_CASE("A journey does not depend on how long blocks are") {
  for (const JourneyKind kind : kJourneyKinds) {
    for (const bool cold : {false, true}) {
      JourneyRequest request = own_journey({kind}, cold);
      Journey whole = follow(request);
      request.guest.machine.single_instruction_blocks = true;
      Journey single = follow(request);
      forget_host_times(whole);
      forget_host_times(single);
      CHECK(journeys_json({whole}) == journeys_json({single}));
    }
  }
}

TEST_CASE("A journey that never begins is missed, with the reason") {
  JourneyRequest request = own_journey({JourneyKind::Int80, JourneyKind::Sysenter});
  request.skip = 1'000;
  const Result<JourneyResult> result = follow_journeys(request);
  REQUIRE(result);
  CHECK(result->journeys.empty());
  REQUIRE(result->missing.size() == 2);
  CHECK(result->missing[0].find("int80: ") == 0);
  CHECK(result->missing[0].find("the guest made 64, all of which --skip 1000 passes over") != std::string::npos);
}

TEST_CASE("Journeys are JSON for programs, with what each crossing was") {
  const nlohmann::json json = nlohmann::json::parse(journeys_json({follow(JourneyKind::PageFault)}));
  REQUIRE(json.size() == 1);
  CHECK(json[0]["kind"] == "page-fault");
  CHECK(json[0]["instructions"] == 18);
  const nlohmann::json& first = json[0]["crossings"][0];
  for (const char* const key :
       {"from", "to", "cause", "instruction", "vector", "virtual_ring_before", "virtual_ring_after",
        "physical_ring_before", "physical_ring_after", "cs", "eip", "did", "changes", "instructions_since",
        "host_ns_since", "host_ns_inside"})
    CHECK(first.contains(key));
  CHECK(first["from"] == "application");
  CHECK(first["to"] == "kernel");
  CHECK(first["cause"] == "page_fault");
  CHECK(json[0]["crossings"][1]["vector"].is_null());
}

TEST_CASE("A long journey is drawn folded, and what could be taken for markup is not") {
  Journey journey = follow(JourneyKind::Int80);
  const std::vector<Crossing> crossings = journey.crossings;
  CHECK(journeys_svg({journey}).find("more crossings") == std::string::npos);
  for (int i = 0; i < 9; ++i)
    journey.crossings.insert(journey.crossings.end(), crossings.begin(), crossings.end());
  journey.crossings.front().did = "less < & more >";
  const std::string svg = journeys_svg({journey});
  // 24 from the beginning and 8 from the end of 80.
  CHECK(svg.find("48 more crossings") != std::string::npos);
  CHECK(svg.find("12 privileged 36 sensitive") != std::string::npos);
  CHECK(svg.find("less &lt; &amp; more &gt;") != std::string::npos);
}

}  // namespace ringdown::test
