// Remote DMA: widths, ends, the turn at the end of the ring, and the send packet command.
#include "tests/unit/network/ns8390/ns8390_rig.h"

namespace ringdown::test {
namespace {

TEST_CASE_METHOD(Ns8390Rig, "What was written by words is read by bytes, words and double words") {
  start();
  write_memory(0x4000, {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}});
  remote(kRemoteRead, 0x4000, 4);
  REQUIRE(ports.read(0x10, Width::Dword) == 0x04030201);
  REQUIRE((get(kInterrupts) & kRemoteDone) != 0);
  REQUIRE(get(8) == 0x04);
  REQUIRE(get(9) == 0x40);

  set(kDataConfiguration, 0x48);
  remote(kRemoteRead, 0x4001, 3);
  REQUIRE(ports.read(0x10, Width::Byte) == 2);
  REQUIRE(ports.read(0x10, Width::Word) == 0x0403);
  remote(kRemoteWrite, 0x4000, 2);
  ports.write(0x10, Width::Word, 0xbbaa);
  remote(kRemoteRead, 0x4000, 4);
  REQUIRE(ports.read(0x10, Width::Dword) == 0x0403bbaa);
}

TEST_CASE_METHOD(Ns8390Rig, "The end of a transfer interrupts once; behind it nothing moves") {
  start();
  set(kInterruptMask, kRemoteDone);
  remote(kRemoteWrite, 0x4100, 4);
  ports.write(0x10, Width::Word, 0x1111);
  REQUIRE_FALSE(irq.high());
  ports.write(0x10, Width::Word, 0x2222);
  REQUIRE(irq.high());
  set(kInterrupts, kRemoteDone);
  REQUIRE_FALSE(irq.high());
  ports.write(0x10, Width::Word, 0x3333);
  REQUIRE(read_memory(0x4100, 6) == Frame{std::byte{0x11}, std::byte{0x11}, std::byte{0x22}, std::byte{0x22},
                                          std::byte{0}, std::byte{0}});
  REQUIRE(ports.read(0x10, Width::Word) == 0xffff);
}

TEST_CASE_METHOD(Ns8390Rig, "An odd count ends with a whole word, a count of zero at once") {
  start();
  REQUIRE(read_memory(0x4000, 3).size() == 3);
  REQUIRE((get(kInterrupts) & kRemoteDone) != 0);
  set(kInterrupts, kRemoteDone);
  remote(kRemoteRead, 0x4000, 0);
  REQUIRE((get(kInterrupts) & kRemoteDone) != 0);
}

TEST_CASE_METHOD(Ns8390Rig, "The data port is dead against the direction of the command") {
  start();
  remote(kRemoteRead, 0x4000, 2);
  ports.write(0x10, Width::Word, 0x5555);
  REQUIRE(ports.read(0x10, Width::Word) == 0);
  remote(kRemoteWrite, 0x4000, 2);
  REQUIRE(ports.read(0x10, Width::Word) == 0xffff);
  set(0, kStart);  // aborted
  ports.write(0x10, Width::Word, 0x5555);
  REQUIRE(read_memory(0x4000, 2) == Frame(2));
}

TEST_CASE_METHOD(Ns8390Rig, "Transfers go on at the start of the ring") {
  start();
  const Frame data = frame_to(kBroadcast, 64);
  write_memory(kRingStop * 256 - 32, data);
  REQUIRE(read_memory(kRingStop * 256 - 32, 64) == data);
  REQUIRE(read_memory(kRingStart * 256, 32) == Frame(data.begin() + 32, data.end()));
}

TEST_CASE_METHOD(Ns8390Rig, "Memory that is not there reads ones and keeps nothing") {
  start();
  for (const u16 address : {u16{0x8000}, u16{0xfffe}}) {
    write_memory(address, Frame(2, std::byte{0x12}));
    REQUIRE(read_memory(address, 2) == Frame(2, std::byte{0xff}));
  }
  write_memory(0x0000, Frame(2, std::byte{0x12}));
  REQUIRE(read_memory(0x0000, 2) == Frame(2, std::byte{kStation[0]}));
}

TEST_CASE_METHOD(Ns8390Rig, "The send packet command takes packet after packet out of the ring") {
  start(0x59);  // with ARM
  set(kBoundary, kRingStart + 1);
  set(kInterruptMask, kRemoteDone);
  const Frame first = frame_to(kStation, 300, 1);
  const Frame second = frame_to(kStation, 60, 2);
  arrive(first);
  arrive(second);
  for (const Frame& expected : {first, second}) {
    set(11, 0x0f);
    set(0, kSendPacket);
    // The header and the packet, without its check sequence: as many bytes as the header says.
    ports.read(0x10, Width::Word);
    const u64 count = ports.read(0x10, Width::Word);
    REQUIRE(count == expected.size() + 4);
    Frame packet;
    for (u64 i = 4; i < count; i += 2) {
      REQUIRE_FALSE(irq.high());
      const u64 word = ports.read(0x10, Width::Word);
      packet.push_back(static_cast<std::byte>(word));
      packet.push_back(static_cast<std::byte>(word >> 8));
    }
    REQUIRE(packet == expected);
    REQUIRE(irq.high());
    set(kInterrupts, kRemoteDone);
  }
  REQUIRE(get(kBoundary) == current_page());
}

TEST_CASE_METHOD(Ns8390Rig, "Without automatic initialization the send packet command does nothing") {
  start();
  arrive(frame_to(kStation, 60));
  set(0, kSendPacket);
  REQUIRE(ports.read(0x10, Width::Word) == 0xffff);
  REQUIRE((get(kInterrupts) & kRemoteDone) == 0);
}

}  // namespace
}  // namespace ringdown::test
