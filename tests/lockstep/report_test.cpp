// What the laboratory tells of a difference.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/lab/lockstep/divergence_report.h"
#include "tests/lockstep/lockstep_run.h"
#include "tests/support/meddler.h"

namespace ringdown::test {

namespace {

/// PUSHF runs directly: IF is set in what it pushes.
Divergence pushf_divergence() {
  LockstepSetup setup = lockstep_of("all-traps");
  setup.prepare = [](LockstepSide&, LockstepSide& other) {
    other.keep(std::make_shared<Meddler>(
        other.machine(),
        Meddler::Mistake{.lets_run = [](const InstructionRow& row) { return row.name == "pushf"; }}));
  };
  LockstepResult result = run_lockstep(std::move(setup));
  REQUIRE(result.divergence);
  return *result.divergence;
}

}  // namespace

TEST_CASE("A difference is told with the instruction, both values, both states and the history") {
  const Divergence divergence = pushf_divergence();
  const std::string text = divergence_text(divergence, {});
  INFO(text);
  CHECK(text.find("pushfd") != std::string::npos);
  CHECK(text.find("(at SS:ESP)") != std::string::npos);
  CHECK(text.find("EFLAGS 000") != std::string::npos);
  CHECK(divergence.history.size() == 16);
  for (const Divergence::StateRow& row : divergence.state) CHECK_FALSE(row.reference.empty());
  // Fits a terminal.
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    CHECK(end - at <= 120);
    at = end + 1;
  }
}

TEST_CASE("As JSON a difference has the same") {
  const Divergence divergence = pushf_divergence();
  const nlohmann::ordered_json json = divergence_json(divergence, {"bare", "through"});
  CHECK(json["ticks"] == divergence.ticks);
  CHECK(json["disassembly"] == "pushfd");
  CHECK(json["bytes"] == "9c");
  CHECK(json["where"] == "instruction");
  REQUIRE(json["differences"].size() == 1);
  const auto& difference = json["differences"][0];
  CHECK(difference["place"] == "at SS:ESP");
  const auto value = [&](const char* side) {
    return std::stoul(difference[side].get<std::string>(), nullptr, 16);
  };
  CHECK((value("bare") ^ value("through")) == eflags::kIf);
  CHECK(json["history"].size() == 16);
  CHECK(json["state"].size() == divergence.state.size());
}

}  // namespace ringdown::test
