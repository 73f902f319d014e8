// What the recorder keeps of a run's paging events, and what it counts.
#include "frontend/lab/paging/paging_recorder.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/lab/paging/paging_report.h"

using namespace ringdown;

namespace {

constexpr u64 kSmallMemory = u64{16} << 20;
/// Far enough into the firmware for hidden faults and accesses to devices.
constexpr Ticks kInstructions = 3'000'000;

/// A machine that runs its firmware, watched.
struct RecordedMachine {
  explicit RecordedMachine(PagingRecorder::Limits limits) {
    MachineConfig config;
    config.memory_bytes = kSmallMemory;
    machine = std::move(*Machine::create(config, log));
    recorder.emplace(*machine, limits);
    machine->monitor()->paging().set_events(&*recorder);
    machine->run(kInstructions);
    json = nlohmann::json::parse(recorder->json());
    machine->monitor()->paging().set_events(nullptr);
  }
  u64 cause(std::size_t index) const { return json["counts"]["causes"][index][1]; }

  Log log;
  std::unique_ptr<Machine> machine;
  std::optional<PagingRecorder> recorder;
  nlohmann::json json;
};

}  // namespace

TEST_CASE("the recorder counts as the monitor does, and keeps a run of device accesses as one event") {
  const RecordedMachine recorded{PagingRecorder::Limits{}};
  const PagingCounters& counters = recorded.machine->monitor()->paging().counters();
  CHECK(recorded.cause(0) == counters.hidden_faults);
  CHECK(recorded.cause(1) == counters.write_protect_traps);
  CHECK(recorded.cause(2) == counters.device_accesses);
  CHECK(counters.device_accesses > 1000);
  const nlohmann::json& events = recorded.json["events"];
  CHECK(events.size() == recorded.json["counts"]["kept"]);
  CHECK_FALSE(recorded.json["counts"]["cut"]);
  u64 told = 0;
  constexpr auto kHiddenFault = static_cast<unsigned>(PagingEventKind::HiddenFault);
  constexpr std::size_t kCountAt = 6;
  for (const nlohmann::json& event : events)
    told += event[0] == kHiddenFault && event.size() > kCountAt ? event[kCountAt].get<u64>() : 1;
  CHECK(told == recorded.json["counts"]["told"]);
  CHECK(events.size() < told);
}

TEST_CASE("a recorder that is full goes on counting, and says that it was cut") {
  const RecordedMachine all{PagingRecorder::Limits{}};
  for (const PagingRecorder::Limits limits :
       {PagingRecorder::Limits{.events = 50}, PagingRecorder::Limits{.bytes = 3000}}) {
    const RecordedMachine recorded{limits};
    CHECK(recorded.json["counts"]["cut"]);
    CHECK(recorded.json["counts"]["kinds"] == all.json["counts"]["kinds"]);
    const nlohmann::json& events = recorded.json["events"];
    REQUIRE(events.size() < all.json["events"].size());
    CHECK(events.size() <= limits.events);
    for (std::size_t i = 0; i < events.size(); ++i) CHECK(events[i] == all.json["events"][i]);
  }
}

TEST_CASE("the report has all its parts inside") {
  const std::string page = paging_report_html(R"({"told":1})");
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.find(R"(<script type="application/json" id="data">{"told":1}</script>)") != std::string::npos);
  for (const char* const part :
       {"class Model", "class Grid", "class TranslationPanel", "class HeatMap", "class Timeline", ".grid"})
    CHECK(page.find(part) != std::string::npos);
  CHECK(page.find("{{") == std::string::npos);
  CHECK(page.find("http") == std::string::npos);
}
