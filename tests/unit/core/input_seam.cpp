// The input seam: delivery, recordings that replay at the same counts, and recordings that are no good.
#include "core/input_seam.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/contract.h"
#include "tests/support/host_temporary.h"

using namespace ringdown;

namespace {

struct Machine {
  InputSeam seam;
  Ticks now = 0;
  struct Got {
    Ticks at;
    std::vector<u8> payload;
    friend bool operator==(const Got&, const Got&) = default;
  };
  std::vector<Got> got;
  Machine() {
    seam.connect(InputChannel::Keyboard, [this](const std::vector<u8>& payload) {
      got.push_back({now, payload});
    });
  }
  void deliver(Ticks at) {
    now = at;
    seam.deliver({at, at * 1000});
  }
};

struct TemporaryFile {
  std::string path = test::temporary_path("ringdown-input").string();
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::string content() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void set(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
};

std::string replay_error(const std::string& path) {
  Machine machine;
  const Result<void> refused = machine.seam.replay_from(path);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with(path + ": "));
  CHECK(refused.error().message.find('\n') == std::string::npos);
  return refused.error().message;
}

void record_three(const std::string& path) {
  Machine machine;
  REQUIRE(machine.seam.record_to(path));
  machine.seam.post(InputChannel::Keyboard, {0x1c});
  machine.deliver(100);
  machine.seam.post(InputChannel::Keyboard, {0xf0, 0x1c});
  machine.seam.post(InputChannel::Keyboard, {});
  machine.deliver(250);
}

}  // namespace

TEST_CASE("inputs are delivered once, in order, at the next boundary") {
  Machine machine;
  unsigned wakes = 0;
  machine.seam.set_wake([&wakes] { ++wakes; });
  machine.seam.post(InputChannel::Keyboard, {1});
  machine.seam.post(InputChannel::Mouse, {9});  // nobody is connected
  machine.seam.post(InputChannel::Keyboard, {2});
  CHECK(wakes == 3);
  CHECK(machine.got.empty());
  machine.deliver(10);
  machine.deliver(20);
  CHECK(machine.got == std::vector<Machine::Got>{{10, {1}}, {10, {2}}});
  CHECK(machine.seam.next_replay_ticks(250) == InputSeam::kNever);
}

TEST_CASE("inputs of a receiver that takes no more wait in order, and others pass them") {
  Machine machine;
  std::vector<u8> frames;
  std::size_t room = 1;
  machine.seam.connect(
      InputChannel::Nic0, [&](const std::vector<u8>& payload) { frames.push_back(payload.at(0)); },
      [&] { return frames.size() < room; });
  for (const u8 frame : {1, 2, 3}) machine.seam.post(InputChannel::Nic0, {frame});
  machine.seam.post(InputChannel::Keyboard, {9});
  CHECK(machine.seam.pending());
  machine.deliver(10);
  CHECK(frames == std::vector<u8>{1});
  CHECK(machine.got.size() == 1);
  CHECK_FALSE(machine.seam.pending());
  room = 2;
  CHECK(machine.seam.pending());
  machine.seam.post(InputChannel::Nic0, {4});
  machine.deliver(20);
  CHECK(frames == std::vector<u8>{1, 2});
  room = 9;
  machine.deliver(30);
  CHECK(frames == std::vector<u8>{1, 2, 3, 4});
}

TEST_CASE("what is posted to a receiver that takes nothing is bounded, and a channel's own") {
  Machine machine;
  bool open = false;
  unsigned frames = 0;
  machine.seam.connect(
      InputChannel::Nic0, [&](const std::vector<u8>&) { ++frames; }, [&] { return open; });
  for (unsigned i = 0; i < InputSeam::kMostQueued; ++i) REQUIRE(machine.seam.post(InputChannel::Nic0, {}));
  machine.deliver(10);
  CHECK_FALSE(machine.seam.post(InputChannel::Nic0, {}));
  CHECK(machine.seam.post(InputChannel::Keyboard, {1}));
  open = true;
  machine.deliver(20);
  CHECK(frames == InputSeam::kMostQueued);
  CHECK(machine.seam.post(InputChannel::Nic0, {}));
}

TEST_CASE("what waits for a receiver is no part of a state") {
  Machine machine;
  bool open = false;
  unsigned frames = 0;
  machine.seam.connect(
      InputChannel::Nic0, [&](const std::vector<u8>&) { ++frames; }, [&] { return open; });
  machine.seam.post(InputChannel::Nic0, {1});
  machine.deliver(10);
  machine.seam.post(InputChannel::Nic0, {2});  // its receiver has not been asked yet
  REQUIRE(test::restore(machine.seam, test::saved(machine.seam)));
  open = true;
  machine.deliver(20);
  CHECK(frames == 0);
  machine.seam.post(InputChannel::Nic0, {2});
  machine.deliver(30);
  CHECK(frames == 1);
}

TEST_CASE("what waited for a receiver is replayed where it was delivered") {
  TemporaryFile file;
  bool open = false;
  std::vector<Ticks> moments;
  const auto connect = [&](Machine& machine, bool gated) {
    machine.seam.connect(
        InputChannel::Nic0, [&](const std::vector<u8>&) { moments.push_back(machine.now); },
        [&, gated] { return !gated || open; });
  };
  {
    Machine machine;
    connect(machine, true);
    REQUIRE(machine.seam.record_to(file.path));
    machine.seam.post(InputChannel::Nic0, {1});
    machine.deliver(10);
    open = true;
    machine.deliver(20);
  }
  Machine machine;
  connect(machine, false);
  REQUIRE(machine.seam.replay_from(file.path));
  CHECK(machine.seam.next_replay_ticks(0) == 20);
  machine.deliver(10);
  machine.deliver(20);
  CHECK(moments == std::vector<Ticks>{20, 20});
}

TEST_CASE("a recording replays the same inputs at the same counts") {
  TemporaryFile file;
  record_three(file.path);
  Machine machine;
  REQUIRE(machine.seam.replay_from(file.path));
  CHECK(machine.seam.next_replay_ticks(0) == 100);
  machine.seam.post(InputChannel::Keyboard, {0xee});  // ignored
  machine.deliver(99);
  CHECK(machine.got.empty());
  machine.deliver(100);
  CHECK(machine.got == std::vector<Machine::Got>{{100, {0x1c}}});
  CHECK(machine.seam.next_replay_ticks(100) == 250);
  machine.deliver(250);
  CHECK(machine.got.size() == 3);
  CHECK(machine.got[1].payload == std::vector<u8>{0xf0, 0x1c});
  CHECK(machine.seam.next_replay_ticks(250) == InputSeam::kNever);
}

TEST_CASE("a restored machine replays what comes after its state") {
  TemporaryFile file;
  record_three(file.path);
  Machine machine;
  REQUIRE(machine.seam.replay_from(file.path));
  machine.deliver(100);
  const std::vector<std::byte> state = test::saved(machine.seam);
  machine.deliver(250);
  CHECK(machine.got.size() == 3);
  REQUIRE(test::restore(machine.seam, state));
  CHECK(machine.seam.next_replay_ticks(100) == 250);
  machine.deliver(250);
  CHECK(machine.got.size() == 5);
}

TEST_CASE("an input that came to a halted processor waits for its time") {
  TemporaryFile file;
  {
    Machine machine;
    REQUIRE(machine.seam.record_to(file.path));
    machine.seam.deliver({100, 5000});
    machine.seam.post(InputChannel::Keyboard, {1});
    machine.seam.deliver({100, 5000});
    CHECK(machine.got.empty());
    machine.seam.deliver({100, 9000});
    CHECK(machine.got.size() == 1);
  }
  Machine machine;
  REQUIRE(machine.seam.replay_from(file.path));
  CHECK(machine.seam.next_replay_time(99) == kNeverTime);
  machine.seam.deliver({100, 5000});
  CHECK(machine.got.empty());
  CHECK(machine.seam.next_replay_ticks(100) == InputSeam::kNever);
  CHECK(machine.seam.next_replay_time(100) == 9000);
  machine.seam.deliver({100, 9000});
  CHECK(machine.got.size() == 1);
}

TEST_CASE("a recording that sets a clock beyond all bounds is refused") {
  TemporaryFile file;
  const auto set_rate = [&](std::vector<u8> payload) {
    Machine machine;
    REQUIRE(machine.seam.record_to(file.path));
    machine.seam.post(InputChannel::ClockRate, std::move(payload));
    machine.deliver(100);
  };
  set_rate({1, 0, 0, 0, 0, 0, 0, 0});
  CHECK(replay_error(file.path).find("input 1 sets a clock that is not one of 100000 to 100000000000") !=
        std::string::npos);
  set_rate({0x9f, 0x86, 1, 0, 0, 0, 0, 0});  // 99999
  CHECK(replay_error(file.path).find("input 1 sets a clock") != std::string::npos);
  set_rate({1});
  CHECK(replay_error(file.path).find("input 1 sets a clock") != std::string::npos);
  set_rate({0xa0, 0x86, 1, 0, 0, 0, 0, 0});
  Machine machine;
  CHECK(machine.seam.replay_from(file.path));
}

TEST_CASE("a recording begun at a saved state needs that state") {
  TemporaryFile file;
  Machine machine;
  machine.seam.post(InputChannel::Keyboard, {1});
  machine.deliver(5);
  const std::vector<std::byte> state = test::saved(machine.seam);
  REQUIRE(machine.seam.record_to(file.path));
  machine.seam.post(InputChannel::Keyboard, {2});
  machine.deliver(7);
  CHECK(replay_error(file.path).find("restore that state first") != std::string::npos);

  Machine restored;
  REQUIRE(test::restore(restored.seam, state));
  REQUIRE(restored.seam.replay_from(file.path));
  CHECK(restored.seam.next_replay_ticks(5) == 7);
}

TEST_CASE("a recording that is missing, foreign or damaged is refused in one line") {
  TemporaryFile file;
  CHECK(replay_error("/nonexistent/x.rec").find("cannot open") != std::string::npos);
  file.set("hello");
  CHECK(replay_error(file.path).find("not a Ringdown recording") != std::string::npos);

  record_three(file.path);
  const std::string good = file.content();
  constexpr std::size_t kMagicSize = 8, kHeaderSize = 20, kEntrySize = 8 + 8 + 1 + 4 + 1 + 4;
  for (std::size_t length = kMagicSize; length < good.size(); ++length) {
    if (length == kHeaderSize || length == kHeaderSize + kEntrySize ||
        length == kHeaderSize + 2 * kEntrySize + 1) {
      continue;  // whole entries: a shorter recording, as a run that was killed leaves it
    }
    CAPTURE(length);
    file.set(good.substr(0, length));
    CHECK(replay_error(file.path).find("cut short") != std::string::npos);
  }
  for (std::size_t offset = kHeaderSize; offset < good.size(); ++offset) {
    std::string bad = good;
    bad[offset] = static_cast<char>(bad[offset] ^ 0x20);
    CAPTURE(offset);
    file.set(bad);
    CHECK(replay_error(file.path).find("damaged") != std::string::npos);
  }
  std::string newer = good;
  newer[kMagicSize] = 3;
  file.set(newer);
  CHECK(replay_error(file.path).find("recording format 3") != std::string::npos);
}

TEST_CASE("recording to an impossible place is refused, and a full disk is reported") {
  Machine machine;
  CHECK_FALSE(machine.seam.record_to("/nonexistent/x.rec"));
  if (std::filesystem::exists("/dev/full")) CHECK_FALSE(machine.seam.record_to("/dev/full"));
}
