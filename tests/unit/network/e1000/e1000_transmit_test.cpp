// Descriptors of all kinds, and when they are worked on.
#include "devices/network/ethernet_crc.h"
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;

constexpr u64 kEop = u64{0x01} << 24;
constexpr u64 kIfcs = u64{0x02} << 24;
constexpr u64 kRs = u64{0x08} << 24;
constexpr u64 kExtendedData = u64{0x20} << 24 | u64{1} << 20;
constexpr u64 kVle = u64{0x40} << 24;

TEST_CASE("A legacy descriptor sends its frame and is done", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Frame frame = frame_to(kOtherStation, 1000);
  rig.queue_frame(frame);
  rig.kick();
  REQUIRE(rig.wire.frames == std::vector<Frame>{frame});
  CHECK(rig.transmit_status(0) == 1);
  CHECK(rig.get(Offset::Tdh) == 1);
}

TEST_CASE("Only descriptors with RS are written back", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Frame frame = frame_to(kOtherStation, 100);
  rig.queue(rig.put_data(frame), frame.size() | kEop | kIfcs);
  rig.kick();
  CHECK(rig.wire.frames.size() == 1);
  CHECK(rig.transmit_status(0) == 0);
}

TEST_CASE("A frame may be in pieces, legacy or extended", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const u64 kind = GENERATE(u64{0}, kExtendedData);
  const Frame frame = frame_to(kOtherStation, 700);
  const std::span<const std::byte> bytes(frame);
  rig.queue(rig.put_data(bytes.first(14)), 14 | kind | kIfcs);
  rig.queue(0, 0 | kind);  // a piece of nothing
  rig.queue(rig.put_data(bytes.subspan(14, 1)), 1 | kind | kIfcs);
  rig.queue(rig.put_data(bytes.subspan(15)), 685 | kind | kIfcs | kEop | kRs);
  rig.kick();
  REQUIRE(rig.wire.frames == std::vector<Frame>{frame});
  CHECK(rig.transmit_status(3) == 1);
}

TEST_CASE("The ring wraps", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter(8);
  for (u32 i = 0; i < 20; ++i) {
    rig.queue_frame(frame_to(kOtherStation, 60 + i));
    rig.kick();
  }
  REQUIRE(rig.wire.frames.size() == 20);
  for (u32 i = 0; i < 20; ++i) CHECK(rig.wire.frames[i].size() == 60 + i);
  CHECK(rig.get(Offset::Tdh) == 20 % 8);
}

TEST_CASE("Nothing is sent while transmitter or bus master are off", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  rig.set(Offset::Tctl, 0x0004'0108);
  rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  CHECK(rig.wire.frames.empty());
  rig.card.write_config(pci_offset::kCommand, Width::Word, 3);
  rig.set(Offset::Tctl, 0x0004'010a);
  rig.clock.advance(microseconds(1));
  CHECK(rig.wire.frames.empty());
  rig.card.write_config(pci_offset::kCommand, Width::Word, 7);
  rig.clock.advance(microseconds(1));
  CHECK(rig.wire.frames.size() == 1);
}

TEST_CASE("Without a link frames are lost", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  rig.card.set_link(false);
  rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  CHECK(rig.wire.frames.empty());
  CHECK(rig.transmit_status(0) == 1);
}

TEST_CASE("A driver's own check sequence is checked by whoever is on the wire", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Frame frame = frame_to(kOtherStation, 100);
  Frame with_sequence = frame;
  const auto sequence = check_sequence(frame);
  with_sequence.insert(with_sequence.end(), sequence.begin(), sequence.end());
  rig.queue(rig.put_data(with_sequence), with_sequence.size() | kEop | kRs);
  rig.queue(rig.put_data(frame), frame.size() | kEop | kRs);
  rig.kick();
  CHECK(rig.wire.frames == std::vector<Frame>{frame});
  CHECK(rig.transmit_status(1) == 1);
}

TEST_CASE("A VLAN tag is put in where descriptor and CTRL.VME say so", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Frame frame = frame_to(kOtherStation, 100);
  const u64 tag = u64{0x2345} << 48;
  rig.queue_frame(frame, kVle | tag);
  rig.kick();
  rig.set(Offset::Ctrl, rig.get(Offset::Ctrl) | 1u << 30);
  rig.queue_frame(frame, kVle | tag);
  rig.queue(rig.put_data(frame), frame.size() | kExtendedData | kEop | kIfcs | kVle | tag);
  rig.queue_frame(frame, tag);
  rig.kick();
  REQUIRE(rig.wire.frames.size() == 4);
  Frame tagged = frame;
  const std::byte inserted[] = {std::byte{0x81}, std::byte{0x00}, std::byte{0x23}, std::byte{0x45}};
  tagged.insert(tagged.begin() + 12, std::begin(inserted), std::end(inserted));
  CHECK(rig.wire.frames == std::vector<Frame>{frame, tagged, tagged, frame});
}

TEST_CASE("What is longer than 16288 bytes is not sent", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Frame longest = frame_to(kOtherStation, 16288);
  rig.queue_frame(longest);
  rig.queue(E1000Rig::kTransmitBuffers, 16289 | kEop | kIfcs | kRs);
  rig.queue(E1000Rig::kTransmitBuffers, 65535 | kIfcs | kRs);
  rig.queue(E1000Rig::kTransmitBuffers, 0xf'ffff | kExtendedData | kEop | kIfcs | kRs);
  rig.queue(E1000Rig::kTransmitBuffers, 13 | kEop | kIfcs | kRs);  // shorter than a header
  const Frame last = frame_to(kOtherStation, 60);
  rig.queue_frame(last);
  rig.kick(milliseconds(1));
  CHECK(rig.wire.frames == std::vector<Frame>{longest, last});
  for (u32 i = 0; i < 6; ++i) CHECK(rig.transmit_status(i) == 1);
}

TEST_CASE("The packet buffer takes 16 KiB ahead of a wire of one gigabit", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Frame frame = frame_to(kOtherStation, 1514);
  const u32 data = rig.put_data(frame);
  for (int i = 0; i < 60; ++i) rig.queue(data, frame.size() | kEop | kIfcs | kRs);
  rig.kick(0);
  const std::size_t at_once = rig.wire.frames.size();
  CHECK(at_once == 11);
  // 1538 bytes' times each: 12.304 us.
  rig.clock.advance(nanoseconds(12'304 * 60));
  CHECK(rig.wire.frames.size() == 60);
  E1000Rig half;
  half.start_transmitter();
  for (int i = 0; i < 60; ++i) half.queue(half.put_data(frame), frame.size() | kEop | kIfcs | kRs);
  half.kick(nanoseconds(12'304 * 30));
  CHECK(half.wire.frames.size() >= 30);
  CHECK(half.wire.frames.size() <= 30 + at_once);
}

TEST_CASE("A doorbell's work is bounded, and ends all the same", "[e1000]") {
  E1000Rig rig;
  // A whole ring of descriptors that send nothing.
  rig.set(Offset::Tdbal, 0);
  rig.set(Offset::Tdlen, 0x8'0000);
  rig.set(Offset::Tctl, 0x0004'010a);
  rig.set(Offset::Tdt, 0x7fff);
  CHECK(rig.get(Offset::Tdh) == 0);
  rig.clock.advance(0);
  CHECK(rig.get(Offset::Tdh) == 256);
  rig.clock.advance(milliseconds(3));
  CHECK(rig.get(Offset::Tdh) == 0x7fff);
  CHECK(rig.wire.frames.empty());
}

TEST_CASE("A ring without descriptors does nothing", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  rig.set(Offset::Tdlen, 0);
  rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  CHECK(rig.wire.frames.empty());
}

TEST_CASE("A reset in the middle of a packet forgets it", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  const Frame frame = frame_to(kOtherStation, 100);
  rig.queue(rig.put_data(frame), 50 | kIfcs | kRs);
  rig.kick();
  rig.set(Offset::Ctrl, 1u << 26 | 0x40);
  rig.start_transmitter();
  rig.put_descriptor(E1000Rig::kTransmitRing, 0, rig.put_data(frame), frame.size() | kEop | kIfcs | kRs);
  rig.set(Offset::Tdt, 1);
  rig.clock.advance(microseconds(1));
  CHECK(rig.wire.frames == std::vector<Frame>{frame});
}

TEST_CASE("What is sent is counted", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  rig.queue_frame(frame_to(kOtherStation, 60));
  rig.queue_frame(frame_to(kBroadcast, 200));
  rig.queue_frame(frame_to({0x01, 0, 0x5e, 0, 0, 1}, 1200));
  rig.kick(milliseconds(1));
  CHECK(rig.get(Offset::Tpt) == 3);
  CHECK(rig.get(Offset::Tpt) == 0);
  CHECK(rig.get(Offset::Gptc) == 3);
  CHECK(rig.get(Offset::Bptc) == 1);
  CHECK(rig.get(Offset::Mptc) == 1);
  CHECK(rig.get(Offset::Ptc64) == 1);
  CHECK(rig.get(Offset::Ptc64 + 8) == 1);
  CHECK(rig.get(Offset::Ptc64 + 20) == 1);
  CHECK(rig.get(Offset::Gotcl) == 1472);
  CHECK(rig.get(Offset::Gotcl) == 1472);
  CHECK(rig.get(Offset::Gotch) == 0);
  CHECK(rig.get(Offset::Gotcl) == 0);
  CHECK(rig.get(Offset::Totl) == 1472);
}

}  // namespace
}  // namespace ringdown
