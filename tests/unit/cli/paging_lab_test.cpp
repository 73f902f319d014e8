// The paging laboratory: one guest does the same work on every technique and bare, at a cost that each is
// known for.
#include "frontend/lab/paging/paging_lab.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/cli/lab_options.h"

namespace ringdown::test {

namespace {

PagingResult run_own_guest(const PagingContender& contender, bool single_instruction_blocks = false) {
  Options guest;
  guest.machine = own_guest_config();
  guest.machine.single_instruction_blocks = single_instruction_blocks;
  guest.stop_after = 1'000'000'000;
  if (contender.mode == RunMode::Trap) guest.audit_every = 5'000'000;
  Result<PagingResult> result = run_contender(contender, guest);
  REQUIRE(result);
  CHECK(result->end.reason == EndReason::Exit);
  CHECK(result->end.status == 0);
  return *result;
}

}  // namespace

TEST_CASE("The laboratory's guest does the same on every technique and bare") {
  const std::vector<PagingContender> contenders = paging_contenders(true);
  REQUIRE(contenders.size() == 3);
  const PagingResult bare = run_own_guest({"bare", {}, RunMode::Bare});
  CHECK(bare.exits == 0);
  std::vector<PagingResult> results;
  for (const PagingContender& contender : contenders) {
    results.push_back(run_own_guest(contender));
    CHECK(agree(results.back(), bare));
  }
  const auto& [shadow, nested, direct] = std::tie(results[0], results[1], results[2]);
  CHECK(shadow.instructions == bare.instructions);
  CHECK(nested.instructions == bare.instructions);
  CHECK(shadow.walk_references == 2 * shadow.walks);
  CHECK(shadow.counters.syncs > 0);
  CHECK(shadow.counters.hypercalls + nested.counters.hypercalls == 0);
  // Nearly every walk is a full one.
  CHECK(nested.walk_references > 13 * nested.walks);
  CHECK(nested.walk_references <= 14 * nested.walks);
  CHECK(direct.walk_references <= 2 * direct.walks);
  CHECK(direct.counters.hidden_faults == 0);
  CHECK(direct.counters.hypercalls < direct.counters.entries_updated);
  CHECK(nested.exits < shadow.exits);
  CHECK(direct.exits < nested.exits);
  for (const PagingResult& result : results) CHECK(result.exits_under_vtx < result.exits);
}

TEST_CASE("How long blocks are changes no count of any technique") {
  for (const PagingContender& contender : paging_contenders(true)) {
    PagingResult whole = run_own_guest(contender);
    PagingResult single = run_own_guest(contender, true);
    whole.host_seconds = single.host_seconds = 0;
    CHECK(paging_json({whole}) == paging_json({single}));
    CHECK(whole.counters.fills == single.counters.fills);
    CHECK(whole.counters.true_faults == single.counters.true_faults);
  }
}

TEST_CASE("Results are a table for people and JSON for programs") {
  PagingResult one;
  one.name = "shadow";
  one.instructions = 7;
  one.exits = 5;
  one.exits_under_vtx = 2;
  one.checksum = 0xabc;
  PagingResult other = one;
  other.name = "nested";
  other.checksum = 0xabd;
  CHECK_FALSE(agree(one, other));
  const std::string table = paging_table({one, other});
  CHECK(std::ranges::count(table, '\n') == 3);
  CHECK(table.find("00000abd  differs") != std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(paging_json({one, other}));
  REQUIRE(json.size() == 2);
  CHECK(json[0]["technique"] == "shadow");
  CHECK(json[0]["would_not_exit_under_vtx"] == 3);
  CHECK(json[0]["agrees"] == true);
  CHECK(json[1]["agrees"] == false);
}

TEST_CASE("A guest of the user's is compared on the techniques that can page it") {
  CHECK(paging_contenders(false).size() == 2);
  const auto own = parse_lab({"paging"});
  REQUIRE(own);
  CHECK(std::holds_alternative<Subcommand>(*own));
  const auto other = parse_lab({"paging", "--json", "--", "disk.img,readonly", "-m", "64M"});
  REQUIRE(other);
  CHECK(std::holds_alternative<Subcommand>(*other));
}

}  // namespace ringdown::test
