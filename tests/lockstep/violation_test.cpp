// Guests of the laboratory that are deceived: the first wrong result of each, and what comes of it.
#include "frontend/lab/violate/violation.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/lab/lab_guests.h"

namespace ringdown::test {

namespace {

Violation violate(const std::string& instructions, std::string_view guest,
                  Deprivilege deprivilege = Deprivilege::Ring1) {
  ViolationSetup setup;
  setup.instructions = instructions;
  setup.guest = guest;
  setup.machine = lab_guest_config(*find_lab_guest(guest));
  setup.machine.deprivilege = deprivilege;
  setup.machine.paging.sync = ShadowSync::Strict;
  REQUIRE(setup.machine.policy.let_through(instructions));
  setup.within = 100'000'000;
  setup.go = true;
  Result<Violation> violation = find_violation(setup);
  REQUIRE(violation);
  return std::move(*violation);
}

struct Story {
  const char* instruction;
  const char* guest;
  const char* item;       // how the name of the first difference begins
  const char* aftermath;  // said or suffered by the deceived guest, and not by the other
};

constexpr std::array kStories{
    Story{"pushf", "pushf-kernel", "memory", "a tick came inside the critical section"},
    Story{"popf", "popf-kernel", "EFLAGS", "the timer is dead"},
    Story{"mov-from-sreg", "cs-kernel", "memory", "killed"},
    Story{"push-cs", "push-cs-kernel", "memory", "#GP"},
    Story{"push-sreg", "push-ss-kernel", "memory", "#GP"},
    Story{"lar", "lar-kernel", "EAX", "panic"},
    Story{"lsl", "lsl-kernel", "EAX", "panic"},
    Story{"verr", "verr-kernel", "EFLAGS", "panic"},
    Story{"smsw", "smsw-kernel", "EAX", "panic"},
    Story{"str", "str-kernel", "EAX", "panic"},
    Story{"sgdt", "sgdt-kernel", "memory", "triple fault"},
    Story{"sidt", "sidt-kernel", "memory", "panic"},
    Story{"sldt", "sldt-kernel", "EAX", "panic"},
    Story{"ret-far", "retf-kernel", "ESP", "panic"},
    Story{"sysenter", "sysenter-kernel", "ESP", "panic"},
};

}  // namespace

TEST_CASE("Each guest of the laboratory sees a wrong result of its instruction, and comes to grief") {
  for (const Story& story : kStories) {
    const Violation violation = violate(story.instruction, story.guest);
    INFO(violation_text(violation));
    REQUIRE(violation.run.divergence);
    REQUIRE(violation.aftermath);
    CHECK(violation.met >= 1);
    CHECK(violation.run.divergence->differences.at(0).item.starts_with(story.item));
    const auto told = [](const AfterSide& side) { return side.output + side.end; };
    CHECK(told(violation.aftermath->through).find(story.aftermath) != std::string::npos);
    CHECK(told(violation.aftermath->bare).find(story.aftermath) == std::string::npos);
    CHECK(violation.aftermath->bare.end == "exit 0");
    CHECK(violation.aftermath->through.end != "exit 0");
  }
}

TEST_CASE("At ring 3 LAR tells another lie") {
  const Violation ring1 = violate("lar", "lar-kernel");
  const Violation ring3 = violate("lar", "lar-kernel", Deprivilege::Ring3);
  REQUIRE(ring1.run.divergence);
  REQUIRE(ring3.run.divergence);
  CHECK(ring1.run.divergence->differences[0].other != ring3.run.divergence->differences[0].other);
}

TEST_CASE("A guest that never comes to the instruction says so, and how it ended") {
  const Violation violation = violate("sldt", "popf-kernel");
  CHECK_FALSE(violation.run.divergence);
  CHECK_FALSE(violation.aftermath);
  CHECK(violation.met == 0);
  CHECK(violation.run.end == "exit 0");
  CHECK(violation_text(violation).find("comes to no sldt") != std::string::npos);
  const auto json = nlohmann::json::parse(violation_json(violation));
  CHECK(json["missing"].get<std::string>().find("comes to no sldt") != std::string::npos);
}

TEST_CASE("A guest that is never told anything wrong says how often it could have been") {
  const Violation violation = violate("mov-to-sreg", "pop-sreg-kernel");
  CHECK_FALSE(violation.run.divergence);
  CHECK(violation.met > 1);
  CHECK(violation_text(violation).find("never got a wrong result") != std::string::npos);
}

TEST_CASE("As JSON a violation has the difference and what came of it") {
  const Violation violation = violate("popf", "popf-kernel");
  const auto json = nlohmann::json::parse(violation_json(violation));
  CHECK(json["instruction"] == "popf");
  CHECK(json["guest"] == "popf-kernel");
  CHECK(json["disassembly"] == "popfd");
  CHECK(json["bytes"] == "9d");
  CHECK(json["differences"][0]["item"] == "EFLAGS");
  CHECK(json["differences"][0]["bare"] != json["differences"][0]["through"]);
  CHECK(json["history"].size() == 16);
  CHECK(json["aftermath"]["bare"]["end"] == "exit 0");
  CHECK(json["aftermath"]["through"]["end"] == "exit 1");
  CHECK(json["aftermath"]["through"]["output"].get<std::string>().find("dead") != std::string::npos);
  CHECK(json["summary"].get<std::string>().find("EFLAGS") != std::string::npos);
}

}  // namespace ringdown::test
