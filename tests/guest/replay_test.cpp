// Recorded input: what was typed into a guest at odd moments arrives at the same moments again.
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/guest_machine.h"
#include "tests/support/statistics.h"

namespace ringdown::test {

namespace {

constexpr Ticks kBootLimit = 8'000'000'000;
constexpr Ticks kTypingTime = 60'000'000;

MachineConfig shell_config() {
  MachineConfig config;
  config.memory_bytes = u64{128} << 20;
  return with_linux(config, {});
}

std::unique_ptr<GuestMachine> restored(const std::vector<std::byte>& state) {
  auto guest = std::make_unique<GuestMachine>(shell_config());
  REQUIRE(guest->machine().load_state(state, "the state"));
  return guest;
}

void check_same(GuestMachine& recorded, GuestMachine& replayed, std::size_t said_before) {
  CHECK(replayed.ticks() == recorded.ticks());
  CHECK(replayed.console() == recorded.console().substr(said_before));
  CHECK(difference(guest_state(recorded.machine()), guest_state(replayed.machine())) == "");
}

nlohmann::json statistics_without_blocks(GuestMachine& guest) {
  nlohmann::json statistics = statistics_of(guest.machine());
  // A replay stops at other moments than the recording did, and that cuts blocks.
  statistics.erase("blocks");
  return statistics;
}

}  // namespace

TEST_CASE("What was typed into Linux is replayed from the first state and from one in the middle") {
  const std::string path = (std::filesystem::temp_directory_path() / "ringdown_replay_test.record").string();
  GuestMachine booted(shell_config());
  REQUIRE(booted.wait_for_console("/root # ", kBootLimit));
  const std::vector<std::byte> start = booted.machine().save_state();

  const auto recorded = restored(start);
  const Ticks end = recorded->ticks() + kTypingTime;
  REQUIRE(recorded->machine().inputs().record_to(path));
  std::vector<std::byte> middle;
  std::size_t said_before_middle = 0;
  // Odd slices, so that lines arrive while others run and while the processor is halted.
  Ticks slice = 1;
  for (unsigned i = 0; recorded->ticks() + slice < end; ++i) {
    recorded->type(i % 5 == 4 ? "\x03" : "echo $((" + std::to_string(i) + "+1))\n");
    recorded->machine().inputs().post(InputChannel::Keyboard, {0x1c, 0xf0, 0x1c});
    recorded->run_to(recorded->ticks() + slice);
    slice = slice * 3 % 4'000'037 + 1;
    if (i == 12) {
      middle = recorded->machine().save_state();
      said_before_middle = recorded->console().size();
    }
  }
  recorded->run_to(end);
  INFO(recorded->console());
  CHECK(recorded->console().find("\n2\r\n") != std::string::npos);
  REQUIRE_FALSE(middle.empty());

  const auto replayed = restored(start);
  REQUIRE(replayed->machine().inputs().replay_from(path));
  replayed->type("this is ignored\n");
  replayed->run_to(end);
  check_same(*recorded, *replayed, 0);
  CHECK(difference(statistics_without_blocks(*recorded), statistics_without_blocks(*replayed)) == "");

  const auto from_the_middle = restored(middle);
  REQUIRE(from_the_middle->machine().inputs().replay_from(path));
  from_the_middle->run_to(end);
  check_same(*recorded, *from_the_middle, said_before_middle);
  std::filesystem::remove(path);
}

}  // namespace ringdown::test
