// Filters, buffers, the packet buffer, and what descriptors say.
#include "devices/network/ethernet_crc.h"
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;

constexpr u8 kDone = 0x01, kEop = 0x02, kVlan = 0x08, kInexact = 0x80;
constexpr MacAddress kGroup{0x01, 0x00, 0x5e, 0x12, 0x34, 0x56};

/// Whether a frame to that address is taken; and if so, the descriptor's status.
u8 offer(E1000Rig& rig, const Frame& frame) {
  const u32 head = rig.get(Offset::Rdh);
  rig.card.receive(frame);
  const u8 status = rig.receive_status(head);
  if (rig.get(Offset::Rdh) == head) return 0;
  rig.set(Offset::Rdt, head);
  rig.put_descriptor(E1000Rig::kReceiveRing, head, E1000Rig::kReceiveBuffers + head * E1000Rig::kBufferStride,
                     0);
  return status;
}
u8 offer(E1000Rig& rig, const MacAddress& to) { return offer(rig, frame_to(to, 100)); }

Frame tagged(u16 tag, std::size_t length = 100) {
  Frame frame = typed_frame(kStation, length, 0x8100);
  frame[14] = static_cast<std::byte>(tag >> 8);
  frame[15] = static_cast<std::byte>(tag);
  return frame;
}

TEST_CASE("A frame for the station arrives whole", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  const Frame frame = frame_to(kStation, 1000);
  rig.card.receive(frame);
  CHECK(rig.receive_buffer(0) == frame);
  CHECK((rig.receive_status(0) & ~4) == (kDone | kEop));
  CHECK(rig.receive_errors(0) == 0);
  CHECK(rig.get(Offset::Rdh) == 1);
}

TEST_CASE("The check sequence comes with it unless it is stripped", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(16, E1000Rig::kReceiveControl & ~(1u << 26));
  const Frame frame = frame_to(kStation, 100);
  rig.card.receive(frame);
  const Frame stored = rig.receive_buffer(0);
  CHECK(stored.size() == 104);
  CHECK(ends_with_check_sequence(stored));
}

TEST_CASE("Destinations are filtered", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(16, 0x0400'0002);
  CHECK((offer(rig, kStation) & kInexact) == 0);
  CHECK(offer(rig, kOtherStation) == 0);
  CHECK(offer(rig, kGroup) == 0);
  CHECK(offer(rig, kBroadcast) == 0);
  rig.set(Offset::Rctl, 0x0400'000a);  // UPE
  CHECK((offer(rig, kOtherStation) & kInexact) != 0);
  CHECK(offer(rig, kGroup) == 0);
  rig.set(Offset::Rctl, 0x0400'0012);  // MPE
  CHECK((offer(rig, kGroup) & kInexact) != 0);
  CHECK(offer(rig, kOtherStation) == 0);
  rig.set(Offset::Rctl, 0x0400'8002);  // BAM
  CHECK((offer(rig, kBroadcast) & (kDone | kInexact)) == kDone);
}

TEST_CASE("Sixteen addresses match exactly, destination or source", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  const u32 last = 15 * 8;
  rig.set(Offset::Ral0 + last, 0x125e'0001);
  rig.set(Offset::Rah0 + last, 0x5634);
  CHECK(offer(rig, kGroup) == 0);
  rig.set(Offset::Rah0 + last, 0x8000'5634);
  CHECK((offer(rig, kGroup) & (kDone | kInexact)) == kDone);
  rig.set(Offset::Ral0 + last, 0x6500'5452);  // kOtherStation, the source of all frames here
  rig.set(Offset::Rah0 + last, 0x8001'2143);
  CHECK((offer(rig, kGroup) & kDone) != 0);
}

TEST_CASE("The hash table takes twelve bits at one of four places", "[e1000]") {
  // The last two bytes of kGroup are 34h and 56h: 5634h.
  const auto [offset, hash] = GENERATE(std::make_pair(0u, 0x563u), std::make_pair(1u, 0xac6u),
                                       std::make_pair(2u, 0x58du), std::make_pair(3u, 0x634u));
  E1000Rig rig;
  rig.start_receiver(16, E1000Rig::kReceiveControl | offset << 12);
  rig.set(Offset::Mta + hash / 32 * 4, ~(1u << hash % 32));
  CHECK(offer(rig, kGroup) == 0);
  rig.set(Offset::Mta + hash / 32 * 4, 1u << hash % 32);
  CHECK((offer(rig, kGroup) & kInexact) != 0);
}

TEST_CASE("VLANs are filtered by identifier and by CFI", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(16, E1000Rig::kReceiveControl | 1u << 18);
  CHECK(offer(rig, tagged(0x0123)) == 0);
  CHECK(offer(rig, kStation) != 0);
  rig.set(Offset::Vfta + 0x123 / 32 * 4, 1u << 0x123 % 32);
  CHECK(offer(rig, tagged(0xe123)) != 0);
  CHECK(offer(rig, tagged(0x0124)) == 0);
  rig.set(Offset::Rctl, E1000Rig::kReceiveControl | 3u << 18);
  CHECK(offer(rig, tagged(0x0123)) != 0);
  CHECK(offer(rig, tagged(0x1123)) == 0);
  rig.set(Offset::Rctl, E1000Rig::kReceiveControl | 7u << 18);
  CHECK(offer(rig, tagged(0x0123)) == 0);
  CHECK(offer(rig, tagged(0x1123)) != 0);
}

TEST_CASE("CTRL.VME takes tags out", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  const Frame frame = tagged(0x5123, 200);
  CHECK((offer(rig, frame) & kVlan) == 0);
  rig.set(Offset::Ctrl, rig.get(Offset::Ctrl) | 1u << 30);
  rig.card.receive(frame);
  CHECK((rig.receive_status(1) & kVlan) != 0);
  CHECK(rig.received(1) >> 48 == 0x5123);
  Frame stripped = frame;
  stripped.erase(stripped.begin() + 12, stripped.begin() + 16);
  CHECK(rig.receive_buffer(1) == stripped);
}

TEST_CASE("MAC control frames follow PMCF and DPF", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  Frame control = typed_frame(kGroup, 60, 0x8808);
  Frame pause = typed_frame(kStation, 60, 0x8808);
  pause[14] = std::byte{0};
  pause[15] = std::byte{1};
  CHECK(offer(rig, control) == 0);
  CHECK(offer(rig, pause) != 0);
  rig.set(Offset::Rctl, E1000Rig::kReceiveControl | 3u << 22);
  CHECK(offer(rig, control) != 0);
  CHECK(offer(rig, pause) == 0);
}

TEST_CASE("Long frames need LPE", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(16, E1000Rig::kReceiveControl);
  CHECK(offer(rig, frame_to(kStation, 1518)) != 0);
  CHECK(offer(rig, frame_to(kStation, 1519)) == 0);
  CHECK(rig.get(Offset::Roc) == 1);
  rig.set(Offset::Rctl, E1000Rig::kReceiveControl | 0x20 | 1u << 25 | 1u << 16);  // 16 KiB buffers
  const Frame jumbo = frame_to(kStation, 16380);
  const u32 head = rig.get(Offset::Rdh);
  rig.card.receive(jumbo);
  CHECK(rig.receive_buffer(head) == jumbo);
  rig.card.receive(frame_to(kStation, 16381));
  CHECK(rig.get(Offset::Roc) == 1);
  rig.card.receive(frame_to(kStation, 59));
  CHECK(rig.get(Offset::Ruc) == 1);
  CHECK(rig.get(Offset::Rlec) == 3);
}

TEST_CASE("A frame fills as many buffers as it needs, of every size", "[e1000]") {
  const auto [bits, size] =
      GENERATE(std::make_pair(0u, 2048u), std::make_pair(1u << 16, 1024u), std::make_pair(2u << 16, 512u),
               std::make_pair(3u << 16, 256u), std::make_pair(1u << 25 | 1u << 16, 16384u),
               std::make_pair(1u << 25 | 2u << 16, 8192u), std::make_pair(1u << 25 | 3u << 16, 4096u));
  E1000Rig rig;
  rig.start_receiver(64, E1000Rig::kReceiveControl | 0x20 | bits);
  const Frame frame = frame_to(kStation, 9000);
  rig.card.receive(frame);
  const u32 count = (9000 + size - 1) / size;
  Frame stored;
  for (u32 i = 0; i < count; ++i) {
    const Frame part = rig.receive_buffer(i);
    stored.insert(stored.end(), part.begin(), part.end());
    CHECK((rig.receive_status(i) & (kDone | kEop)) == (i + 1 == count ? kDone | kEop : kDone));
  }
  CHECK(stored == frame);
  CHECK(rig.get(Offset::Rdh) == count);
}

TEST_CASE("A descriptor without a buffer is passed over", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  rig.put_descriptor(E1000Rig::kReceiveRing, 0, 0, 0x1234);
  const Frame frame = frame_to(kStation, 100);
  rig.card.receive(frame);
  CHECK(rig.received(0) == (u64{kDone} << 32 | 0x1234));
  CHECK(rig.receive_buffer(1) == frame);
}

TEST_CASE("Frames wait in the packet buffer for descriptors", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(8, E1000Rig::kReceiveControl | 3u << 16);  // 256 bytes each: 1792 in all
  std::vector<Frame> frames;
  while (rig.card.accepts_frame()) {
    REQUIRE(frames.size() < 100);
    frames.push_back(frame_to(kStation, 1400 + frames.size()));
    rig.card.receive(frames.back());
  }
  // One is in memory, a part of another, and the packet buffer of 48 KiB has room for no frame of 1522 bytes
  // more.
  CHECK(frames.size() == 1 + 34);
  CHECK(rig.get(Offset::Mpc) == 0);
  for (int i = 0; i < 2; ++i) rig.card.receive(frame_to(kStation, 1500));
  CHECK(rig.get(Offset::Mpc) == 2);
  CHECK((rig.get(Offset::Icr) & e1000::cause::kRxo) != 0);
  CHECK(rig.get(Offset::Rnbc) > 30);

  Frame stored;
  std::size_t arrived = 0;
  for (u32 index = 0; arrived < frames.size(); index = (index + 1) % 8) {
    rig.clock.advance(microseconds(1));
    REQUIRE((rig.receive_status(index) & kDone) != 0);
    const Frame part = rig.receive_buffer(index);
    stored.insert(stored.end(), part.begin(), part.end());
    if ((rig.receive_status(index) & kEop) != 0) {
      REQUIRE(stored == frames[arrived++]);
      stored.clear();
    }
    rig.put_descriptor(E1000Rig::kReceiveRing, index,
                       E1000Rig::kReceiveBuffers + index * E1000Rig::kBufferStride, 0);
    rig.set(Offset::Rdt, index);
  }
  CHECK(rig.card.accepts_frame());
}

TEST_CASE("A receiver that is off, or has no link, takes frames and drops them", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(16, 0x0400'8000);
  CHECK(rig.card.accepts_frame());
  CHECK(offer(rig, kStation) == 0);
  rig.set(Offset::Rctl, E1000Rig::kReceiveControl);
  rig.card.set_link(false);
  CHECK(rig.card.accepts_frame());
  CHECK(offer(rig, kStation) == 0);
  CHECK(rig.get(Offset::Tpr) == 0);
}

TEST_CASE("What is received is counted", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  offer(rig, frame_to(kStation, 60));
  offer(rig, frame_to(kBroadcast, 124));
  offer(rig, frame_to(kOtherStation, 1000));
  CHECK(rig.get(Offset::Tpr) == 3);
  CHECK(rig.get(Offset::Torl) == 64 + 128 + 1004);
  CHECK(rig.get(Offset::Gprc) == 2);
  CHECK(rig.get(Offset::Gprc) == 0);
  CHECK(rig.get(Offset::Bprc) == 1);
  CHECK(rig.get(Offset::Prc64) == 1);
  CHECK(rig.get(Offset::Prc64 + 8) == 1);
  CHECK(rig.get(Offset::Gorcl) == 192);
}

TEST_CASE("The packet checksum begins at PCSS", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  rig.set(Offset::Rxcsum, 98);
  Frame frame = frame_to(kStation, 100);
  frame[98] = std::byte{0x12};
  frame[99] = std::byte{0x34};
  rig.card.receive(frame);
  CHECK((rig.received(0) >> 16 & 0xffff) == 0x1234);
}

}  // namespace
}  // namespace ringdown
