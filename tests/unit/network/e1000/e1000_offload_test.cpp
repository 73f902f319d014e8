// Checksums and segmentation, checked with sums of the whole packets.
#include "core/internet_checksum.h"
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;

constexpr u64 kEop = u64{0x01} << 24;
constexpr u64 kIfcs = u64{0x02} << 24;
constexpr u64 kSegment = u64{0x04} << 24;
constexpr u64 kRs = u64{0x08} << 24;
constexpr u64 kExtended = u64{0x20} << 24;
constexpr u64 kData = kExtended | u64{1} << 20;
constexpr u64 kVle = u64{0x40} << 24;
constexpr u64 kIpSum = u64{1} << 40;
constexpr u64 kTransportSum = u64{2} << 40;

constexpr std::size_t kIp = 14;

enum class Network { V4, V6 };
enum class Transport { Tcp, Udp };

struct Shape {
  Network network;
  Transport transport;
  std::size_t ip_length() const { return network == Network::V4 ? 20 : 40; }
  std::size_t transport_start() const { return kIp + ip_length(); }
  std::size_t checksum_field() const { return transport_start() + (transport == Transport::Tcp ? 16 : 6); }
  std::size_t headers() const { return transport_start() + (transport == Transport::Tcp ? 20 : 8); }
  u8 protocol() const { return transport == Transport::Tcp ? 6 : 17; }
};

/// The sum of a frame's pseudo header, without the length.
InternetChecksum pseudo_header(const Frame& frame, const Shape& shape) {
  InternetChecksum sum(shape.protocol());
  const std::span<const std::byte> ip = std::span(frame).subspan(kIp);
  sum.add(shape.network == Network::V4 ? ip.subspan(12, 8) : ip.subspan(8, 32));
  return sum;
}

/// A packet with everything but checksums, whose transport checksum field is zero.
Frame packet(const Shape& shape, std::size_t payload) {
  Frame frame =
      typed_frame(kStation, shape.headers() + payload, shape.network == Network::V4 ? 0x0800 : 0x86dd);
  const std::span<std::byte> ip = std::span(frame).subspan(kIp);
  const std::span<std::byte> transport = std::span(frame).subspan(shape.transport_start());
  if (shape.network == Network::V4) {
    store_network16(ip, 0, 0x4500);
    store_network16(ip, 2, static_cast<u16>(ip.size()));
    store_network16(ip, 4, 0xfffe);
    store_network16(ip, 6, 0x4000);
    ip[9] = std::byte{shape.protocol()};
    store_network16(ip, 10, 0);
  } else {
    store_network16(ip, 0, 0x6000);
    store_network16(ip, 4, static_cast<u16>(transport.size()));
    ip[6] = std::byte{shape.protocol()};
  }
  if (shape.transport == Transport::Tcp) {
    store_network32(transport, 4, 0xffff'ff00);
    transport[12] = std::byte{0x50};
    transport[13] = std::byte{0x19};  // ACK, PSH, FIN
    store_network16(transport, 16, 0);
  } else {
    store_network16(transport, 4, static_cast<u16>(transport.size()));
    store_network16(transport, 6, 0);
  }
  return frame;
}

bool transport_sum_is_right(const Frame& frame, const Shape& shape) {
  InternetChecksum sum = pseudo_header(frame, shape);
  const std::span<const std::byte> transport = std::span(frame).subspan(shape.transport_start());
  sum.add(static_cast<u16>(transport.size()));
  sum.add(transport);
  return sum.sum() == 0xffff;
}

bool ip_sum_is_right(const Frame& frame) { return internet_sum(std::span(frame).subspan(kIp, 20)) == 0xffff; }

struct ContextOptions {
  bool segment = false;
  std::size_t mss = 0;
  std::optional<std::size_t> header_length = {};
};

void queue_context(E1000Rig& rig, const Shape& shape, std::size_t payload, const ContextOptions& options) {
  const u64 low = kIp | (kIp + 10) << 8 | (kIp + 19) << 16 | u64{shape.transport_start()} << 32 |
                  u64{shape.checksum_field()} << 40;
  const u64 command = kExtended | kRs | (shape.transport == Transport::Tcp ? u64{1} << 24 : 0) |
                      (shape.network == Network::V4 ? u64{2} << 24 : 0) | (options.segment ? kSegment : 0);
  rig.queue(low, payload | command | u64{options.header_length.value_or(shape.headers())} << 40 |
                     u64{options.mss} << 48);
}

const Shape kShapes[] = {{Network::V4, Transport::Tcp},
                         {Network::V4, Transport::Udp},
                         {Network::V6, Transport::Tcp},
                         {Network::V6, Transport::Udp}};

TEST_CASE("Checksums are put in where POPTS says so", "[e1000]") {
  const Shape shape = GENERATE(from_range(std::begin(kShapes), std::end(kShapes)));
  E1000Rig rig;
  rig.start_transmitter();
  Frame frame = packet(shape, 501);
  InternetChecksum pseudo = pseudo_header(frame, shape);
  pseudo.add(static_cast<u16>(frame.size() - shape.transport_start()));
  store_network16(frame, shape.checksum_field(), pseudo.sum());
  queue_context(rig, shape, 0, {});
  const u64 options = kTransportSum | (shape.network == Network::V4 ? kIpSum : 0);
  // In two pieces: what the first says holds.
  rig.queue(rig.put_data(std::span(frame).first(shape.headers())), shape.headers() | kData | kIfcs | options);
  rig.queue(rig.put_data(std::span(frame).subspan(shape.headers())), 501 | kData | kIfcs | kEop | kRs);
  rig.queue(rig.put_data(frame), frame.size() | kData | kIfcs | kEop | kRs);
  rig.kick();
  REQUIRE(rig.wire.frames.size() == 2);
  CHECK(transport_sum_is_right(rig.wire.frames[0], shape));
  if (shape.network == Network::V4) CHECK(ip_sum_is_right(rig.wire.frames[0]));
  CHECK(rig.wire.frames[1] == frame);
  CHECK(rig.transmit_status(0) == 1);
}

TEST_CASE("A legacy descriptor puts one checksum in", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Shape shape{Network::V4, Transport::Tcp};
  Frame frame = packet(shape, 77);
  InternetChecksum pseudo = pseudo_header(frame, shape);
  pseudo.add(static_cast<u16>(frame.size() - shape.transport_start()));
  store_network16(frame, shape.checksum_field(), pseudo.sum());
  rig.queue_frame(frame, u64{0x04} << 24 | shape.checksum_field() << 16 | u64{shape.transport_start()} << 40);
  rig.kick();
  REQUIRE(rig.wire.frames.size() == 1);
  CHECK(transport_sum_is_right(rig.wire.frames[0], shape));
}

TEST_CASE("A large packet is cut into segments", "[e1000]") {
  const Shape shape = GENERATE(from_range(std::begin(kShapes), std::end(kShapes)));
  const std::size_t payload =
      GENERATE(std::size_t{1}, std::size_t{1000}, std::size_t{2000}, std::size_t{2001}, std::size_t{65'000});
  constexpr std::size_t kMss = 1000;
  E1000Rig rig;
  rig.start_transmitter();
  Frame large = packet(shape, payload);
  store_network16(large, shape.checksum_field(), pseudo_header(large, shape).sum());
  queue_context(rig, shape, payload, {true, kMss});
  const u64 options = kSegment | kTransportSum | (shape.network == Network::V4 ? kIpSum : 0);
  // Headers and some payload together, the rest in a piece of its own.
  const std::size_t first = shape.headers() + payload / 3;
  rig.queue(rig.put_data(std::span(large).first(first)), first | kData | kIfcs | options);
  rig.queue(rig.put_data(std::span(large).subspan(first)),
            (large.size() - first) | kData | kIfcs | kEop | kRs | kSegment);
  rig.kick(milliseconds(2));

  const std::size_t count = (payload + kMss - 1) / kMss;
  REQUIRE(rig.wire.frames.size() == count);
  Frame stored;
  for (std::size_t i = 0; i < count; ++i) {
    CAPTURE(i);
    const Frame& frame = rig.wire.frames[i];
    const std::span<const std::byte> ip = std::span(frame).subspan(kIp);
    const std::span<const std::byte> transport = std::span(frame).subspan(shape.transport_start());
    CHECK(transport_sum_is_right(frame, shape));
    if (shape.network == Network::V4) {
      CHECK(ip_sum_is_right(frame));
      CHECK(load_network16(ip, 2) == ip.size());
      CHECK(load_network16(ip, 4) == static_cast<u16>(0xfffe + i));
    } else {
      CHECK(load_network16(ip, 4) == transport.size());
    }
    if (shape.transport == Transport::Tcp) {
      CHECK(load_network32(transport, 4) == static_cast<u32>(0xffff'ff00 + i * kMss));
      CHECK(transport[13] == std::byte(i + 1 == count ? 0x19 : 0x10));
    } else {
      CHECK(load_network16(transport, 4) == transport.size());
    }
    const std::span<const std::byte> data = std::span(frame).subspan(shape.headers());
    stored.insert(stored.end(), data.begin(), data.end());
  }
  CHECK(stored == Frame(large.begin() + static_cast<std::ptrdiff_t>(shape.headers()), large.end()));
  CHECK(rig.get(Offset::Tsctc) == 1);
  CHECK(rig.transmit_status(2) == 1);
}

TEST_CASE("Segments get VLAN tags", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  rig.set(Offset::Ctrl, rig.get(Offset::Ctrl) | 1u << 30);
  const Shape shape{Network::V4, Transport::Tcp};
  const Frame large = packet(shape, 100);
  queue_context(rig, shape, 100, {true, 50});
  rig.queue(rig.put_data(large), large.size() | kData | kIfcs | kEop | kSegment | kVle | u64{0x0777} << 48);
  rig.kick();
  REQUIRE(rig.wire.frames.size() == 2);
  for (const Frame& frame : rig.wire.frames) CHECK(load_network32(frame, 12) == 0x8100'0777);
}

TEST_CASE("Impossible segmentation sends nothing, and what follows goes out", "[e1000]") {
  const Shape shape{Network::V4, Transport::Tcp};
  const auto options =
      GENERATE(ContextOptions{true, 0}, ContextOptions{true, 0xffff}, ContextOptions{true, 1000, 0},
               ContextOptions{true, 1000, 30}, ContextOptions{true, 1000, 255});
  E1000Rig rig;
  rig.start_transmitter();
  const Frame large = packet(shape, 100);
  queue_context(rig, shape, 100, options);
  rig.queue(rig.put_data(large), large.size() | kData | kIfcs | kEop | kRs | kSegment);
  const Frame last = frame_to(kOtherStation, 60);
  rig.queue_frame(last);
  rig.kick(milliseconds(1));
  CHECK(rig.wire.frames == std::vector<Frame>{last});
  CHECK(rig.transmit_status(1) == 1);
  CHECK(rig.get(Offset::Tsctfc) == 1);
}

TEST_CASE("A megabyte in segments of one byte keeps to the wire's speed", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Shape shape{Network::V4, Transport::Tcp};
  queue_context(rig, shape, 0xf'ffff, {true, 1});
  rig.queue(rig.put_data(packet(shape, 1)), 0xf'ffff | kData | kIfcs | kEop | kSegment);
  rig.kick(0);
  CHECK(rig.wire.frames.size() < 250);
  rig.clock.advance(microseconds(672));  // of 1000 frames
  CHECK(rig.wire.frames.size() > 1000);
  CHECK(rig.wire.frames.size() < 1250);
}

TEST_CASE("Checksum offsets beyond the frame are ignored", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Frame frame = frame_to(kOtherStation, 60);
  rig.queue(0xffff'ffff'ffff'ffff, kExtended);
  rig.queue(rig.put_data(frame), frame.size() | kData | kIfcs | kEop | kIpSum | kTransportSum);
  rig.queue_frame(frame, u64{0x04} << 24 | u64{0xff} << 16 | u64{0xff} << 40);
  rig.kick();
  CHECK(rig.wire.frames == std::vector<Frame>{frame, frame});
}

struct Checked {
  u8 status;
  u8 errors;
};

Checked receive(E1000Rig& rig, const Frame& frame) {
  const u32 head = rig.get(Offset::Rdh);
  rig.card.receive(frame);
  return {static_cast<u8>(rig.receive_status(head) & 0x64), rig.receive_errors(head)};
}

Frame with_checksums(const Shape& shape, std::size_t payload) {
  Frame frame = packet(shape, payload);
  const std::span<std::byte> bytes(frame);
  if (shape.network == Network::V4) insert_checksum(bytes, {kIp, kIp + 20, kIp + 10});
  InternetChecksum pseudo = pseudo_header(frame, shape);
  pseudo.add(static_cast<u16>(frame.size() - shape.transport_start()));
  store_network16(bytes, shape.checksum_field(), pseudo.sum());
  insert_checksum(bytes, {shape.transport_start(), frame.size(), shape.checksum_field()});
  return frame;
}

TEST_CASE("Received checksums are checked", "[e1000]") {
  constexpr u8 kIgnore = 0x04, kTransportChecked = 0x20, kIpChecked = 0x40;
  const Shape shape = GENERATE(from_range(std::begin(kShapes), std::end(kShapes)));
  E1000Rig rig;
  rig.start_receiver(64);
  Frame frame = with_checksums(shape, 301);
  CHECK(receive(rig, frame).status == kIgnore);
  rig.set(Offset::Rxcsum, 0x700);
  const u8 both = shape.network == Network::V4 ? kTransportChecked | kIpChecked : kTransportChecked;
  Checked checked = receive(rig, frame);
  CHECK(checked.status == both);
  CHECK(checked.errors == 0);

  frame.back() ^= std::byte{1};
  checked = receive(rig, frame);
  CHECK(checked.status == both);
  CHECK(checked.errors == 0x20);
  frame.back() ^= std::byte{1};

  if (shape.network == Network::V4) {
    Frame wrong = frame;
    wrong[kIp + 8] ^= std::byte{1};
    CHECK(receive(rig, wrong).errors == 0x40);
    Frame fragment = frame;
    store_network16(fragment, kIp + 6, 0x2000);
    CHECK((receive(rig, fragment).status & kTransportChecked) == 0);
    Frame short_packet = frame;
    store_network16(short_packet, kIp + 2, 0xffff);
    CHECK(receive(rig, short_packet).status == kIgnore);
  } else {
    rig.set(Offset::Rxcsum, 0x300);
    CHECK(receive(rig, frame).status == kIgnore);
    rig.set(Offset::Rxcsum, 0x700);
  }
  if (shape.transport == Transport::Udp) {
    store_network16(frame, shape.checksum_field(), 0);
    CHECK((receive(rig, frame).status & kTransportChecked) == 0);
  }
  rig.set(Offset::Rxcsum, 0x500);
  CHECK((receive(rig, frame).status & kTransportChecked) == 0);
}

TEST_CASE("Checksums behind a VLAN tag and in SNAP frames are found", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(64);
  rig.set(Offset::Rxcsum, 0x300);
  const Frame plain = with_checksums({Network::V4, Transport::Udp}, 40);
  Frame tagged = plain;
  const std::byte tag[] = {std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{5}};
  tagged.insert(tagged.begin() + 12, std::begin(tag), std::end(tag));
  CHECK(receive(rig, tagged).status == 0x60);
  Frame snap = plain;
  const std::byte header[] = {std::byte{0}, std::byte{76}, std::byte{0xaa}, std::byte{0xaa},
                              std::byte{3}, std::byte{0},  std::byte{0},    std::byte{0}};
  snap.insert(snap.begin() + 12, std::begin(header), std::end(header));
  CHECK(receive(rig, snap).status == 0x60);
  CHECK(receive(rig, typed_frame(kStation, 100, 0x0806)).status == 0x04);
}

}  // namespace
}  // namespace ringdown
