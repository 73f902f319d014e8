// Frames in and out of the network device: headers, buffers, filters, commands, the link.
#include "tests/unit/virtio/net_rig.h"

namespace ringdown {

using namespace test;
using namespace virtio_net_feature;

namespace {

constexpr MacAddress kOther{0x52, 0x54, 0x00, 1, 2, 3};
constexpr MacAddress kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr MacAddress kGroup{0x01, 0x00, 0x5e, 1, 2, 3};

/// Commands of the class RX, and what turns their modes on.
constexpr u8 kReceiveClass = 0;

}  // namespace

TEST_CASE("Frames are sent as they are, short ones padded, in one batch with one interrupt") {
  RunningNet r;
  std::vector<Frame> frames;
  for (u8 i = 0; i < 5; ++i) {
    frames.push_back(frame_to(kOther, 42 + std::size_t{100} * i, i));
    r.queue_packet({}, frames.back(), kBuffers + 0x1000 * i);
  }
  r.driver.kick(VirtioNet::kTransmit);
  frames[0].resize(60);
  CHECK(r.wire.frames == frames);
  CHECK(r.interrupts.edges() == 1);
  CHECK(r.tx().used() == 5);
  CHECK(r.tx().element(0) == DriverQueue::Element{0, 0});
  CHECK(r.tx().element(4) == DriverQueue::Element{8, 0});
}

TEST_CASE("What is no packet is dropped and its buffer returned") {
  RunningNet r;
  r.tx().add({{kBuffers, 5}});
  r.tx().add({{kBuffers, 12 + 13}});
  r.tx().add({{kBuffers, 12}, {kBuffers, 80'000}});
  r.tx().add({{kBuffers, 100, true}});
  r.queue_packet({.segmentation = 3, .segment_size = 100}, frame_to(kOther, 600), kBuffers);
  r.queue_packet({.segmentation = 0x77, .segment_size = 100}, frame_to(kOther, 600), kBuffers + 0x1000);
  // Longer than any wire carries.
  r.queue_packet({}, frame_to(kOther, 20'000), kBuffers + 0x2000);
  r.driver.kick(VirtioNet::kTransmit);
  CHECK(r.wire.frames.empty());
  CHECK(r.tx().used() == 7);
  CHECK(r.driver.status() == 0xf);
}

TEST_CASE("A long queue is sent in batches, at the speed of the wire") {
  NetRig r;
  std::vector<DriverQueue> queues = r.driver.start_legacy(0, 3);
  r.put(kBuffers + 10, frame_to(kOther, 1514));
  for (unsigned i = 0; i < 128; ++i) queues[1].add({{kBuffers, 10}, {kBuffers + 10, 1514}});
  r.driver.out(16, Width::Word, 1);
  CHECK(r.wire.frames.size() == VirtioNet::kBatchFrames);
  CHECK(queues[1].device_flags() == 1);
  // Another notification changes nothing.
  r.driver.out(16, Width::Word, 1);
  CHECK(r.wire.frames.size() == VirtioNet::kBatchFrames);
  // 64 frames of 1524 bytes are 97.5 KB: 78 microseconds at 10 Gbit/s.
  r.clock.advance(microseconds(77));
  CHECK(r.wire.frames.size() == VirtioNet::kBatchFrames);
  r.clock.advance(microseconds(2));
  CHECK(r.wire.frames.size() == 128);
  r.clock.advance(microseconds(100));
  CHECK(queues[1].used() == 128);
  CHECK(queues[1].device_flags() == 0);
}

TEST_CASE("A received frame has a header in front") {
  RunningNet r;
  r.offer_buffer(0);
  const Frame frame = frame_to(kOwnMac, 100);
  r.net.receive(frame);
  CHECK(r.interrupts.high());
  REQUIRE(r.rx().used() == 1);
  CHECK(r.rx().element(0) == DriverQueue::Element{0, 112});
  CHECK(r.get(kBuffers, 12) == Frame{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, std::byte{1}, {}});
  CHECK(r.get(kBuffers + 12, 100) == frame);
}

TEST_CASE("A legacy driver's header is short, unless it merges buffers") {
  for (const bool merges : {false, true}) {
    NetRig r;
    const u32 features = merges ? static_cast<u32>(kMergeableBuffers) : 0;
    std::vector<DriverQueue> queues = r.driver.start_legacy(features, 3);
    queues[0].add({{kBuffers, 10, true}, {kBuffers + 0x1000, 2000, true}});
    r.net.receive(frame_to(kOwnMac, 100));
    CHECK(queues[0].element(0).written == (merges ? 112 : 110));
    CHECK(r.memory.read_value<u16>(GuestPhysical(kBuffers + 0x1000 + (merges ? 2 : 0))) == 0x5452);
  }
}

TEST_CASE("Mergeable buffers share a frame, or lose it together") {
  RunningNet r(kMergeableBuffers);
  const Frame frame = frame_to(kOwnMac, 1000);
  for (u32 i = 0; i < 2; ++i) r.offer_buffer(i, 400);
  r.net.receive(frame);
  CHECK(r.rx().used() == 0);
  r.offer_buffer(2, 400);
  r.net.receive(frame);
  REQUIRE(r.rx().used() == 3);
  CHECK(r.memory.read_value<u16>(GuestPhysical(kBuffers + 10)) == 3);
  CHECK(r.rx().element(0).written == 400);
  CHECK(r.rx().element(2).written == 212);
  Frame got = r.get(kBuffers + 12, 388);
  for (const auto& [at, size] : {std::pair{4096, 400}, {8192, 212}}) {
    const Frame part = r.get(kBuffers + static_cast<u64>(at), static_cast<std::size_t>(size));
    got.insert(got.end(), part.begin(), part.end());
  }
  CHECK(got == frame);
}

TEST_CASE("Without merging, a buffer that is too small keeps its place") {
  RunningNet r;
  r.offer_buffer(0, 200);
  r.net.receive(frame_to(kOwnMac, 1000));
  CHECK(r.rx().used() == 0);
  r.net.receive(frame_to(kOwnMac, 60));
  CHECK(r.rx().used() == 1);
}

TEST_CASE("Frames wait for a driver that is late, but not for ever") {
  RunningNet r;
  CHECK_FALSE(r.net.accepts_frame());
  r.offer_buffer(0);
  CHECK(r.net.accepts_frame());
  r.net.receive(frame_to(kOwnMac, 60));
  CHECK_FALSE(r.net.accepts_frame());
  r.clock.advance(VirtioNet::kPatience);
  CHECK_FALSE(r.net.accepts_frame());
  r.clock.advance(microseconds(1));
  CHECK(r.net.accepts_frame());
  r.net.receive(frame_to(kOwnMac, 60));
  CHECK(r.rx().used() == 1);
  // A device that is off takes everything.
  r.driver.write(20, Width::Byte, 0);
  CHECK(r.net.accepts_frame());
}

TEST_CASE("A driver need not tell of its buffers, except after the device ran out of them") {
  RunningNet r;
  CHECK(r.rx().device_flags() == 1);
  r.offer_buffer(0);
  r.net.receive(frame_to(kOwnMac, 60));
  CHECK(r.rx().device_flags() == 0);
  r.offer_buffer(1);
  r.driver.kick(VirtioNet::kReceive);
  CHECK(r.rx().device_flags() == 1);
  // The machine looks for waiting frames at the next boundary.
  CHECK(r.clock.scheduler().next_deadline() <= r.clock.scheduler().now() + 1);
}

TEST_CASE("The device is promiscuous until its driver says what it wants") {
  RunningNet r(kControlQueue | kControlReceive | kControlReceiveExtra | kMergeableBuffers);
  for (u32 i = 0; i < 16; ++i) r.offer_buffer(i, 2048);
  CHECK(r.passes(frame_to(kOther, 60)));
  CHECK(r.command(kReceiveClass, 0, {0}) == 0);
  CHECK_FALSE(r.passes(frame_to(kOther, 60)));
  CHECK_FALSE(r.passes(frame_to(kGroup, 60)));
  CHECK(r.passes(frame_to(kOwnMac, 60)));
  CHECK(r.passes(frame_to(kBroadcast, 60)));
  CHECK(r.command(kReceiveClass, 1, {1}) == 0);  // all multicast
  CHECK(r.passes(frame_to(kGroup, 60)));
  CHECK(r.command(kReceiveClass, 3, {1}) == 0);  // no multicast
  CHECK_FALSE(r.passes(frame_to(kGroup, 60)));
  CHECK(r.command(kReceiveClass, 2, {1}) == 0);  // all unicast
  CHECK(r.passes(frame_to(kOther, 60)));
  CHECK(r.command(kReceiveClass, 4, {1}) == 0);  // no unicast
  CHECK_FALSE(r.passes(frame_to(kOwnMac, 60)));
  CHECK(r.command(kReceiveClass, 5, {1}) == 0);  // no broadcast
  CHECK_FALSE(r.passes(frame_to(kBroadcast, 60)));
  CHECK(r.command(kReceiveClass, 6, {1}) == 1);
  CHECK(r.command(kReceiveClass, 0, {}) == 1);
  CHECK(r.command(9, 0, {1}) == 1);
}

TEST_CASE("Address lists let in what they hold, and everything if they overflow") {
  RunningNet r(kControlQueue | kControlReceive | kControlMac | kMergeableBuffers);
  for (u32 i = 0; i < 16; ++i) r.offer_buffer(i, 2048);
  CHECK(r.command(0, 0, {0}) == 0);
  CHECK(r.command(1, 0, {1, 0, 0, 0, 0x52, 0x54, 0, 1, 2, 3, 0, 0, 0, 0}) == 0);
  CHECK(r.passes(frame_to(kOther, 60)));
  CHECK_FALSE(r.passes(frame_to(kGroup, 60)));
  CHECK(r.command(1, 0, {0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0x5e, 1, 2, 3}) == 0);
  CHECK_FALSE(r.passes(frame_to(kOther, 60)));
  CHECK(r.passes(frame_to(kGroup, 60)));
  // Lists that are cut short, or longer than the command, change nothing.
  CHECK(r.command(1, 0, {2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0}) == 1);
  CHECK(r.command(1, 0, {0xff, 0xff, 0xff, 0xff}) == 1);
  CHECK(r.command(1, 0, {0, 0, 0, 0, 0, 0, 0, 0, 1}) == 1);
  CHECK(r.passes(frame_to(kGroup, 60)));
  // 65 unicast addresses, of which none is the one that comes.
  constexpr u64 kAt = kBuffers + 0x8'0000;
  const std::vector<std::byte> zeros(2 + 4 + 65 * 6 + 4);
  r.put(kAt, zeros);
  r.memory.write_value<u8>(GuestPhysical(kAt), 1);
  r.memory.write_value<u32>(GuestPhysical(kAt + 2), 65);
  r.control().add({{kAt, static_cast<u32>(zeros.size())}, {kAt + 0x1000, 1, true}});
  r.driver.kick(VirtioNet::kControl);
  CHECK(r.passes(frame_to(kOther, 60)));
  CHECK_FALSE(r.passes(frame_to(kGroup, 60)));

  CHECK(r.command(1, 1, {2, 2, 2, 2, 2, 2}) == 0);
  CHECK(r.net.read_config(0) == 2);
  CHECK(r.command(1, 1, {2, 2, 2, 2, 2}) == 1);
}

TEST_CASE("A VLAN filter lets in the VLANs that were added, and what has no tag") {
  RunningNet r(kControlQueue | kControlVlan | kMergeableBuffers);
  for (u32 i = 0; i < 8; ++i) r.offer_buffer(i, 2048);
  const auto passes = [&r](u16 vlan) {
    Frame frame = frame_to(kOwnMac, 64);
    frame[12] = std::byte{0x81};
    frame[13] = std::byte{0};
    frame[14] = static_cast<std::byte>(0xe0 | vlan >> 8);
    frame[15] = static_cast<std::byte>(vlan);
    return r.passes(frame);
  };
  CHECK_FALSE(passes(100));
  CHECK(r.command(2, 0, {100, 0}) == 0);
  CHECK(r.command(2, 0, {0xff, 0x0f}) == 0);
  CHECK(passes(100));
  CHECK(passes(4095));
  CHECK_FALSE(passes(101));
  CHECK(r.command(2, 1, {100, 0}) == 0);
  CHECK_FALSE(passes(100));
  CHECK(r.command(2, 0, {0, 0x10}) == 1);
  r.net.receive(frame_to(kOwnMac, 60));
  CHECK(r.rx().used() == 3);
}

TEST_CASE("The driver hears of the link, and is asked to announce itself when it is back") {
  RunningNet r(kStatus | kControlQueue | kGuestAnnounce);
  CHECK(r.driver.read(0x806, Width::Word) == 1);
  const u32 generation = r.driver.read(21, Width::Byte);
  r.net.set_link(false);
  CHECK(r.driver.isr() == virtio_isr::kConfiguration);
  CHECK(r.driver.read(0x806, Width::Word) == 0);
  CHECK(r.driver.read(21, Width::Byte) != generation);
  r.queue_packet({}, frame_to(kOther, 60));
  r.driver.kick(VirtioNet::kTransmit);
  CHECK(r.wire.frames.empty());
  CHECK(r.tx().used() == 1);
  r.net.set_link(true);
  CHECK(r.driver.read(0x806, Width::Word) == 3);
  CHECK(r.command(3, 0, {}) == 0);
  CHECK(r.driver.read(0x806, Width::Word) == 1);
  CHECK(r.command(3, 0, {}) == 1);
}

TEST_CASE("A legacy driver without the command writes its address into the configuration") {
  NetRig r;
  r.driver.start_legacy(0, 3);
  r.driver.out(20, Width::Byte, 0x0a);
  CHECK(r.net.read_config(0) == 0x0a);
  r.driver.out(18, Width::Byte, 0);
  CHECK(r.net.read_config(0) == kOwnMac[0]);
  RunningNet modern;
  modern.driver.write(0x800, Width::Byte, 0x0a);
  CHECK(modern.net.read_config(0) == kOwnMac[0]);
}

TEST_CASE("A command that cannot be answered ends it") {
  RunningNet r(kControlQueue);
  r.control().add({{kBuffers, 3}});
  r.driver.kick(VirtioNet::kControl);
  CHECK((r.driver.status() & virtio_status::kNeedsReset) != 0);
}

}  // namespace ringdown
