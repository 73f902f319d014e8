// Disk work beside the machine: order, exact failures, images that are late, and what is forgotten.
#include "core/host_disk_queue.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "frontend/doorbell.h"
#include "tests/support/late_image.h"

namespace ringdown::test {

namespace {

std::vector<std::byte> sectors_of(u32 count, u8 value) {
  return std::vector<std::byte>(std::size_t{count} * kSectorSize, static_cast<std::byte>(value));
}

/// The bytes that a sector read through the queue holds; they must all be the same.
u8 value_of(DiskQueue& queue, u64 sector) {
  const DiskQueue::Outcome outcome = queue.wait(queue.read(sector, sectors_of(1, 0)));
  REQUIRE(outcome.result);
  for (const std::byte b : outcome.data) REQUIRE(b == outcome.data[0]);
  return static_cast<u8>(outcome.data[0]);
}

}  // namespace

TEST_CASE("requests have the effect of their order, whoever does them and whenever they are waited for") {
  constexpr u32 kSectors = 16;
  DiskQueue queue(std::make_unique<LateImage>(kSectors));
  std::array<u8, kSectors> model{};
  std::minstd_rand random(7);
  struct Read {
    DiskQueue::Ticket ticket;
    u8 expected;
  };
  std::vector<Read> reads;
  std::vector<DiskQueue::Ticket> writes;
  for (unsigned step = 0; step < 3000; ++step) {
    const u32 sector = random() % kSectors;
    switch (random() % 4) {
      case 0:
        model[sector] = static_cast<u8>(step);
        writes.push_back(queue.write(sector, sectors_of(1, static_cast<u8>(step))));
        break;
      case 1:
        reads.push_back({queue.read(sector, sectors_of(1, 0xee)), model[sector]});
        break;
      case 2:
        if (reads.empty()) break;
        REQUIRE(queue.wait(reads.back().ticket).data[17] == static_cast<std::byte>(reads.back().expected));
        reads.pop_back();
        break;
      default:
        if (writes.empty()) break;
        if (random() % 2 == 0) {
          queue.forget(writes.back());
        } else {
          REQUIRE(queue.wait(writes.back()).sectors == 1);
        }
        writes.pop_back();
        break;
    }
  }
  for (const Read& read : reads) {
    REQUIRE(queue.wait(read.ticket).data[511] == static_cast<std::byte>(read.expected));
  }
  for (u32 sector = 0; sector < kSectors; ++sector) CHECK(value_of(queue, sector) == model[sector]);
}

TEST_CASE("what fails says how far it went") {
  auto owned = std::make_unique<LateImage>(100);
  LateImage& image = *owned;
  DiskQueue queue(std::move(owned));
  REQUIRE(queue.wait(queue.write(10, sectors_of(30, 3))).result);
  image.bad_sector = 25;
  const DiskQueue::Outcome read = queue.wait(queue.read(10, sectors_of(30, 0)));
  CHECK_FALSE(read.result);
  CHECK(read.sectors == 15);
  CHECK(read.data[14 * kSectorSize] == std::byte{3});
  const DiskQueue::Outcome written = queue.wait(queue.write(20, sectors_of(10, 4)));
  CHECK_FALSE(written.result);
  CHECK(written.sectors == 5);
  CHECK(value_of(queue, 24) == 4);
  CHECK(value_of(queue, 26) == 3);
}

TEST_CASE("an image that is away makes nobody wait who only asks, and wakes when it is there") {
  auto owned = std::make_unique<LateImage>(100);
  LateImage& image = *owned;
  DiskQueue queue(std::move(owned));
  Doorbell bell;
  queue.set_wake([&bell] { bell.ring(); });
  image.close_gate();
  const DiskQueue::Ticket ticket = queue.read(1, sectors_of(1, 0));
  for (int i = 0; i < 100; ++i) REQUIRE_FALSE(queue.ready(ticket));
  image.open_gate();
  bell.wait();
  REQUIRE(queue.ready(ticket));
  CHECK(queue.wait(ticket).result);
}

TEST_CASE("a queue that goes away interrupts what it is doing and drops what it has not begun") {
  LateImage::Trace trace;
  {
    auto owned = std::make_unique<LateImage>(100);
    LateImage& image = *owned;
    image.trace = &trace;
    DiskQueue queue(std::move(owned));
    image.close_gate();
    const DiskQueue::Ticket first = queue.write(1, sectors_of(1, 1));
    while (!image.at_gate()) REQUIRE_FALSE(queue.ready(first));
    queue.write(2, sectors_of(1, 2));
  }
  CHECK(trace.interrupted);
  CHECK(trace.writes == 1);
}

TEST_CASE("what the host has at hand is read at once, but never past what is queued before it") {
  auto owned = std::make_unique<LateImage>(100);
  LateImage& image = *owned;
  DiskQueue queue(std::move(owned));
  image.at_hand = true;
  REQUIRE(queue.ready(queue.read(5, sectors_of(1, 0xff))));
  image.close_gate();
  queue.write(5, sectors_of(1, 9));
  const DiskQueue::Ticket behind = queue.read(5, sectors_of(1, 0xff));
  CHECK_FALSE(queue.ready(behind));
  image.open_gate();
  CHECK(queue.wait(behind).data[0] == std::byte{9});
}

}  // namespace ringdown::test
