// The bus: how accesses are routed, split, counted and left unanswered.
#include "core/bus.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace ringdown;

namespace {

/// Remembers each access; byte n of its registers reads as n + seed.
struct Probe final : BusRange {
  explicit Probe(u8 seed = 0) : first(seed) {}
  u64 read(u32 offset, Width width) override {
    reads.emplace_back(offset, bytes_of(width));
    u64 value = 0;
    for (unsigned i = 0; i < bytes_of(width); ++i)
      value |= u64{static_cast<u8>(first + offset + i)} << (8 * i);
    return value;
  }
  void write(u32 offset, Width width, u64 value) override {
    writes.push_back({offset, bytes_of(width), value});
  }

  struct Write {
    u32 offset;
    unsigned size;
    u64 value;
    friend bool operator==(const Write&, const Write&) = default;
  };
  u8 first;
  std::vector<std::pair<u32, unsigned>> reads;
  std::vector<Write> writes;
};

struct Fixture {
  std::vector<std::string> lines;
  Log log{[this](LogCategory, std::string_view line) { lines.emplace_back(line); }};
  Bus bus{"port", log};
  Probe probe{0x10};
};

using Reads = std::vector<std::pair<u32, unsigned>>;

}  // namespace

TEST_CASE("a device sees offsets") {
  Fixture f;
  REQUIRE(f.bus.attach(0x40, 4, f.probe, "pit"));
  CHECK(f.bus.read(0x42, Width::Byte) == 0x12);
  f.bus.write(0x43, Width::Byte, 0x99);
  CHECK(f.probe.reads == Reads{{2, 1}});
  CHECK(f.probe.writes == std::vector<Probe::Write>{{3, 1, 0x99}});
  CHECK(f.bus.access_counts().at("pit") == 2);
}

TEST_CASE("accesses wider than a range takes arrive split, low part first") {
  Fixture f;
  REQUIRE(f.bus.attach(0x1f0, 8, f.probe, "ide", Width::Word));
  CHECK(f.bus.read(0x1f0, Width::Dword) == 0x13121110);
  CHECK(f.probe.reads == Reads{{0, 2}, {2, 2}});
  f.bus.write(0x1f1, Width::Dword, 0x44332211);
  CHECK(f.probe.writes == std::vector<Probe::Write>{{1, 2, 0x2211}, {3, 2, 0x4433}});
  CHECK(f.bus.access_counts().at("ide") == 4);
}

TEST_CASE("accesses across an edge reach both neighbours and read ones in the gap") {
  Fixture f;
  Probe next{0x80};
  REQUIRE(f.bus.attach(0x100, 3, f.probe, "low"));
  REQUIRE(f.bus.attach(0x104, 4, next, "high"));
  CHECK(f.bus.read(0x102, Width::Dword) == 0x8180ff12);
  CHECK(f.probe.reads == Reads{{2, 1}});
  CHECK(next.reads == Reads{{0, 2}});
  f.bus.write(0x100, Width::Qword, 0x8877665544332211);
  CHECK(f.probe.writes == std::vector<Probe::Write>{{0, 2, 0x2211}, {2, 1, 0x33}});
  CHECK(next.writes == std::vector<Probe::Write>{{0, 4, 0x88776655}});
}

TEST_CASE("what nobody answers reads all ones and is logged on request") {
  Fixture f;
  CHECK(f.bus.read(0x500, Width::Byte) == 0xff);
  CHECK(f.bus.read(0x500, Width::Dword) == 0xffff'ffff);
  CHECK(f.bus.read(0x500, Width::Qword) == ~u64{0});
  f.bus.write(0x500, Width::Word, 1);
  CHECK(f.lines.empty());
  f.log.enable(LogCategory::Bus);
  f.bus.read(0x500, Width::Word);
  f.bus.write(0x501, Width::Byte, 0xab);
  REQUIRE(f.lines.size() == 2);
  CHECK(f.lines[0] == "port read of 2 bytes at 0x500: no device answers");
  CHECK(f.lines[1] == "port write of 0xab (1 bytes) at 0x501: no device answers");
}

TEST_CASE("overlaps are refused and both ranges named") {
  Fixture f;
  Probe other;
  REQUIRE(f.bus.attach(0x100, 0x10, f.probe, "first"));
  for (const auto& [base, length] :
       {std::pair<u64, u64>{0xf8, 9}, {0x10f, 1}, {0x104, 2}, {0xf0, 0x40}, {0x100, 0x10}}) {
    const Result<void> refused = f.bus.attach(base, length, other, "second");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("second overlaps 0x100-0x10f") != std::string::npos);
  }
  CHECK(f.bus.attach(0xf8, 8, other, "below"));
  CHECK(f.bus.attach(0x110, 8, other, "above"));
  CHECK_FALSE(f.bus.attach(0x300, 0, other, "empty"));
  CHECK_FALSE(f.bus.attach(~u64{0}, 2, other, "wraps"));
}

TEST_CASE("a detached range answers no more and its place is free") {
  Fixture f;
  REQUIRE(f.bus.attach(0x100, 0x10, f.probe, "bar"));
  CHECK(f.bus.covers(0x10f));
  CHECK_FALSE(f.bus.covers(0x110));
  f.bus.detach(0x104);
  CHECK(f.bus.covers(0x100));
  f.bus.detach(0x100);
  CHECK_FALSE(f.bus.covers(0x100));
  CHECK(f.bus.read(0x100, Width::Byte) == 0xff);
  CHECK(f.bus.attach(0x108, 0x10, f.probe, "bar"));
  CHECK(f.bus.read(0x108, Width::Byte) == 0x10);
}

TEST_CASE("a write may move the very range it went to") {
  struct Mover final : BusRange {
    Bus* bus = nullptr;
    u64 read(u32, Width) override { return 0; }
    void write(u32, Width, u64 value) override {
      bus->detach(0x100);
      REQUIRE(bus->attach(value, 4, *this, "mover", Width::Byte));
    }
  } mover;
  Fixture f;
  mover.bus = &f.bus;
  REQUIRE(f.bus.attach(0x100, 4, mover, "mover", Width::Byte));
  f.bus.write(0x103, Width::Byte, 0xe0);
  CHECK(f.bus.covers(0xe0));
  CHECK_FALSE(f.bus.covers(0x100));
}

TEST_CASE("a window turns two member functions into a range") {
  struct Device {
    u64 latch = 0;
    u64 read(u32 offset, Width) { return latch + offset; }
    void write(u32, Width, u64 value) { latch = value; }
    Window<Device, &Device::read, &Device::write> window{*this};
  } device;
  Fixture f;
  REQUIRE(f.bus.attach(0xcf8, 8, device.window, "pci"));
  f.bus.write(0xcf8, Width::Dword, 0x20);
  CHECK(f.bus.read(0xcfc, Width::Dword) == 0x24);
}
