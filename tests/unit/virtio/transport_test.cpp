// Both interfaces of a transitional PCI function: registers, capabilities, negotiation, the interrupt.
#include "tests/unit/virtio/net_rig.h"

namespace ringdown {

using namespace test;
using namespace virtio_features;

TEST_CASE("Configuration space names a transitional network device") {
  NetRig r;
  CHECK(r.function.read_config(0x00, Width::Dword) == 0x1000'1af4);
  CHECK(r.function.read_config(0x08, Width::Dword) == 0x0200'0000);  // revision 0
  CHECK(r.function.read_config(0x2c, Width::Dword) == 0x0001'1af4);
  CHECK(r.function.read_config(0x3d, Width::Byte) == 1);
  CHECK((r.function.read_config(0x10, Width::Dword) & 1) == 1);
  CHECK((r.function.read_config(0x14, Width::Dword) & 1) == 0);
}

TEST_CASE("Capabilities lead to five regions, in a chain that ends") {
  NetRig r;
  REQUIRE((r.function.read_config(0x06, Width::Word) & 0x10) != 0);
  std::vector<u8> kinds;
  for (u8 at = static_cast<u8>(r.function.read_config(0x34, Width::Byte)); at != 0;
       at = static_cast<u8>(r.function.read_config(static_cast<u8>(at + 1), Width::Byte))) {
    REQUIRE(kinds.size() < 5);
    CHECK(r.function.read_config(at, Width::Byte) == 9);
    const u32 length = r.function.read_config(static_cast<u8>(at + 2), Width::Byte);
    kinds.push_back(static_cast<u8>(r.function.read_config(static_cast<u8>(at + 3), Width::Byte)));
    CHECK(length == (kinds.back() == 2 || kinds.back() == 5 ? 20 : 16));
    if (kinds.back() != 5) {
      CHECK(r.function.read_config(static_cast<u8>(at + 4), Width::Byte) == 1);
      const u32 offset = r.function.read_config(static_cast<u8>(at + 8), Width::Dword);
      CHECK(offset + r.function.read_config(static_cast<u8>(at + 12), Width::Dword) <= 0x1000);
    }
  }
  CHECK(kinds == std::vector<u8>{1, 2, 3, 4, 5});
}

TEST_CASE("A modern driver must accept VERSION_1 and nothing that is not offered") {
  NetRig r;
  const u64 offered = r.driver.offered();
  CHECK((offered & kVersion1) != 0);
  CHECK((offered & kEventIndex) != 0);
  CHECK((offered & kIndirectDescriptors) != 0);
  CHECK((offered & kLegacyOnly) == 0);
  CHECK(r.driver.negotiate(offered) == 0xb);
  CHECK(r.driver.negotiate(kEventIndex) == 3);
  CHECK(r.driver.negotiate(kVersion1 | virtio_feature(50)) == 3);
  CHECK(r.driver.negotiate(kVersion1 | kNotifyOnEmpty) == 3);
  CHECK(r.driver.negotiate(kVersion1) == 0xb);
  // What was accepted stays.
  r.driver.write(12, Width::Dword, 0);
  CHECK(r.driver.read(12, Width::Dword) == 1);
}

TEST_CASE("Common configuration keeps what a driver writes of its queues") {
  NetRig r;
  FunctionDriver& d = r.driver;
  CHECK(d.read(18, Width::Word) == 3);
  CHECK(d.read(16, Width::Word) == 0xffff);
  d.write(22, Width::Word, 1);
  CHECK(d.read(22, Width::Word) == 1);
  CHECK(d.read(24, Width::Word) == 256);
  CHECK(d.read(26, Width::Word) == 0xffff);
  CHECK(d.read(30, Width::Word) == 1);
  for (const u16 bad : {0, 3, 512, 65535}) {
    d.write(24, Width::Word, bad);
    CHECK(d.read(24, Width::Word) == 256);
  }
  d.write(24, Width::Word, 8);
  CHECK(d.read(24, Width::Word) == 8);
  // Addresses in halves, bytes, and across registers.
  d.write(32, Width::Dword, 0x1234'5000);
  d.write(36, Width::Word, 0x1);
  d.write(41, Width::Byte, 0x77);
  CHECK(d.read(32, Width::Dword) == 0x1234'5000);
  CHECK(d.read(36, Width::Dword) == 1);
  CHECK(d.read(40, Width::Dword) == 0x7700);
  CHECK(d.read(38, Width::Dword) == 0x7700'0000);
  d.write(28, Width::Word, 1);
  d.write(24, Width::Word, 16);
  CHECK(d.read(24, Width::Word) == 8);
  // A queue that is not there.
  d.write(22, Width::Word, 3);
  CHECK(d.read(24, Width::Word) == 0);
  d.write(28, Width::Word, 1);
  CHECK(d.read(28, Width::Word) == 0);
  // A reset forgets it all.
  d.write(20, Width::Byte, 0);
  d.write(22, Width::Word, 1);
  CHECK(d.read(24, Width::Word) == 256);
  CHECK(d.read(28, Width::Word) == 0);
}

TEST_CASE("Legacy registers place a queue by its page") {
  NetRig r;
  FunctionDriver& d = r.driver;
  const u32 features = d.in(0, Width::Dword);
  CHECK((features & kNotifyOnEmpty) != 0);
  CHECK((features & kEventIndex) != 0);
  d.out(4, Width::Dword, ~0u);
  CHECK(d.in(4, Width::Dword) == features);
  d.out(14, Width::Word, 2);
  CHECK(d.in(12, Width::Word) == 64);
  CHECK(d.in(8, Width::Dword) == 0);
  d.out(8, Width::Dword, 0x123);
  CHECK(d.in(8, Width::Dword) == 0x123);
  const Virtqueue& queue = *r.net.queue(2);
  CHECK(queue.enabled());
  CHECK(queue.places().descriptors == 0x12'3000);
  CHECK(queue.places().driver == 0x12'3400);
  CHECK(queue.places().device == 0x12'4000);
  d.out(8, Width::Dword, 0);
  CHECK_FALSE(queue.enabled());
  // The device's configuration lies behind them.
  CHECK(d.in(20, Width::Dword) == 0x1200'5452);
  CHECK(d.in(24, Width::Word) == 0x5634);
}

TEST_CASE("The interrupt stays until the ISR is read, and the command register masks it") {
  RunningNet r;
  r.queue_packet({}, frame_to(kOwnMac, 60));
  CHECK_FALSE(r.interrupts.high());
  r.driver.kick(VirtioNet::kTransmit);
  CHECK(r.interrupts.high());
  CHECK((r.function.read_config(0x06, Width::Word) & 8) != 0);
  r.function.write_config(0x04, Width::Word, 0x407);
  CHECK_FALSE(r.interrupts.high());
  CHECK((r.function.read_config(0x06, Width::Word) & 8) != 0);
  r.function.write_config(0x04, Width::Word, 7);
  CHECK(r.interrupts.high());
  CHECK(r.driver.isr() == virtio_isr::kQueue);
  CHECK_FALSE(r.interrupts.high());
  CHECK(r.driver.isr() == 0);
}

TEST_CASE("PCI configuration access reaches both base address registers") {
  Log log;
  Bus ports("port", log);
  Bus memory("memory", log);
  RunningNet r;
  PciFunction& f = r.function;
  const auto select = [&f](u32 bar, u32 offset, u32 length) {
    f.write_config(0x88, Width::Byte, bar);
    f.write_config(0x8c, Width::Dword, offset);
    f.write_config(0x90, Width::Dword, length);
  };
  const auto read = [&f](Width width) {
    f.config_read_begins(0x94, bytes_of(width));
    return f.read_config(0x94, width);
  };
  select(1, 20, 1);
  CHECK(read(Width::Byte) == 0xf);
  select(0, 20, 4);
  CHECK(read(Width::Dword) == 0x1200'5452);
  // The notification of the transmit queue.
  r.queue_packet({}, frame_to(kOwnMac, 60));
  select(1, 0xc04, 2);
  f.write_config(0x94, Width::Word, 1);
  CHECK(r.wire.frames.size() == 1);
  // The ISR is cleared by one such read, not by reads of what lies beside it.
  select(1, 0x400, 1);
  f.config_read_begins(0x90, 4);
  CHECK(r.interrupts.high());
  CHECK(read(Width::Byte) == virtio_isr::kQueue);
  CHECK_FALSE(r.interrupts.high());
  // What leads nowhere does nothing.
  for (const auto& [bar, offset, length] :
       {std::array{2u, 0u, 4u}, {1u, 0x1000u, 4u}, {1u, 2u, 4u}, {1u, 20u, 3u}, {1u, 20u, 0u}}) {
    select(bar, offset, length);
    f.write_config(0x94, Width::Dword, 0);
    read(Width::Dword);
  }
  CHECK(r.driver.status() == 0xf);
}

TEST_CASE("Nothing moves without bus mastering, and everything once it is on") {
  RunningNet r;
  r.function.write_config(0x04, Width::Word, 3);
  r.queue_packet({}, frame_to(kOwnMac, 60));
  r.driver.kick(VirtioNet::kTransmit);
  CHECK(r.wire.frames.empty());
  CHECK(r.tx().used() == 0);
  r.function.write_config(0x04, Width::Word, 7);
  CHECK(r.wire.frames.size() == 1);
  CHECK(r.tx().used() == 1);
}

TEST_CASE("A legacy driver that never enabled bus mastering works nonetheless") {
  NetRig r;
  r.function.write_config(0x04, Width::Word, 1);
  std::vector<DriverQueue> queues = r.driver.start_legacy(0, 3);
  CHECK((r.function.read_config(0x04, Width::Word) & 4) != 0);
  r.put(kBuffers + 10, frame_to(kOwnMac, 60));
  queues[1].add({{kBuffers, 10}, {kBuffers + 10, 60}});
  r.driver.out(16, Width::Word, 1);
  CHECK(r.wire.frames.size() == 1);
  CHECK(queues[1].used() == 1);
  CHECK(r.driver.in(19, Width::Byte) == virtio_isr::kQueue);
}

TEST_CASE("RST# takes everything back") {
  RunningNet r;
  r.queue_packet({}, frame_to(kOwnMac, 60));
  r.driver.kick(VirtioNet::kTransmit);
  r.function.reset();
  CHECK_FALSE(r.interrupts.high());
  CHECK(r.driver.status() == 0);
  CHECK(r.function.read_config(0x04, Width::Word) == 0);
  CHECK(r.driver.isr() == 0);
}

}  // namespace ringdown
