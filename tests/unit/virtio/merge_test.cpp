// Segments that the network device joins for its driver.
#include "core/seeded_random.h"
#include "tests/unit/virtio/net_rig.h"
#include "tests/unit/virtio/tcp_packet.h"

namespace ringdown {

using namespace test;
using namespace virtio_net_feature;

namespace {

constexpr u64 kMerging = kGuestChecksum | kGuestTso4 | kGuestTso6 | kMergeableBuffers | kStatus;
constexpr std::size_t kSegment = 1448;

/// Segments of a stream, one behind the other.
struct Stream {
  bool six = false;
  u32 sequence = 1000;

  Frame next(std::size_t payload, u8 flags = 0x10, u32 acknowledgement = 77) {
    TcpPacket packet(six, payload);
    store_network32(packet.frame, packet.tcp + 4, sequence);
    store_network32(packet.frame, packet.tcp + 8, acknowledgement);
    packet.frame[packet.tcp + 13] = static_cast<std::byte>(flags);
    packet.finish();
    sequence += static_cast<u32>(payload);
    return packet.frame;
  }
};

struct MergingNet : RunningNet {
  MergingNet() : RunningNet(kMerging) {
    for (u32 i = 0; i < 16; ++i) offer_buffer(i, 4096);
  }
  VirtioNetHeader header(u32 buffer = 0) {
    VirtioNetHeader header;
    memory.read(GuestPhysical(kBuffers + 4096 * buffer), std::as_writable_bytes(std::span(&header, 1)));
    return header;
  }
};

constexpr u8 kPush = 0x18;

}  // namespace

TEST_CASE("Segments that follow each other become one packet that can be cut again") {
  for (const bool six : {false, true}) {
    CAPTURE(six);
    MergingNet r;
    Stream stream{six};
    std::vector<Frame> frames;
    for (int i = 0; i < 5; ++i) frames.push_back(stream.next(kSegment));
    frames.push_back(stream.next(100));
    for (const Frame& frame : frames) r.net.receive(frame);
    // The shorter one is the last.
    REQUIRE(r.rx().used() == 2);
    const TcpPacket whole(six, 5 * kSegment + 100);
    const u32 length = static_cast<u32>(12 + whole.frame.size());
    CHECK(r.rx().element(0).written == 4096);
    CHECK(r.rx().element(1).written == length - 4096);
    const VirtioNetHeader header = r.header();
    CHECK(header.flags == 1);
    CHECK(header.segmentation == (six ? 4 : 1));
    CHECK(header.segment_size == kSegment);
    CHECK(header.header_length == whole.tcp + 20);
    CHECK(header.checksum_start == whole.tcp);
    CHECK(header.checksum_offset == 16);
    CHECK(header.buffers == 2);
    // Sent again as it is, it becomes the same segments.
    RunningNet sender(kChecksum | kHostTso4 | kHostTso6);
    VirtioNetHeader again = header;
    again.buffers = 0;
    sender.queue_packet(again, r.get(kBuffers + 12, length - 12));
    sender.driver.kick(VirtioNet::kTransmit);
    REQUIRE(sender.wire.frames.size() == frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      CAPTURE(i);
      Frame& sent = sender.wire.frames[i];
      // All of this stream have the identification 0; those cut here count up.
      if (!six) store_network16(sent, 18, load_network16(frames[i], 18));
      if (!six) store_network16(sent, 24, load_network16(frames[i], 24));
      CHECK(sent == frames[i]);
    }
  }
}

TEST_CASE("What is held is delivered when its time is over, or at once if it was pushed") {
  MergingNet r;
  Stream stream;
  const Frame first = stream.next(kSegment);
  r.net.receive(first);
  CHECK(r.rx().used() == 0);
  r.clock.advance(VirtioNet::kMergeTime);
  REQUIRE(r.rx().used() == 1);
  // Alone it is as it came.
  CHECK(r.header().flags == 2);
  CHECK(r.header().segmentation == 0);
  CHECK(r.get(kBuffers + 12, first.size()) == first);
  r.net.receive(stream.next(kSegment));
  r.net.receive(stream.next(kSegment, kPush));
  CHECK(r.rx().used() == 2);
  CHECK(r.header(1).segmentation == 1);
}

TEST_CASE("Acknowledgements without data do not wait, and stay behind what is held") {
  MergingNet r;
  Stream stream;
  r.net.receive(stream.next(0, 0x10, 5000));
  CHECK(r.rx().used() == 1);
  const Frame data = stream.next(kSegment, 0x10, 5000);
  r.net.receive(data);
  CHECK(r.rx().used() == 1);
  r.net.receive(stream.next(0, 0x10, 6000));
  REQUIRE(r.rx().used() == 3);
  CHECK(r.get(kBuffers + 4096 + 12, data.size()) == data);
}

TEST_CASE("What does not follow is delivered behind what is held") {
  const auto delivered = [](auto change) {
    MergingNet r;
    Stream stream;
    r.net.receive(stream.next(kSegment));
    TcpPacket other(false, kSegment);
    store_network32(other.frame, other.tcp + 4, stream.sequence);
    store_network32(other.frame, other.tcp + 8, 77);
    other.frame[other.tcp + 13] = std::byte{0x10};
    change(other);
    other.finish();
    r.net.receive(other.frame);
    const u16 at_once = r.rx().used();
    r.clock.advance(VirtioNet::kMergeTime);
    CHECK(r.get(kBuffers + (r.rx().used() == 2 ? 4096 : 0) + 12, 6) ==
          Frame(other.frame.begin(), other.frame.begin() + 6));
    return std::pair{at_once, r.rx().used()};
  };
  using Counts = std::pair<u16, u16>;
  CHECK(delivered([](TcpPacket&) {}) == Counts{0, 1});
  CHECK(delivered([](TcpPacket& p) { store_network32(p.frame, p.tcp + 4, 7); }) == Counts{1, 2});
  CHECK(delivered([](TcpPacket& p) { store_network32(p.frame, p.tcp + 8, 78); }) == Counts{1, 2});
  CHECK(delivered([](TcpPacket& p) { store_network16(p.frame, p.tcp, 9); }) == Counts{1, 2});
  CHECK(delivered([](TcpPacket& p) { store_network16(p.frame, p.tcp + 14, 9); }) == Counts{1, 2});
  CHECK(delivered([](TcpPacket& p) { p.frame[p.ip() + 12] = std::byte{9}; }) == Counts{1, 2});
  CHECK(delivered([](TcpPacket& p) { p.frame[p.ip() + 8] = std::byte{9}; }) == Counts{1, 2});
  // A segment with FIN is no part of a stream of data: it goes at once.
  CHECK(delivered([](TcpPacket& p) { p.frame[p.tcp + 13] = std::byte{0x11}; }) == Counts{2, 2});
}

TEST_CASE("A packet that is joined does not grow beyond 64 KiB") {
  RunningNet r(kMerging);
  for (u32 i = 0; i < 8; ++i) r.rx().add({{kBuffers, 0x1'1000, true}});
  Stream stream;
  for (int i = 0; i < 46; ++i) r.net.receive(stream.next(kSegment));
  REQUIRE(r.rx().used() == 1);
  CHECK(r.rx().element(0).written == 12 + 54 + 45 * kSegment);
}

TEST_CASE("Without room a joined packet waits for the driver, and with it everything behind it") {
  RunningNet r(kMerging);
  r.offer_buffer(0, 2048);
  Stream stream;
  r.net.receive(stream.next(kSegment));
  r.net.receive(stream.next(kSegment));
  r.clock.advance(VirtioNet::kMergeTime);
  CHECK(r.rx().used() == 0);
  CHECK_FALSE(r.net.accepts_frame());
  r.offer_buffer(1, 2048);
  r.driver.kick(VirtioNet::kReceive);
  CHECK(r.rx().used() == 2);
  r.offer_buffer(2, 2048);
  CHECK(r.net.accepts_frame());
}

TEST_CASE("A packet that is being joined survives in a state") {
  MergingNet used;
  Stream stream;
  used.net.receive(stream.next(kSegment));
  used.net.receive(stream.next(kSegment));
  MergingNet fresh;
  check_snapshot_contract(used.function, fresh.function);
  for (std::size_t i = 0; i < fresh.components().size(); ++i)
    REQUIRE(restore(*fresh.components()[i], saved(*used.components()[i])));
  const Frame third = stream.next(kSegment);
  for (MergingNet* rig : {&used, &fresh}) {
    rig->net.receive(third);
    rig->clock.advance(VirtioNet::kMergeTime);
    CHECK(rig->rx().used() == 2);
  }
  CHECK(saved(fresh.memory) == saved(used.memory));
  CHECK(saved(fresh.function) == saved(used.function));
}

TEST_CASE("Random streams arrive as they were sent, however they are joined") {
  constexpr u32 kBuffer = 0x1'1000;
  for (u32 seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed, 0);
    RunningNet r(kMerging);
    std::array<u64, RunningNet::kSize> places{};
    const auto offer = [&](u64 at) { places[r.rx().add({{at, kBuffer, true}})] = at; };
    for (u32 i = 0; i < 12; ++i) offer(kBuffers + u64{kBuffer} * i);
    Stream stream{.six = random.below(2) == 0};
    const std::size_t front = stream.six ? 74 : 54;
    std::vector<std::byte> sent;
    std::vector<std::byte> received;
    u16 seen = 0;
    for (int i = 0; i < 200; ++i) {
      const std::size_t payload = random.below(3) == 0 ? random.below(kSegment) : kSegment;
      const Frame frame = stream.next(payload, random.below(5) == 0 ? kPush : 0x10);
      sent.insert(sent.end(), frame.begin() + static_cast<std::ptrdiff_t>(front), frame.end());
      r.net.receive(frame);
      if (random.below(4) == 0 || i == 199) r.clock.advance(VirtioNet::kMergeTime);
      for (; seen != r.rx().used(); ++seen) {
        const DriverQueue::Element element = r.rx().element(seen);
        const u64 at = places[element.head];
        const std::vector<std::byte> bytes = r.get(at + 12 + front, element.written - 12 - front);
        received.insert(received.end(), bytes.begin(), bytes.end());
        offer(at);
      }
    }
    CHECK(seen < 200);
    CHECK(received == sent);
  }
}

}  // namespace ringdown
