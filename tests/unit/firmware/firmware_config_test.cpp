// fw_cfg by port and by DMA, and the development ports.
#include "devices/firmware/firmware_config.h"

#include <catch2/catch.hpp>
#include <string>

#include "devices/firmware/debug_ports.h"
#include "tests/support/snapshot_contract.h"

namespace ringdown {
namespace {

using Bytes = std::vector<u8>;

constexpr u32 kDescriptor = 0x1000;
constexpr u32 kTarget = 0x2ff8;
constexpr u32 kRead = 2, kSkip = 4, kSelect = 8, kWrite = 16;

struct Fixture {
  Fixture() {
    memory.map_ram(GuestPhysical(0), store.ram_size(), HostFrame(0));
    config.add_file("etc/first", Bytes{1, 2, 3, 4, 5});
    config.add_file("etc/second", Bytes(10'000, 0x77));
  }
  void select(unsigned key) { config.ports().write(0, Width::Word, key); }
  std::string read(unsigned count) {
    std::string text;
    while (count-- > 0) text += static_cast<char>(config.ports().read(1, Width::Byte));
    return text;
  }
  static u32 swapped(u32 value) { return __builtin_bswap32(value); }
  /// Runs a transfer; returns the control word afterwards.
  u32 dma(u32 control, u32 length, u64 address = kTarget) {
    memory.write_value(GuestPhysical(kDescriptor), swapped(control));
    memory.write_value(GuestPhysical(kDescriptor + 4), swapped(length));
    memory.write_value(GuestPhysical(kDescriptor + 8), __builtin_bswap64(address));
    config.dma_ports().write(4, Width::Dword, swapped(kDescriptor));
    return swapped(memory.read_value<u32>(GuestPhysical(kDescriptor)));
  }

  Log log;
  Bus bus{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(64 << 10, 0));
  GuestMemory memory{store, bus};
  FirmwareConfig config{memory, log};
};

TEST_CASE_METHOD(Fixture, "Items are read byte by byte, then as zeros") {
  select(0);
  REQUIRE(read(6) == std::string("QEMU\0\0", 6));
  select(1);
  REQUIRE(read(4) == std::string("\x03\0\0\0", 4));
  select(0x4242);
  REQUIRE(read(2) == std::string("\0\0", 2));
  config.set_number(FirmwareConfig::Key::MaximumCpus, 1, 2);
  select(0x0f);
  REQUIRE(read(2) == std::string("\x01\0", 2));
}

TEST_CASE_METHOD(Fixture, "The directory lists files with their keys and sizes") {
  select(0x19);
  REQUIRE(read(4) == std::string("\0\0\0\x02", 4));
  REQUIRE(read(8) == std::string("\0\0\0\x05\0\x20\0\0", 8));
  REQUIRE(read(56).c_str() == std::string("etc/first"));
  REQUIRE(read(8) == std::string("\0\0\x27\x10\0\x21\0\0", 8));
  REQUIRE(read(56).c_str() == std::string("etc/second"));
  select(0x20);
  REQUIRE(read(5) == "\1\2\3\4\5");
  config.add_file("etc/first", Bytes{9});
  select(0x19);
  REQUIRE(read(8) == std::string("\0\0\0\x02\0\0\0\x01", 8));
}

TEST_CASE_METHOD(Fixture, "DMA selects, skips and reads across pages") {
  REQUIRE(config.dma_ports().read(0, Width::Dword) == 0x554d4551);
  REQUIRE(config.dma_ports().read(4, Width::Byte) == ' ');
  REQUIRE(dma(0x21u << 16 | kSelect | kRead, 10'002) == 0);
  REQUIRE(memory.read_value<u8>(GuestPhysical(kTarget - 1)) == 0);
  REQUIRE(memory.read_value<u8>(GuestPhysical(kTarget)) == 0x77);
  REQUIRE(memory.read_value<u32>(GuestPhysical(kTarget + 9'998)) == 0x0000'7777);
  REQUIRE(dma(0x20u << 16 | kSelect, 0) == 0);
  REQUIRE(dma(kSkip, 3) == 0);
  REQUIRE(dma(kRead, 2) == 0);
  REQUIRE(memory.read_value<u16>(GuestPhysical(kTarget)) == 0x0504);
}

TEST_CASE_METHOD(Fixture, "DMA that cannot be done sets the error bit") {
  REQUIRE(dma(0x20u << 16 | kSelect | kWrite, 4) == 1);
  REQUIRE(dma(kRead, 0xffff'ffff) == 1);
  REQUIRE(dma(kRead, 8, ~u64{0} - 2) == 1);
  config.dma_ports().write(0, Width::Dword, 0xffff'ffff);
  config.dma_ports().write(4, Width::Dword, 0xffff'ffff);  // a descriptor nowhere
}

TEST_CASE_METHOD(Fixture, "fw_cfg keeps the snapshot contract") {
  select(0x20);
  read(2);
  Fixture fresh;
  test::check_snapshot_contract(config, fresh.config);
  REQUIRE(fresh.read(2) == "\3\4");
}

TEST_CASE("The debug console passes characters on") {
  std::string text;
  DebugConsole console([&](char c) { text += c; });
  REQUIRE(console.read(0, Width::Byte) == 0xe9);
  console.write(0, Width::Byte, 'h');
  console.write(0, Width::Byte, 'i');
  REQUIRE(text == "hi");
  DebugConsole absent({});
  REQUIRE(absent.read(0, Width::Byte) == 0xff);
  absent.write(0, Width::Byte, 'x');
}

TEST_CASE("The exit port ends with the code written; port 80h remembers") {
  struct Control final : MachineControl {
    void request_reset() override {}
    void request_power_off() override {}
    void request_exit(u8 code) override { exit_code = code; }
    int exit_code = -1;
  } control;
  DebugExit exit(control);
  exit.write(0, Width::Byte, 42);
  REQUIRE(control.exit_code == 42);
  PostPort post, fresh;
  post.write(0, Width::Byte, 0x55);
  REQUIRE(post.read(0, Width::Byte) == 0x55);
  test::check_snapshot_contract(post, fresh);
}

}  // namespace
}  // namespace ringdown
