// The ISA DMA channels: addresses, counts, directions, wraps, cascading and status.
#include "devices/timers/isa_dma.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"

namespace ringdown {
namespace {

using test::read_byte;
using test::write_byte;
using Bytes = std::vector<std::byte>;

constexpr unsigned kWrite = 0x44, kRead = 0x48, kVerify = 0x40, kAutoInitialize = 0x10, kDescending = 0x20;

struct Fixture {
  Fixture() {
    memory.map_ram(GuestPhysical(0), store.ram_size(), HostFrame(0));
    write_byte(dma.second_ports(), 22, 0xc0);  // channel 4 cascades
    write_byte(dma.second_ports(), 20, 0x00);  // and is unmasked
  }
  /// Programs one of the channels 0 to 3 and unmasks it.
  void program(unsigned channel, unsigned mode, unsigned page_offset, unsigned page, unsigned address,
               unsigned count) {
    write_byte(dma.first_ports(), 12, 0);
    write_byte(dma.first_ports(), 11, mode | channel);
    for (unsigned shift : {0u, 8u}) write_byte(dma.first_ports(), 2 * channel, address >> shift & 0xff);
    for (unsigned shift : {0u, 8u}) write_byte(dma.first_ports(), 2 * channel + 1, count >> shift & 0xff);
    write_byte(dma.page_ports(), page_offset, page);
    write_byte(dma.first_ports(), 10, channel);
  }
  void program_2(unsigned mode, unsigned page, unsigned address, unsigned count) {
    program(2, mode, 0, page, address, count);
  }
  unsigned address_2() {
    write_byte(dma.first_ports(), 12, 0);
    const unsigned low = read_byte(dma.first_ports(), 4);
    return low | read_byte(dma.first_ports(), 4) << 8;
  }
  u8 byte_at(u64 address) { return memory.read_value<u8>(GuestPhysical(address)); }
  static Bytes counting(std::size_t size) {
    Bytes data(size);
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::byte>(i + 1);
    return data;
  }

  Log log;
  Bus bus{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(0x4'0000, 0));
  GuestMemory memory{store, bus};
  IsaDma dma{memory};
  DmaChannel& channel_2 = dma.channel(2);
};

TEST_CASE_METHOD(Fixture, "A write transfer ends at the terminal count and masks the channel") {
  program_2(kWrite, 0x01, 0x2000, 511);
  const auto first = channel_2.to_memory(counting(200));
  REQUIRE(first.bytes == 200);
  REQUIRE_FALSE(first.terminal_count);
  REQUIRE(address_2() == 0x20c8);
  const auto second = channel_2.to_memory(counting(1000));
  REQUIRE(second.bytes == 312);
  REQUIRE(second.terminal_count);
  REQUIRE(byte_at(0x1'2000) == 1);
  REQUIRE(byte_at(0x1'20c8) == 1);
  REQUIRE(byte_at(0x1'2200) == 0);
  REQUIRE(read_byte(dma.first_ports(), 8) == 0x04);
  REQUIRE(read_byte(dma.first_ports(), 8) == 0x00);
  REQUIRE(read_byte(dma.first_ports(), 15) == 0x0f);
  REQUIRE(channel_2.to_memory(counting(1)).bytes == 0);
}

TEST_CASE_METHOD(Fixture, "A read transfer takes from memory; auto-initialize starts over") {
  memory.write_value<u32>(GuestPhysical(0x300), 0x4433'2211);
  program_2(kRead | kAutoInitialize, 0, 0x300, 3);
  for (int i = 0; i < 2; ++i) {
    Bytes data(8);
    const auto result = channel_2.from_memory(data);
    REQUIRE(result.bytes == 4);
    REQUIRE(result.terminal_count);
    REQUIRE(data[3] == std::byte{0x44});
  }
}

TEST_CASE_METHOD(Fixture, "The address wraps within its page, in both directions") {
  program_2(kWrite, 0x01, 0xfffe, 3);
  REQUIRE(channel_2.to_memory(counting(4)).terminal_count);
  REQUIRE(byte_at(0x1'ffff) == 2);
  REQUIRE(byte_at(0x1'0000) == 3);
  REQUIRE(byte_at(0x2'0000) == 0);
  program_2(kWrite | kDescending, 0x02, 0x0001, 3);
  REQUIRE(channel_2.to_memory(counting(4)).terminal_count);
  REQUIRE(byte_at(0x2'0001) == 1);
  REQUIRE(byte_at(0x2'0000) == 2);
  REQUIRE(byte_at(0x2'ffff) == 3);
}

TEST_CASE_METHOD(Fixture, "A verify counts and writes nothing") {
  program_2(kVerify, 0, 0x400, 7);
  REQUIRE(channel_2.to_memory(counting(8)).terminal_count);
  REQUIRE(byte_at(0x400) == 0);
}

TEST_CASE_METHOD(Fixture, "Word channels count words in pages of 128 KiB") {
  for (const unsigned value : {0x00u, 0x90u}) write_byte(dma.second_ports(), 4, value);  // 9000h words
  for (const unsigned value : {0x01u, 0x00u}) write_byte(dma.second_ports(), 6, value);  // two transfers
  write_byte(dma.second_ports(), 22, kWrite | 1);
  write_byte(dma.page_ports(), 0x0a, 0x03);  // the lowest bit is ignored
  write_byte(dma.second_ports(), 20, 1);
  const auto result = dma.channel(5).to_memory(counting(7));
  REQUIRE(result.bytes == 4);
  REQUIRE(result.terminal_count);
  REQUIRE(byte_at(0x2'0000 + 0x1'2000) == 1);
  REQUIRE(byte_at(0x2'0000 + 0x1'2003) == 4);
}

TEST_CASE_METHOD(Fixture, "Without the cascade the first controller stands still") {
  program_2(kWrite, 0, 0x400, 7);
  write_byte(dma.second_ports(), 20, 0x04);
  REQUIRE(channel_2.to_memory(counting(8)).bytes == 0);
  write_byte(dma.second_ports(), 20, 0x00);
  write_byte(dma.first_ports(), 8, 0x04);  // controller disable
  REQUIRE(channel_2.to_memory(counting(8)).bytes == 0);
}

TEST_CASE_METHOD(Fixture, "A device that waits is told when its channel is unmasked") {
  struct Client final : DmaClient {
    void dma_ready() override { ++calls; }
    unsigned calls = 0;
  } client;
  channel_2.connect(client);
  channel_2.set_request(Level::High);
  REQUIRE((read_byte(dma.first_ports(), 8) & 0x40) != 0);
  REQUIRE(client.calls == 0);
  program_2(kWrite, 0, 0x400, 7);
  REQUIRE(client.calls == 1);
  channel_2.set_request(Level::Low);
  write_byte(dma.first_ports(), 14, 0);
  REQUIRE(client.calls == 1);
}

TEST_CASE_METHOD(Fixture, "A channel that cascades moves nothing") {
  program_2(0xc0 | 0x04, 0, 0x400, 7);
  REQUIRE(channel_2.to_memory(counting(8)).bytes == 0);
  REQUIRE(byte_at(0x400) == 0);
}

TEST_CASE_METHOD(Fixture, "A request by software runs a block without a device, mask or not") {
  program_2(0x84, 0x01, 0x2000, 3);
  write_byte(dma.first_ports(), 10, 0x06);  // masked
  write_byte(dma.first_ports(), 8, 0x04);   // disabled: the request waits
  write_byte(dma.first_ports(), 9, 0x06);
  REQUIRE(read_byte(dma.first_ports(), 8) == 0x40);
  REQUIRE(byte_at(0x1'2000) == 0);
  write_byte(dma.first_ports(), 8, 0x00);
  REQUIRE(byte_at(0x1'2000) == 0xff);
  REQUIRE(byte_at(0x1'2003) == 0xff);
  REQUIRE(byte_at(0x1'2004) == 0);
  REQUIRE(read_byte(dma.first_ports(), 8) == 0x04);
  write_byte(dma.first_ports(), 9, 0x06);
  write_byte(dma.first_ports(), 9, 0x02);  // taken back
  REQUIRE((read_byte(dma.first_ports(), 8) & 0xf0) == 0);
}

TEST_CASE_METHOD(Fixture, "Channels 0 and 1 copy memory, and fill it from a held address") {
  for (u32 i = 0; i < 8; ++i) memory.write_value<u8>(GuestPhysical(0x1'0100 + i), static_cast<u8>(i + 1));
  program(0, 0x88, 6, 0x01, 0x0100, 0);
  program(1, 0x84, 2, 0x02, 0x0200, 7);
  write_byte(dma.first_ports(), 8, 0x01);
  write_byte(dma.first_ports(), 9, 0x04);
  for (u32 i = 0; i < 8; ++i) REQUIRE(byte_at(0x2'0200 + i) == i + 1);
  REQUIRE(byte_at(0x2'0208) == 0);
  REQUIRE(read_byte(dma.first_ports(), 13) == 8);
  REQUIRE(read_byte(dma.first_ports(), 8) == 0x02);  // channel 1 counted
  program(0, 0x88, 6, 0x01, 0x0103, 0);
  program(1, 0xa4, 2, 0x02, 0x0307, 7);  // downwards
  write_byte(dma.first_ports(), 8, 0x03);
  write_byte(dma.first_ports(), 9, 0x04);
  for (u32 i = 0; i < 8; ++i) REQUIRE(byte_at(0x2'0300 + i) == 4);
  write_byte(dma.first_ports(), 13, 0);  // master clear
  REQUIRE(read_byte(dma.first_ports(), 13) == 0);
  REQUIRE(read_byte(dma.first_ports(), 15) == 0x0f);
}

TEST_CASE_METHOD(Fixture, "Halves of registers follow the flip-flop, and both values of a count") {
  write_byte(dma.first_ports(), 12, 0);
  write_byte(dma.first_ports(), 7, 0x34);  // count of channel 3
  write_byte(dma.first_ports(), 12, 0);    // low byte again
  write_byte(dma.first_ports(), 7, 0x78);
  write_byte(dma.first_ports(), 7, 0x56);
  REQUIRE(read_byte(dma.first_ports(), 7) == 0x78);
  REQUIRE(read_byte(dma.first_ports(), 7) == 0x56);
  program_2(kWrite, 0, 0x400, 0);
  REQUIRE(channel_2.to_memory(counting(1)).terminal_count);
  write_byte(dma.first_ports(), 12, 0);
  REQUIRE(read_byte(dma.first_ports(), 5) == 0xff);
  REQUIRE(read_byte(dma.first_ports(), 5) == 0xff);
}

TEST_CASE_METHOD(Fixture, "Page registers that no channel has are memory") {
  for (unsigned offset = 0; offset < 15; ++offset) write_byte(dma.page_ports(), offset, 0x30 + offset);
  for (unsigned offset = 0; offset < 15; ++offset)
    REQUIRE(read_byte(dma.page_ports(), offset) == 0x30 + offset);
}

TEST_CASE_METHOD(Fixture, "DMA keeps the snapshot contract") {
  program_2(kWrite, 3, 0x400, 7);
  channel_2.to_memory(counting(3));
  read_byte(dma.first_ports(), 4);
  Fixture fresh;
  test::check_snapshot_contract(dma, fresh.dma);
}

}  // namespace
}  // namespace ringdown
