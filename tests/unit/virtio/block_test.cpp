// Requests to the block device: what they do, when they are answered, and what is refused.
#include "tests/support/late_image.h"
#include "tests/unit/virtio/block_rig.h"

namespace ringdown {

using namespace test;
using namespace virtio_block_feature;

namespace {

constexpr u8 kOk = 0;
constexpr u8 kIoError = 1;
constexpr u8 kUnsupported = 2;

}  // namespace

TEST_CASE("The configuration says what the disk is") {
  BlockRig r;
  CHECK(r.function.read_config(0x00, Width::Dword) == 0x1001'1af4);
  CHECK(r.function.read_config(0x08, Width::Dword) == 0x0100'0000);
  CHECK(r.function.read_config(0x2e, Width::Word) == 2);
  const auto config = [&r](u32 offset, Width width) { return r.driver.read(0x800 + offset, width); };
  CHECK(config(0, Width::Dword) == BlockRig::kSectors);
  CHECK(config(4, Width::Dword) == 0);
  CHECK(config(8, Width::Dword) == 65536);
  CHECK(config(12, Width::Dword) == 126);
  CHECK(config(16, Width::Word) == BlockRig::kSectors / 1008);
  CHECK(config(18, Width::Word) == (63 << 8 | 16));
  CHECK(config(20, Width::Dword) == 512);
  CHECK(config(24, Width::Byte) == 3);
  CHECK(config(33, Width::Dword) == 0);
  CHECK(r.driver.in(20, Width::Dword) == BlockRig::kSectors);
  CHECK((r.driver.offered() & kReadOnly) == 0);
  BlockRig fixed(true);
  CHECK((fixed.driver.offered() & kReadOnly) != 0);
}

TEST_CASE("A read is answered after the latency, with one interrupt") {
  RunningBlock r;
  r.request(0, kIn, 17, 2048);
  r.kick();
  r.clock.advance(RunningBlock::kLatency - nanoseconds(1));
  CHECK(r.status(0) == RunningBlock::kUnanswered);
  CHECK_FALSE(r.interrupts.high());
  r.clock.advance(nanoseconds(1));
  CHECK(r.status(0) == kOk);
  CHECK(r.interrupts.high());
  CHECK(r.holds_pattern(0, 17, 4));
  CHECK(r.queue().element(0) == DriverQueue::Element{0, 2049});
}

TEST_CASE("A write reaches the image, and a flush the host's disk") {
  RunningBlock r;
  const std::vector<std::byte> zeros(1024);
  r.put(RunningBlock::data(0), zeros);
  CHECK(r.run(kOut, 100, 1024) == kOk);
  CHECK(r.queue().element(0).written == 1);
  CHECK(r.image.writes == 1);
  CHECK(r.image.flushes == 0);
  CHECK(std::equal(zeros.begin(), zeros.end(), r.image.data.begin() + 100 * 512));
  CHECK(r.image.data[102 * 512] == static_cast<std::byte>(pattern(102, 0)));
  CHECK(r.run(kFlushRequest, 0) == kOk);
  CHECK(r.image.flushes == 1);
}

TEST_CASE("Writes are flushed one by one for a driver that cannot flush, or wants it so") {
  RunningBlock simple(0);
  CHECK(simple.run(kOut, 0, 512) == kOk);
  CHECK(simple.image.flushes == 1);

  RunningBlock choosing(kConfigWce);
  CHECK(choosing.driver.read(0x820, Width::Byte) == 1);
  CHECK(choosing.run(kOut, 0, 512) == kOk);
  CHECK(choosing.image.flushes == 0);
  choosing.driver.write(0x820, Width::Byte, 0);
  CHECK(choosing.driver.read(0x820, Width::Byte) == 0);
  CHECK(choosing.run(kOut, 0, 512) == kOk);
  CHECK(choosing.image.flushes == 1);
}

TEST_CASE("Requests overlap, and those that are due together share an interrupt") {
  RunningBlock r;
  for (u32 i = 0; i < 3; ++i) r.request(i, kIn, 8 * i, 4096);
  r.kick();
  r.clock.advance(microseconds(50));
  r.request(3, kIn, 1000, 512);
  r.kick();
  r.clock.advance(microseconds(50));
  CHECK(r.queue().used() == 3);
  CHECK(r.interrupts.edges() == 1);
  for (u32 i = 0; i < 3; ++i) CHECK(r.holds_pattern(i, 8 * i, 8));
  CHECK(r.driver.isr() == virtio_isr::kQueue);
  r.clock.advance(microseconds(50));
  CHECK(r.queue().used() == 4);
  CHECK(r.interrupts.edges() == 2);
}

TEST_CASE("The identification is a string of at most 20 bytes") {
  RunningBlock r;
  CHECK(r.run(kGetIdRequest, 0, 20) == kOk);
  const std::vector<std::byte> id = r.get(RunningBlock::data(0), 20);
  CHECK(std::string(reinterpret_cast<const char*>(id.data())) == "RINGDOWN-VIRTIO-0");
  r.put(RunningBlock::data(0), std::vector<std::byte>(20));
  CHECK(r.run(kGetIdRequest, 0, 4) == kOk);
  CHECK(r.memory.read_value<u64>(GuestPhysical(RunningBlock::data(0))) == 0x474e'4952);
}

TEST_CASE("Header, data and status may lie in any pieces") {
  RunningBlock r;
  r.write_header(0, kIn, 5);
  constexpr u64 kAt = RunningBlock::data(0);
  r.queue().add({{RunningBlock::place(0), 3},
                 {RunningBlock::place(0) + 3, 13},
                 {kAt, 100, true},
                 {kAt + 100, 413, true}});
  r.kick();
  r.clock.advance(RunningBlock::kLatency);
  CHECK(r.holds_pattern(0, 5, 1));
  CHECK(r.memory.read_value<u8>(GuestPhysical(kAt + 512)) == kOk);
  CHECK(r.queue().element(0).written == 513);
}

TEST_CASE("What the disk cannot do is refused after the same time") {
  RunningBlock r;
  CHECK(r.run(kIn, BlockRig::kSectors, 512) == kIoError);
  CHECK(r.run(kIn, BlockRig::kSectors - 1, 1024) == kIoError);
  CHECK(r.run(kIn, ~u64{0}, 512) == kIoError);
  CHECK(r.run(kIn, 0, 511) == kIoError);
  CHECK(r.run(kOut, BlockRig::kSectors, 512) == kIoError);
  CHECK(r.run(kOut, 0, 100) == kIoError);
  CHECK(r.run(2, 0, 512) == kUnsupported);
  CHECK(r.run(11, 0, 512) == kUnsupported);
  CHECK(r.run(kIn, 0) == kOk);  // of nothing
  CHECK(r.image.reads == 0);
  CHECK(r.image.writes == 0);
  CHECK(r.driver.status() == 0xf);

  RunningBlock fixed(kReadOnly, true);
  CHECK(fixed.run(kOut, 0, 512) == kIoError);
  CHECK(fixed.image.writes == 0);
}

TEST_CASE("An image that fails gives errors, and no data") {
  RunningBlock r;
  r.image.bad_sector = 10;
  r.put(RunningBlock::data(0), std::vector<std::byte>(2048));
  CHECK(r.run(kIn, 8, 2048) == kIoError);
  CHECK(r.get(RunningBlock::data(0), 2048) == std::vector<std::byte>(2048));
  CHECK(r.run(kIn, 8, 1024) == kOk);
  CHECK(r.run(kOut, 10, 512) == kIoError);
  r.image.broken = true;
  CHECK(r.run(kFlushRequest, 0) == kIoError);
}

TEST_CASE("What is no request at all ends it") {
  for (const bool without_status : {false, true}) {
    RunningBlock r;
    r.write_header(0, kIn, 0);
    if (without_status) {
      r.queue().add({{RunningBlock::place(0), 16}});
    } else {
      r.queue().add({{RunningBlock::place(0), 15}, {RunningBlock::data(0), 513, true}});
    }
    r.kick();
    CHECK((r.driver.status() & virtio_status::kNeedsReset) != 0);
    r.clock.advance(milliseconds(1));
    CHECK(r.queue().used() == 0);
  }
}

TEST_CASE("A full queue is worked off, never more of it at a time than there is room for") {
  RunningBlock r;
  for (unsigned i = 0; i < 42; ++i)
    r.queue().add({{RunningBlock::place(0), 16},
                   {RunningBlock::data(0), 512, true},
                   {RunningBlock::place(0) + 16, 1, true}});
  for (unsigned i = 0; i < 86; ++i) r.queue().offer(0);
  r.write_header(0, kIn, 3);
  r.kick();
  CHECK(r.image.reads == VirtioBlock::kMostRequests);
  CHECK(r.queue().device_flags() == 1);
  r.clock.advance(RunningBlock::kLatency);
  CHECK(r.queue().used() == VirtioBlock::kMostRequests);
  CHECK(r.image.reads == 128);
  r.clock.advance(RunningBlock::kLatency);
  CHECK(r.queue().used() == 128);
  CHECK(r.queue().device_flags() == 0);
}

TEST_CASE("A reset forgets requests, but not what they write") {
  RunningBlock r;
  r.put(RunningBlock::data(0), std::vector<std::byte>(512));
  r.request(0, kOut, 7, 512);
  r.request(1, kIn, 0, 512);
  r.kick();
  r.driver.write(20, Width::Byte, 0);
  r.clock.advance(milliseconds(1));
  CHECK(r.queue().used() == 0);
  CHECK(r.status(1) == RunningBlock::kUnanswered);
  REQUIRE(r.disk.flush_image());
  CHECK(r.image.data[std::size_t{7} * 512 + 1] == std::byte{0});
}

TEST_CASE("An image that is late holds up the machine, not the request's time") {
  auto own = std::make_unique<LateImage>(64);
  LateImage& late = *own;
  late.close_gate();
  RunningBlock r(kFlush, std::move(own));
  r.request(0, kIn, 0, 512);
  r.kick();
  CHECK_FALSE(r.disk.waits_for_image());
  r.clock.advance(RunningBlock::kLatency - nanoseconds(1));
  CHECK_FALSE(r.disk.waits_for_image());
  // The machine asks before it runs events.
  struct Later final : TickSource {
    Ticks ticks() const override { return at; }
    void deadline_moved() override {}
    Ticks at = 0;
  } due;
  due.at = r.clock.ticks() + 1;
  r.clock.scheduler().connect(due);
  CHECK(r.disk.waits_for_image());
  late.open_gate();
  while (r.disk.waits_for_image()) std::this_thread::yield();
  r.clock.scheduler().run_due();
  CHECK(r.status(0) == kOk);
}

}  // namespace ringdown
