// The floppy controller's state: saved and restored at any moment, and drivers that write junk.
#include <catch2/catch.hpp>
#include <random>

#include "tests/support/snapshot_contract.h"
#include "tests/unit/storage/floppy_rig.h"

namespace ringdown {

using namespace test;

namespace {

struct TwoDrives : FloppyRig {
  TwoDrives() {
    add_disk(0, "1.44 MB");
    add_disk(1, "1.2 MB");
  }
};

/// Saves everything that a transfer depends on and restores it in another machine.
void hand_over(FloppyRig& from, FloppyRig& to) {
  REQUIRE(restore(to.clock, saved(from.clock)));
  REQUIRE(restore(to.clock.scheduler(), saved(from.clock.scheduler())));
  REQUIRE(restore(to.memory, saved(from.memory)));
  REQUIRE(restore(to.dma, saved(from.dma)));
  REQUIRE(restore(to.controller, saved(from.controller)));
}

/// What a driver sees of a command that is under way: until its result.
Bytes rest_of_transfer(FloppyRig& r, bool by_host) {
  Bytes seen;
  for (int us = 0; us < 1'000'000 && (r.in(kMsr)&0xf0) != 0xd0; us += 10) {
    while (by_host && r.in(kMsr) == 0xf0) seen.push_back(r.in(kFifo));
    r.clock.advance(microseconds(10));
  }
  for (const u8 byte : r.result()) seen.push_back(byte);
  return seen;
}

}  // namespace

TEST_CASE("the floppy controller keeps the snapshot contract in every phase") {
  TwoDrives used;
  SECTION("after use") { used.start(); }
  SECTION("inside a command") {
    used.start();
    used.command({0x46, 0x00, 0x01});
  }
  SECTION("inside a seek") {
    used.start();
    used.command({0x0f, 0, 40});
    used.clock.advance(milliseconds(50));
  }
  SECTION("inside a transfer by DMA") {
    used.start();
    used.program_dma(0x44, 18 * 512);
    used.command({0x46, 0, 0, 0, 1, 2, 18, 0x1b, 0xff});
    used.clock.advance(milliseconds(400));
    REQUIRE(used.in(kMsr) == 0x50);
  }
  SECTION("inside a transfer by the host") {
    used.start();
    used.command({0x03, 0xdf, 0x03});
    used.command({0x13, 0, 0x07, 0});
    used.command({0x45, 0, 0, 0, 1, 2, 18, 0x1b, 0xff});
    used.out(kFifo, 0x42);
    REQUIRE(used.in(kMsr) == 0xb0);
  }
  SECTION("inside a result") {
    used.start();
    used.command({0x0e});
    used.in(kFifo);
  }
  TwoDrives fresh;
  check_snapshot_contract(used.controller, fresh.controller);
}

TEST_CASE("a restored transfer ends as the one that was never stopped") {
  const bool by_host = GENERATE(false, true);
  TwoDrives first;
  first.start();
  if (by_host) {
    first.command({0x03, 0xdf, 0x03});
    first.command({0x13, 0, 0x07, 0});
  }
  first.program_dma(0x44, 4 * 512);
  first.command({0x46, 0, 0, 0, 5, 2, 8, 0x1b, 0xff});
  Bytes before;
  for (int step = 0; step < 20'000 && before.size() < 100; ++step) {
    first.clock.advance(microseconds(50));
    while (by_host && first.in(kMsr) == 0xf0) before.push_back(first.in(kFifo));
    if (!by_host && first.byte_at(512) == pattern(5, 0)) break;
  }
  TwoDrives second;
  hand_over(first, second);
  const Bytes expected = rest_of_transfer(first, by_host);
  CHECK(expected.size() >= 7);
  CHECK(rest_of_transfer(second, by_host) == expected);
  CHECK(second.clock.ticks() == first.clock.ticks());
  if (!by_host) second.expect_in_memory(4, 4);
}

TEST_CASE("a state of other drives or other disks is refused") {
  TwoDrives used;
  used.start();
  FloppyRig one;
  one.add_disk(0, "1.44 MB");
  CHECK_FALSE(restore(one.controller, saved(used.controller)));
  FloppyRig other;
  other.add_disk(0, "720 KB");
  other.add_disk(1, "1.2 MB");
  CHECK_FALSE(restore(other.controller, saved(used.controller)));
  TwoDrives empty;
  empty.controller.removable(1)->remove();
  CHECK_FALSE(restore(empty.controller, saved(used.controller)));
  CHECK(empty.in(kMsr) == 0);
}

TEST_CASE("forged states do no harm when they run on") {
  TwoDrives used;
  used.start();
  used.program_dma(0x44, 18 * 512);
  used.command({0x46, 0, 0, 0, 1, 2, 18, 0x1b, 0xff});
  used.clock.advance(milliseconds(400));
  const std::vector<std::byte> payload = payload_of(used.controller);
  std::minstd_rand random(7);
  unsigned accepted = 0;
  for (int round = 0; round < 100; ++round) {
    TwoDrives victim;
    hand_over(used, victim);
    std::vector<std::byte> forged = payload;
    for (unsigned change = random() % 6 + 1; change > 0; --change) {
      forged[random() % forged.size()] = static_cast<std::byte>(random() & 0xff);
    }
    if (accepts(victim.controller, forged)) ++accepted;
    for (int i = 0; i < 20; ++i) {
      victim.clock.advance(milliseconds(20));
      victim.in(kFifo);
      victim.out(kFifo, static_cast<unsigned>(random() & 0xff));
    }
  }
  CHECK(accepted > 10);
  CHECK(accepted < 100);
}

TEST_CASE("random accesses to the floppy controller do no harm") {
  TwoDrives r;
  std::minstd_rand random(4711);
  const auto pick = [&random](u32 limit) { return static_cast<u32>(random() % limit); };
  constexpr u8 kCodes[] = {0x46, 0x66, 0xe6, 0x45, 0xc5, 0x4c, 0x49, 0x42, 0x56, 0x4d,
                           0x4a, 0x07, 0x08, 0x0f, 0x03, 0x04, 0x13, 0x12, 0x8f, 0xcf};
  r.start();
  for (int step = 0; step < 100'000; ++step) {
    switch (pick(9)) {
      case 0:  // mostly a whole command that might succeed, in a command phase
        while ((r.in(kMsr)&0xc0) == 0xc0) r.in(kFifo);
        r.out(kFifo, pick(6) == 0 ? pick(256) : kCodes[pick(std::size(kCodes))]);
        for (const u32 likely : {0, 0, 0, 1, 2, 3, 0x1b, 0xff})
          r.out(kFifo, pick(12) == 0 ? pick(256) : likely);
        break;
      case 1:
        if (pick(10) == 0) r.out(pick(20) == 0 ? kDor : 3 + pick(3), pick(256));
        break;
      case 2:  // out of whatever it is in
        if (pick(20) == 0) r.out(kDor, 0);
        r.out(kDor, pick(10) == 0 ? 0x3c | pick(4) : 0x3c);
        break;
      case 3:
        for (u32 i = pick(16); i > 0; --i) r.in(pick(2) == 0 ? pick(6) : u32{kFifo});
        break;
      case 4:
        r.program_dma(0x40 | pick(16), pick(4096) + 1);
        break;
      case 5:
        r.rate(pick(4) == 0 ? static_cast<FloppyRate>(pick(4)) : FloppyRate::Kbps500);
        break;
      case 6:
        if (pick(1000) == 0) r.controller.removable(pick(2))->remove();
        if (pick(400) == 0) r.insert(0, pick(2) == 0 ? "720 KB" : "1.44 MB", pick(8) == 0);
        break;
      default:
        r.clock.advance(microseconds(pick(200'000)));
        break;
    }
  }
  unsigned reads = 0, writes = 0;
  for (const auto& [drive, disk] : r.disks) {
    reads += disk.reads;
    writes += disk.writes;
  }
  CHECK(reads > 0);
  CHECK(writes > 0);
  // Whatever happened, a reset brings the controller back.
  r.controller.reset();
  r.start();
  CHECK(r.in(kMsr) == 0x80);
}

}  // namespace ringdown
