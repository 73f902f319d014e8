// The PCnet's transmitter: polling and demand, chained buffers, check sequence, padding, errors.
#include "devices/network/ethernet_crc.h"
#include "tests/unit/network/pcnet/pcnet_rig.h"

namespace ringdown::test {
namespace {

Frame part(const Frame& frame, std::size_t first, std::size_t count) {
  return {frame.begin() + static_cast<std::ptrdiff_t>(first),
          frame.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

TEST_CASE_METHOD(PcnetRig, "A frame is sent in each style, at its time, with an interrupt") {
  for (unsigned each = 0; each < 4; ++each) {
    CAPTURE(each);
    wire.frames.clear();
    start(each);
    const Frame frame = frame_to(kBroadcast, 1514, each);
    give_transmit(0, frame);
    set_csr(0, kEnable | kDemand);
    clock.advance(frame_time(1514, kTenMegabit) - nanoseconds(1));
    REQUIRE(transmit_view(0).status == (kOwn | kWhole));
    REQUIRE_FALSE(irq.high());
    clock.advance(nanoseconds(1));
    REQUIRE(wire.frames == std::vector<Frame>{frame});
    REQUIRE(transmit_view(0).status == kWhole);
    REQUIRE(transmit_view(0).result == 0);
    REQUIRE(irq.high());
    REQUIRE((csr(0) & kTransmitted) != 0);
  }
}

TEST_CASE_METHOD(PcnetRig, "Without a demand the ring is polled, unless that is forbidden") {
  start(2);
  clock.advance(microseconds(10));
  give_transmit(0, frame_to(kBroadcast, 60));
  clock.advance(milliseconds(2) + microseconds(100));  // 65536 clocks of 30 ns
  REQUIRE(wire.frames.size() == 1);

  set_csr(4, 0x1115);  // DPOLL
  clock.advance(milliseconds(5));
  give_transmit(1, frame_to(kBroadcast, 60));
  clock.advance(milliseconds(50));
  REQUIRE(wire.frames.size() == 1);
  set_csr(0, kDemand);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 2);
}

TEST_CASE_METHOD(PcnetRig, "Polling wakes nobody, and goes on at the same times behind a sleep") {
  start(2);
  clock.advance(milliseconds(3));
  Scheduler& scheduler = clock.scheduler();
  REQUIRE(scheduler.next_waking_deadline() == kNeverTime);
  const Picoseconds interval = 65536 * nanoseconds(30);
  const Picoseconds next = scheduler.next_deadline();
  scheduler.skip_to(next + 1000 * interval + microseconds(1));
  scheduler.run_due();
  REQUIRE(scheduler.next_deadline() == next + 1001 * interval);
  give_transmit(0, frame_to(kBroadcast, 60));
  clock.advance(interval - microseconds(1) + frame_time(60, kTenMegabit));
  REQUIRE(wire.frames.size() == 1);
}

TEST_CASE_METHOD(PcnetRig, "The polling interval is the host's to choose") {
  initialize(2);
  set_csr(0, kStop);
  set_csr(47, 0x10000 - 1000);  // 30 us
  set_csr(0, kStart);
  give_transmit(0, frame_to(kBroadcast, 60));
  clock.advance(microseconds(30) + frame_time(60, kTenMegabit));
  REQUIRE(wire.frames.size() == 1);
}

TEST_CASE_METHOD(PcnetRig, "Frames follow each other around the ring") {
  start(3);
  std::vector<Frame> expected;
  for (unsigned i = 0; i < 10; ++i) {
    expected.push_back(frame_to(kBroadcast, 60 + 10 * i, i));
    give_transmit(i % 4, expected.back());
    set_csr(0, kDemand);
    if (i % 4 == 3) clock.advance(milliseconds(1));
  }
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames == expected);
}

TEST_CASE_METHOD(PcnetRig, "Chained buffers make one frame") {
  for (const unsigned each : {0u, 2u}) {
    wire.frames.clear();
    start(each);
    const Frame frame = frame_to(kBroadcast, 200);
    give_transmit(0, part(frame, 0, 1), kOwn | kStartOfPacket);
    give_transmit(1, part(frame, 1, 99), kOwn);
    give_transmit(2, part(frame, 100, 100), kOwn | kEndOfPacket);
    set_csr(0, kDemand);
    clock.advance(frame_time(200, kTenMegabit));
    REQUIRE(wire.frames == std::vector<Frame>{frame});
    REQUIRE(transmit_view(0).status == kStartOfPacket);
    REQUIRE(transmit_view(1).status == 0);
    REQUIRE(transmit_view(2).status == kEndOfPacket);
  }
}

TEST_CASE_METHOD(PcnetRig, "A buffer that begins no frame is given back") {
  start(2);
  give_transmit(0, frame_to(kBroadcast, 60), kOwn | kEndOfPacket);
  give_transmit(1, frame_to(kBroadcast, 61));
  set_csr(0, kDemand);
  clock.advance(milliseconds(1));
  REQUIRE(transmit_view(0).status == kEndOfPacket);
  REQUIRE(wire.frames.size() == 1);
  REQUIRE(wire.frames[0].size() == 61);
}

TEST_CASE_METHOD(PcnetRig,
                 "A frame whose next buffer is missing underflows and switches the transmitter off") {
  start(2);
  give_transmit(0, frame_to(kBroadcast, 60), kOwn | kStartOfPacket);
  set_csr(0, kEnable | kDemand);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.empty());
  REQUIRE(transmit_view(0).status == (kFailed | kStartOfPacket));
  REQUIRE(transmit_view(0).result == 0xc000);  // BUFF, UFLO
  REQUIRE((csr(0) & (kTransmitterOn | kTransmitted)) == kTransmitted);
  REQUIRE(irq.high());

  start(2);
  set_csr(3, 0x0040);  // DXSUFLO
  give_transmit(0, frame_to(kBroadcast, 60), kOwn | kStartOfPacket);
  set_csr(0, kDemand);
  clock.advance(milliseconds(1));
  REQUIRE((csr(0) & kTransmitterOn) != 0);
  give_transmit(1, frame_to(kBroadcast, 60));
  set_csr(0, kDemand);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 1);
}

TEST_CASE_METHOD(PcnetRig, "The host's own check sequence is used where the bits say so") {
  Frame bare = frame_to(kBroadcast, 80);
  Frame with = bare;
  for (const std::byte byte : check_sequence(bare)) with.push_back(byte);
  const auto send = [&](unsigned chosen, u16 mode, const Frame& frame, unsigned bits) {
    wire.frames.clear();
    start(chosen, mode);
    give_transmit(0, frame, kOwn | kWhole | bits);
    set_csr(0, kDemand);
    clock.advance(milliseconds(1));
    return wire.frames;
  };
  REQUIRE(send(2, 0, bare, 0) == std::vector<Frame>{bare});
  REQUIRE(send(2, kNoSequence, with, 0) == std::vector<Frame>{bare});
  REQUIRE(send(2, kNoSequence, bare, 0).empty());
  REQUIRE(send(2, kNoSequence, bare, kAddSequence) == std::vector<Frame>{bare});
  // As the ILACC has it, the bit means the contrary.
  REQUIRE(send(1, 0, with, kAddSequence) == std::vector<Frame>{bare});
  REQUIRE(send(1, 0, bare, 0) == std::vector<Frame>{bare});
}

TEST_CASE_METHOD(PcnetRig, "Automatic padding fills frames up and brings the check sequence") {
  start(2, kNoSequence);
  set_csr(4, 0x0915);  // APAD_XMT
  const Frame frame = frame_to(kBroadcast, 30);
  give_transmit(0, frame);
  set_csr(0, kDemand);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 1);
  REQUIRE(wire.frames[0].size() == 60);
  REQUIRE(part(wire.frames[0], 0, 30) == frame);
  REQUIRE(part(wire.frames[0], 30, 30) == Frame(30));
}

TEST_CASE_METHOD(PcnetRig, "A pulled cable loses carrier and heartbeat") {
  start(0);
  nic.set_link(false);
  give_transmit(0, frame_to(kBroadcast, 60));
  set_csr(0, kDemand);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.empty());
  REQUIRE(transmit_view(0).status == (kFailed | kWhole));
  REQUIRE(transmit_view(0).result == 0x0800);
  REQUIRE((csr(0) & (kCollisionError | kError)) == (kCollisionError | kError));
}

TEST_CASE_METHOD(PcnetRig, "Interrupts for frames that went well can be left out") {
  start(2);
  const auto interrupted = [&](u16 extended, unsigned bits, bool link) {
    start(2);
    nic.set_link(link);
    set_csr(5, extended);
    give_transmit(0, frame_to(kBroadcast, 60), kOwn | kWhole | bits);
    set_csr(0, kDemand);
    clock.advance(milliseconds(1));
    return (csr(0) & kTransmitted) != 0;
  };
  REQUIRE(interrupted(0, 0, true));
  REQUIRE_FALSE(interrupted(0x8000, 0, true));  // TOKINTD
  REQUIRE(interrupted(0x8000, 0, false));
  REQUIRE_FALSE(interrupted(0x4000, 0, true));  // LTINTEN
  REQUIRE(interrupted(0x4000, kLastInterrupt, true));
  REQUIRE(transmit_view(0).status == kWhole);
}

TEST_CASE_METHOD(PcnetRig, "Frames that are too long babble, and those no cable carries go nowhere") {
  start(2);
  give_transmit(0, frame_to(kBroadcast, 1515));
  set_csr(0, kDemand);
  clock.advance(milliseconds(2));
  REQUIRE((csr(0) & kBabble) != 0);
  REQUIRE(wire.frames.size() == 1);

  // A ring without an end of packet: the cable's time bounds the work.
  start(2);
  for (unsigned i = 0; i < 4; ++i) give_transmit(i, Frame(4096), kOwn | kStartOfPacket);
  set_csr(0, kDemand);
  for (unsigned i = 0; i < 40; ++i) {
    clock.advance(4096 * nanoseconds(800));
    for (unsigned k = 0; k < 4; ++k) {
      if ((transmit_view(k).status & kOwn) == 0) give_transmit(k, Frame(4096), kOwn | kStartOfPacket);
    }
  }
  give_transmit((csr(74) - csr(78) + 1) % 4, Frame(4096), kOwn | kEndOfPacket);
  clock.advance(milliseconds(20));
  REQUIRE(wire.frames.size() == 1);
  REQUIRE((csr(0) & kTransmitted) != 0);
}

TEST_CASE_METHOD(PcnetRig, "Rings of one descriptor and of zero, at themselves, at nowhere, do no harm") {
  start(2, 0, 0);
  give_transmit(0, frame_to(kBroadcast, 60));
  set_csr(0, kDemand);
  clock.advance(milliseconds(1));
  REQUIRE(wire.frames.size() == 1);
  give_transmit(0, frame_to(kBroadcast, 60), kOwn | kStartOfPacket);
  set_csr(0, kDemand);
  clock.advance(milliseconds(1));
  REQUIRE(transmit_view(0).result == 0xc000);

  set_csr(0, kStop);
  set_csr(78, 0);
  set_csr(76, 0);
  set_csr(0, kStart);
  give_transmit(0, frame_to(kBroadcast, 60));
  give_receive(0, 1);
  set_csr(0, kDemand);
  arrive(frame_to(kStation, 60));
  clock.advance(milliseconds(1));

  for (const u32 base : {0xffff'fff0u, 0x000a'0000u, 0x0fff'fff0u}) {
    set_csr(0, kStop);
    set_csr(24, base & 0xffff);
    set_csr(25, base >> 16);
    set_csr(30, base & 0xffff);
    set_csr(31, base >> 16);
    set_csr(0, kStart | kDemand);
    nic.receive(frame_to(kStation, 1514));
    clock.advance(milliseconds(20));
  }
  // A ring inside its own buffer.
  start(2, 0, 0);
  set_descriptor(kTransmitRing, kTransmitRing, 60, kOwn | kWhole);
  set_descriptor(kReceiveRing, kReceiveRing, 60, kOwn);
  set_csr(0, kDemand);
  arrive(frame_to(kStation, 1514));
  clock.advance(milliseconds(1));
}

}  // namespace
}  // namespace ringdown::test
