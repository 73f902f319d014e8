// The DP8390's receiver: filters, the ring and its overflow, monitor mode and tallies.
#include <algorithm>

#include "devices/network/ethernet_crc.h"
#include "tests/unit/network/ns8390/ns8390_rig.h"

namespace ringdown::test {
namespace {

constexpr u8 kAcceptRunts = 0x02, kAcceptBroadcast = 0x04, kAcceptMulticast = 0x08, kPromiscuous = 0x10;
constexpr u8 kMonitor = 0x20;
constexpr MacAddress kAllSystems{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};

TEST_CASE_METHOD(Ns8390Rig, "A packet lies in the ring with header and check sequence") {
  start();
  set(kInterruptMask, kReceived);
  const Frame frame = frame_to(kStation, 300);
  nic.receive(frame);
  clock.advance(frame_time(300, kTenMegabit) - nanoseconds(1));
  REQUIRE_FALSE(irq.high());
  clock.advance(nanoseconds(1));
  REQUIRE(irq.high());
  REQUIRE(nic.accepts_frame());

  const u16 packet = (kRingStart + 1) * 256;
  REQUIRE(read_memory(packet, 4) ==
          Frame{std::byte{0x01}, std::byte{kRingStart + 3}, std::byte{304 & 0xff}, std::byte{304 >> 8}});
  REQUIRE(read_memory(packet + 4, 300) == frame);
  const auto sequence = check_sequence(frame);
  REQUIRE(read_memory(packet + 304, 4) == Frame(sequence.begin(), sequence.end()));
  REQUIRE(current_page() == kRingStart + 3);
  REQUIRE(get(kReceiveStatus) == 0x01);
}

TEST_CASE_METHOD(Ns8390Rig, "With the bytes exchanged, status and next page keep their places") {
  start(0x4b);  // WTS, BOS
  const Frame frame = frame_to(kStation, 60);
  arrive(frame);
  const Frame memory = read_memory((kRingStart + 1) * 256, 8);
  REQUIRE(memory == Frame{std::byte{0x01}, std::byte{kRingStart + 2}, std::byte{0}, std::byte{64}, frame[1],
                          frame[0], frame[3], frame[2]});
}

TEST_CASE_METHOD(Ns8390Rig, "The filter tells station, broadcast and group addresses apart") {
  struct Case {
    u8 configuration;
    MacAddress destination;
    bool hashed;
    bool taken;
  };
  const Case cases[] = {
      {0, kStation, false, true},
      {0, kOtherStation, false, false},
      {kPromiscuous, kOtherStation, false, true},
      {0, kBroadcast, true, false},
      {kAcceptBroadcast, kBroadcast, false, true},
      {kAcceptMulticast, kAllSystems, false, false},
      {kAcceptMulticast, kAllSystems, true, true},
      {0, kAllSystems, true, false},
      {kPromiscuous, kAllSystems, true, false},
  };
  for (const Case& each : cases) {
    CAPTURE(each.configuration, each.hashed);
    start(0x49, each.configuration);
    set(0, kStart | kPage1);
    for (u32 i = 0; i < 8; ++i) set(8 + i, each.hashed ? 0xff : 0);
    set(0, kStart);
    arrive(frame_to(each.destination, 60));
    REQUIRE(get(kInterrupts) == (each.taken ? kReceived : 0));
    if (each.taken) REQUIRE(get(kReceiveStatus) == ((each.destination[0] & 1) != 0 ? 0x21 : 0x01));
  }
}

// Hashes as bits of the multicast register that BSD's and Linux's drivers compute for these groups: the six
// bits of the highest powers of the CRC.
TEST_CASE_METHOD(Ns8390Rig, "Groups hash to the bits that drivers set for them") {
  const auto hash = [](MacAddress address) {
    u32 crc = 0xffffffff;  // the highest power on the left
    for (const u8 byte : address) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        const bool feedback = (crc >> 31 ^ (byte >> bit & 1)) != 0;
        crc = crc << 1 ^ (feedback ? 0x04c11db7 : 0);
      }
    }
    return crc >> 26;
  };
  for (u8 last = 0; last < 64; ++last) {
    MacAddress group = kAllSystems;
    group[5] = last;
    start(0x49, kAcceptMulticast);
    set(0, kStart | kPage1);
    for (u32 i = 0; i < 8; ++i) set(8 + i, i == hash(group) / 8 ? 1u << hash(group) % 8 : 0);
    set(0, kStart);
    arrive(frame_to(group, 60));
    REQUIRE(get(kInterrupts) == kReceived);
  }
}

TEST_CASE_METHOD(Ns8390Rig, "Runts pass only where they are wanted") {
  start();
  arrive(frame_to(kStation, 59));
  REQUIRE(get(kInterrupts) == 0);
  start(0x49, kAcceptRunts);
  arrive(frame_to(kStation, 14));
  REQUIRE(get(kInterrupts) == kReceived);
  nic.receive(Frame(5));
  clock.advance(milliseconds(1));
  nic.receive({});
  REQUIRE(nic.accepts_frame());
  REQUIRE(current_page() == kRingStart + 2);
}

TEST_CASE_METHOD(Ns8390Rig, "Packets go on at the start of the ring") {
  start();
  // Nine packets of two pages and some, each taken out before the next.
  u8 page = kRingStart + 1;
  for (unsigned i = 0; i < 40; ++i) {
    const Frame frame = frame_to(kStation, 60 + 37 * i, i);
    arrive(frame);
    const Frame header = read_memory(static_cast<u16>(page * 256), 4);
    REQUIRE(std::to_integer<unsigned>(header[2]) + std::to_integer<unsigned>(header[3]) * 256 ==
            frame.size() + 4);
    Frame packet = read_memory(static_cast<u16>(page * 256 + 4), static_cast<u16>(frame.size()));
    REQUIRE(packet == frame);
    set(kBoundary, page);
    page = std::to_integer<u8>(header[1]);
    REQUIRE(page >= kRingStart);
    REQUIRE(page < kRingStop);
    REQUIRE(current_page() == page);
  }
}

TEST_CASE_METHOD(Ns8390Rig, "A full ring reports an overflow and keeps what it holds") {
  start();
  set(kInterruptMask, kOverwrite);
  const Frame frame = frame_to(kStation, 1514);  // six pages
  unsigned taken = 0;
  while (!irq.high()) {
    arrive(frame);
    taken += irq.high() ? 0 : 1;
    REQUIRE(taken < 10);
  }
  REQUIRE(taken == 4);  // of 26 pages, one of which the boundary takes
  REQUIRE((get(kInterrupts) & (kOverwrite | kResetState)) == (kOverwrite | kResetState));
  REQUIRE((get(kReceiveStatus) & 0x11) == 0x10);
  REQUIRE(get(15) == 1);  // CNTR2: missed
  REQUIRE(get(15) == 0);
  for (unsigned i = 0; i < taken; ++i) {
    const u8 page = static_cast<u8>(kRingStart + 1 + 6 * i);
    REQUIRE(read_memory(static_cast<u16>(page * 256 + 4), 1514) == frame);
  }
  // The last free page stays so: the pointers would become equal, as those of an empty ring.
  arrive(frame_to(kStation, 60));
  REQUIRE(current_page() == kRingStop - 1);
}

// The procedure of chapter 7, "Buffer Ring Overflow".
TEST_CASE_METHOD(Ns8390Rig, "The recovery from an overflow takes up reception again") {
  start();
  const Frame frame = frame_to(kStation, 1514);
  for (unsigned i = 0; i < 5; ++i) arrive(frame);
  REQUIRE((get(kInterrupts) & kOverwrite) != 0);
  set(0, kStop);
  clock.advance(microseconds(1600));
  REQUIRE((get(kInterrupts) & kResetState) != 0);
  set(10, 0);
  set(11, 0);
  set(kTransmitConfiguration, 0x02);
  set(0, kStart);
  set(kBoundary, kRingStart + 6);  // the first packet is taken out
  set(kInterrupts, kOverwrite);
  arrive(frame);  // in loopback the cable is not heard
  REQUIRE(get(kInterrupts) == kReceived);
  REQUIRE(current_page() == kRingStart + 25);
  set(kTransmitConfiguration, 0x00);
  arrive(frame);
  REQUIRE(get(kInterrupts) == kReceived);
  REQUIRE(current_page() == kRingStart + 5);
}

TEST_CASE_METHOD(Ns8390Rig, "Removing a packet ends the reset status of an overflow") {
  start();
  for (unsigned i = 0; i < 5; ++i) arrive(frame_to(kStation, 1514));
  REQUIRE((get(kInterrupts) & kResetState) != 0);
  set(kBoundary, kRingStart + 6);
  REQUIRE((get(kInterrupts) & kResetState) == 0);
}

TEST_CASE_METHOD(Ns8390Rig,
                 "Monitor mode counts packets and stores none; a full count interrupts and stays") {
  start(0x49, kMonitor | kAcceptBroadcast);
  set(kInterruptMask, kCounter);
  for (unsigned i = 0; i < 0x7f; ++i) arrive(frame_to(kStation, 60));
  arrive(frame_to(kOtherStation, 60));
  REQUIRE_FALSE(irq.high());
  REQUIRE(get(kReceiveStatus) == 0x50);
  arrive(frame_to(kBroadcast, 60));
  REQUIRE(irq.high());
  REQUIRE(get(kReceiveStatus) == 0x70);
  for (unsigned i = 0; i < 100; ++i) arrive(frame_to(kStation, 60));
  REQUIRE(get(15) == 192);
  REQUIRE(get(15) == 0);
  REQUIRE(current_page() == kRingStart + 1);
}

TEST_CASE_METHOD(Ns8390Rig, "Who is stopped or off the cable takes frames and drops them") {
  nic.receive(frame_to(kStation, 60));
  REQUIRE(nic.accepts_frame());
  start();
  nic.set_link(false);
  nic.receive(frame_to(kStation, 60));
  clock.advance(milliseconds(1));
  REQUIRE(get(kInterrupts) == 0);
  nic.set_link(true);
  nic.receive(Frame(kLongestFrame + 1));
  REQUIRE(nic.accepts_frame());
}

TEST_CASE_METHOD(Ns8390Rig, "A stop lets the packet arrive, a reset does not") {
  start();
  nic.receive(frame_to(kStation, 60));
  set(0, kStop);
  REQUIRE((get(kInterrupts) & kResetState) == 0);
  clock.advance(milliseconds(1));
  REQUIRE(get(kInterrupts) == (kResetState | kReceived));
  start();
  nic.receive(frame_to(kStation, 60));
  get(0x1f);
  REQUIRE(nic.accepts_frame());
  clock.advance(milliseconds(1));
  REQUIRE((get(kInterrupts) & kReceived) == 0);
}

TEST_CASE_METHOD(Ns8390Rig, "Rings of no or absurd size do no harm") {
  for (const auto& [first, stop, boundary] : {std::array<u8, 3>{0, 0, 0},
                                              {0x50, 0x50, 0x50},
                                              {0x60, 0x40, 0x10},
                                              {0x46, 0x47, 0xff},
                                              {0xff, 1, 2}}) {
    start();
    set(1, first);
    set(2, stop);
    set(kBoundary, boundary);
    for (unsigned i = 0; i < 20; ++i) arrive(frame_to(kStation, kLongestFrame));
    set(0, kStop);
  }
}

}  // namespace
}  // namespace ringdown::test
