// Frames that follow each other on a cable: their times, what is taken ahead, saved states.
#include "devices/network/arriving_frames.h"

#include <catch2/catch.hpp>
#include <utility>

#include "devices/network/ethernet_timing.h"
#include "tests/support/recorded_wire.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown::test {
namespace {

struct Cable : Serializable {
  TestClock clock;
  std::vector<std::pair<Frame, Picoseconds>> arrived;
  bool listening = true;
  ArrivingFrames frames{clock.scheduler(),
                        "cable",
                        0,
                        kTenMegabit,
                        [this] { return listening; },
                        [this](const Frame& frame) { arrived.emplace_back(frame, clock.scheduler().now()); }};

  ChunkTag chunk_tag() const override { return ChunkTag("CABL"); }
  void serialize(Archive& archive) override { frames.serialize(archive); }
};

const Frame kShort = frame_to(kStation, 60);
const Frame kLong = frame_to(kStation, 1514);
constexpr Picoseconds kShortTime = frame_time(60, kTenMegabit);
constexpr Picoseconds kLongTime = frame_time(1514, kTenMegabit);

TEST_CASE_METHOD(Cable, "One frame is taken ahead, and follows without a pause") {
  frames.add(kShort);
  REQUIRE(frames.has_room());
  frames.add(kLong);
  REQUIRE_FALSE(frames.has_room());
  frames.add(kShort);  // lost
  clock.advance(kShortTime);
  REQUIRE(arrived.size() == 1);
  REQUIRE(frames.has_room());
  frames.add(kShort);
  clock.advance(milliseconds(10));
  REQUIRE(arrived.size() == 3);
  REQUIRE(arrived[0] == std::pair(kShort, kShortTime));
  REQUIRE(arrived[1] == std::pair(kLong, kShortTime + kLongTime));
  REQUIRE(arrived[2] == std::pair(kShort, 2 * kShortTime + kLongTime));
  REQUIRE_FALSE(frames.receiving());
}

TEST_CASE_METHOD(Cable,
                 "Who does not listen when a frame begins hears nothing of it, and it takes its time") {
  listening = false;
  frames.add(kLong);
  frames.add(kShort);
  REQUIRE_FALSE(frames.receiving());
  listening = true;
  clock.advance(kLongTime);
  REQUIRE(arrived.empty());
  REQUIRE(frames.receiving());
  clock.advance(kShortTime);
  REQUIRE(arrived.size() == 1);
}

TEST_CASE_METHOD(Cable, "Who begins to ignore what arrives hears the next frame") {
  frames.add(kLong);
  frames.add(kShort);
  REQUIRE(frames.receiving());
  frames.ignore();
  REQUIRE_FALSE(frames.receiving());
  clock.advance(milliseconds(10));
  REQUIRE(arrived.size() == 1);
  REQUIRE(arrived[0] == std::pair(kShort, kLongTime + kShortTime));
}

TEST_CASE_METHOD(Cable, "Lengths that no cable carries are dropped") {
  frames.add({});
  frames.add(Frame(kLongestFrame + 1));
  REQUIRE_FALSE(frames.receiving());
  frames.add(Frame(kLongestFrame));
  REQUIRE(frames.receiving());
}

TEST_CASE_METHOD(Cable, "Frames of a state without their event stand in nobody's way") {
  Cable forged;
  forged.frames.add(kLong);
  forged.frames.add(kLong);
  REQUIRE(restore(*this, saved(forged)));
  REQUIRE(frames.has_room());
  frames.add(kShort);
  clock.advance(milliseconds(10));
  REQUIRE(arrived.size() == 1);
}

TEST_CASE("A cable with frames on it keeps the snapshot contract") {
  Cable used;
  Cable fresh;
  used.frames.add(kShort);
  used.frames.add(kLong);
  check_snapshot_contract(used, fresh);
}

}  // namespace
}  // namespace ringdown::test
