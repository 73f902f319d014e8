// Rings and chains: order, suppression of events, indirect tables, and drivers that break the rules.
#include "tests/unit/virtio/net_rig.h"

namespace ringdown {

using namespace test;

namespace {

/// A queue of eight without a device.
struct QueueRig : VirtioSurroundings {
  static constexpr u16 kSize = 8;
  DmaMemory dma{memory};
  Virtqueue queue{dma, 16};
  DriverQueue ring{memory, kRings, kSize};
  DescriptorChain chain;

  explicit QueueRig(RingFeatures features = {}) {
    queue.set_size(kSize);
    queue.set_places({ring.descriptors(), ring.driver(), ring.device()});
    queue.set_features(features);
    queue.set_enabled(true);
  }
  Virtqueue::Taken take() { return queue.take(chain); }
};

using Taken = Virtqueue::Taken;
using Published = Virtqueue::Published;

}  // namespace

TEST_CASE("Chains come in the order of the ring, through many turns of it") {
  QueueRig r;
  for (u32 round = 0; round < 70'000; ++round) {
    CAPTURE(round);
    const u16 head = r.ring.add({{kBuffers + round, 10}, {kBuffers, 20, true}});
    REQUIRE(r.queue.has_chain());
    REQUIRE(r.take() == Taken::Chain);
    REQUIRE(r.chain.head == head);
    REQUIRE(r.chain.readable.length() == 10);
    REQUIRE(r.chain.writable.length() == 20);
    REQUIRE(r.take() == Taken::Nothing);
    r.queue.push(head, round);
    REQUIRE(r.ring.used() == static_cast<u16>(round));
    REQUIRE(r.queue.publish() == Published::Interrupt);
    REQUIRE(r.ring.used() == static_cast<u16>(round + 1));
    REQUIRE(r.ring.element(static_cast<u16>(round)) == DriverQueue::Element{head, round});
  }
}

TEST_CASE("Data goes to and from the segments of a chain") {
  QueueRig r;
  std::array<std::byte, 30> data;
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i);
  r.put(kBuffers, std::span(data).first(10));
  r.put(kBuffers + 0x1000, std::span(data).subspan(10));
  r.ring.add({{kBuffers, 10}, {0, 0}, {kBuffers + 0x1000, 20}, {kBuffers + 0x2ffe, 4, true}});
  REQUIRE(r.take() == Taken::Chain);
  std::array<std::byte, 15> part{};
  REQUIRE(r.chain.readable.read(r.dma, 5, part));
  CHECK(std::equal(part.begin(), part.end(), data.begin() + 5));
  CHECK_FALSE(r.chain.readable.read(r.dma, 20, part));
  // Across a page.
  REQUIRE(r.chain.writable.write(r.dma, 1, std::span(data).subspan(7, 3)));
  CHECK(r.get(kBuffers + 0x2fff, 3) == std::vector<std::byte>(data.begin() + 7, data.begin() + 10));
  CHECK_FALSE(r.chain.writable.write(r.dma, 2, std::span(data).first(3)));
}

TEST_CASE("Without event indices, flags suppress interrupts and notifications") {
  QueueRig r;
  r.ring.set_flags(1);
  r.ring.add({{kBuffers, 1}});
  REQUIRE(r.take() == Taken::Chain);
  r.queue.push(0, 0);
  CHECK(r.queue.publish() == Published::Quietly);
  r.queue.need_no_notification();
  CHECK(r.ring.device_flags() == 1);
  r.queue.ask_for_notification();
  CHECK(r.ring.device_flags() == 0);
  // Nothing pushed, nothing told.
  r.ring.set_flags(0);
  CHECK(r.queue.publish() == Published::Quietly);
}

TEST_CASE("Notify on empty overrides suppression when the ring has run empty") {
  QueueRig r({.notify_on_empty = true});
  r.ring.set_flags(1);
  r.ring.add({{kBuffers, 1}});
  r.ring.add({{kBuffers, 1}});
  REQUIRE(r.take() == Taken::Chain);
  r.queue.push(0, 0);
  CHECK(r.queue.publish() == Published::Quietly);
  REQUIRE(r.take() == Taken::Chain);
  r.queue.push(1, 0);
  CHECK(r.queue.publish() == Published::Interrupt);
}

TEST_CASE("With event indices, an interrupt comes when the driver's index is passed") {
  QueueRig r({.event_index = true});
  r.ring.set_flags(1);  // has no meaning then
  for (unsigned i = 0; i < 6; ++i) r.ring.add({{kBuffers, 1}});
  r.ring.set_used_event(2);
  const auto push = [&r](unsigned count) {
    for (; count != 0; --count) {
      REQUIRE(r.take() == Taken::Chain);
      r.queue.push(r.chain.head, 0);
    }
    return r.queue.publish();
  };
  CHECK(push(2) == Published::Quietly);
  CHECK(push(2) == Published::Interrupt);  // one for both
  CHECK(push(1) == Published::Quietly);
  r.ring.set_used_event(5);
  CHECK(push(1) == Published::Interrupt);
  r.queue.ask_for_notification();
  CHECK(r.ring.available_event() == 6);
  CHECK(r.ring.device_flags() == 0);
}

TEST_CASE("An indirect table is a chain of its own") {
  QueueRig r({.indirect = true});
  constexpr u64 kTable = kBuffers + 0x5000;
  // It is entered at its first entry, and may be as long as the queue.
  r.ring.write_descriptor(kTable, 0, {kBuffers, 3}, kDescriptorNext, 7);
  for (u16 at = 7; at > 1; --at)
    r.ring.write_descriptor(kTable, at, {kBuffers + at, 1}, kDescriptorNext, static_cast<u16>(at - 1));
  r.ring.write_descriptor(kTable, 1, {kBuffers + 9, 2, true}, 0, 0);
  r.ring.write_descriptor(r.ring.descriptors(), 0, {kTable, 16 * 8}, kDescriptorIndirect, 0);
  r.ring.offer(0);
  REQUIRE(r.take() == Taken::Chain);
  CHECK(r.chain.readable.length() == 3 + 6);
  CHECK(r.chain.writable.length() == 2);
}

TEST_CASE("What no driver may do is found") {
  constexpr u64 kTable = kBuffers + 0x5000;
  const auto refuses = [](RingFeatures features, auto prepare) {
    QueueRig r(features);
    prepare(r);
    const Taken taken = r.take();
    // It is found again, and nothing was taken.
    CHECK(r.take() == taken);
    return taken == Taken::Malformed;
  };
  const auto indirect = [&](Piece table, u16 flags) {
    return refuses({.indirect = true}, [&](QueueRig& r) {
      r.ring.write_descriptor(r.ring.descriptors(), 0, table, flags, 0);
      r.ring.offer(0);
    });
  };
  // Heads and links beyond the table, chains that lead back into themselves.
  CHECK(refuses({}, [](QueueRig& r) { r.ring.offer(8); }));
  CHECK(refuses({}, [](QueueRig& r) { r.ring.set_index(9); }));
  CHECK(refuses({}, [](QueueRig& r) { r.ring.set_index(0xffff); }));
  CHECK(refuses({}, [](QueueRig& r) {
    r.ring.write_descriptor(r.ring.descriptors(), 0, {kBuffers, 1}, kDescriptorNext, 8);
    r.ring.offer(0);
  }));
  CHECK(refuses({}, [](QueueRig& r) {
    r.ring.write_descriptor(r.ring.descriptors(), 0, {kBuffers, 1}, kDescriptorNext, 0);
    r.ring.offer(0);
  }));
  // Buffers: a readable one behind a writable one, beyond everything, around the end of all addresses.
  CHECK(refuses({}, [](QueueRig& r) { r.ring.add({{kBuffers, 1, true}, {kBuffers, 1}}); }));
  CHECK(refuses({}, [](QueueRig& r) { r.ring.add({{0x1'0000'0000, 1}}); }));
  CHECK(refuses({}, [](QueueRig& r) { r.ring.add({{0xffff'ffff, 2}}); }));
  CHECK(refuses({}, [](QueueRig& r) { r.ring.add({{~u64{0}, 2}}); }));
  // Indirect tables: none negotiated, odd or empty ones, within each other, with a next, nowhere, too long.
  CHECK(refuses({}, [](QueueRig& r) {
    r.ring.write_descriptor(r.ring.descriptors(), 0, {kTable, 16}, kDescriptorIndirect, 0);
    r.ring.offer(0);
  }));
  CHECK(indirect({kTable, 17}, kDescriptorIndirect));
  CHECK(indirect({kTable, 0}, kDescriptorIndirect));
  CHECK(indirect({kTable, 16}, kDescriptorIndirect | kDescriptorNext));
  CHECK(indirect({0xf000'0000, 16}, kDescriptorIndirect));
  CHECK(indirect({~u64{0} - 7, 16}, kDescriptorIndirect));
  CHECK(refuses({.indirect = true}, [](QueueRig& r) {
    r.ring.write_descriptor(kTable, 0, {kTable, 16}, kDescriptorIndirect, 0);
    r.ring.write_descriptor(r.ring.descriptors(), 0, {kTable, 16}, kDescriptorIndirect, 0);
    r.ring.offer(0);
  }));
  CHECK(refuses({.indirect = true}, [](QueueRig& r) {
    for (u16 i = 0; i < 9; ++i)
      r.ring.write_descriptor(kTable, i, {kBuffers, 1}, i < 8 ? kDescriptorNext : u16{0},
                              static_cast<u16>(i + 1));
    r.ring.write_descriptor(r.ring.descriptors(), 0, {kTable, 16 * 9}, kDescriptorIndirect, 0);
    r.ring.offer(0);
  }));
}

TEST_CASE("Rings that are nowhere are found, whichever it is") {
  constexpr u64 kNowhere = 0xf000'0000;
  QueueRig r;
  r.ring.add({{kBuffers, 1}});
  r.queue.set_places({kNowhere, r.ring.driver(), r.ring.device()});
  CHECK(r.take() == Taken::Malformed);
  r.queue.set_places({r.ring.descriptors(), kNowhere, r.ring.device()});
  CHECK(r.take() == Taken::Malformed);
  CHECK_FALSE(r.queue.has_chain());
  r.queue.set_places({r.ring.descriptors(), r.ring.driver(), kNowhere});
  REQUIRE(r.take() == Taken::Chain);
  r.queue.push(r.chain.head, 0);
  CHECK(r.queue.publish() == Published::Malformed);
}

TEST_CASE("A device says that it needs a reset, once, and does nothing until it gets it") {
  RunningNet r;
  r.tx().offer(200);
  r.driver.kick(VirtioNet::kTransmit);
  CHECK(r.driver.status() == (0xf | virtio_status::kNeedsReset));
  CHECK(r.driver.isr() == virtio_isr::kConfiguration);
  r.driver.kick(VirtioNet::kTransmit);
  CHECK(r.driver.isr() == 0);
  // A driver cannot wipe it away.
  r.driver.write(20, Width::Byte, 0xf);
  CHECK(r.driver.status() == (0xf | virtio_status::kNeedsReset));
  CHECK(r.net.accepts_frame());
  r.net.receive(frame_to(kOwnMac, 60));
  r.driver.write(20, Width::Byte, 0);
  CHECK(r.driver.status() == 0);
}

}  // namespace ringdown
