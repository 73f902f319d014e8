// Timers under drivers that write anything at any time: what they show depends on their accesses and on time,
// not on how often anybody looked; and no state that is restored makes them hang.
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "devices/timers/hpet.h"
#include "devices/timers/pit.h"
#include "devices/timers/rtc.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown {
namespace {

struct Registers {
  BusRange* range;
  u32 length;
  Width width;
};

struct PitRig {
  test::TestClock clock;
  test::InterruptProbe probe;
  Pit device{clock.scheduler(), probe.line()};
  std::vector<Registers> registers{{&device.counter_ports(), 4, Width::Byte},
                                   {&device.control_port(), 1, Width::Byte}};
};

struct RtcRig {
  test::TestClock clock;
  test::InterruptProbe probe;
  Rtc device{clock.scheduler(), probe.line(), CmosConfig{}};
  // The index port alone chooses among all registers: the data port gets most of the accesses.
  std::vector<Registers> registers{{&device.ports(), 2, Width::Byte}, {&device.ports(), 4, Width::Byte}};
};

struct HpetRig {
  test::TestClock clock;
  test::InterruptProbe probe;
  Log log;
  LegacyReplacement legacy{probe.line(0), probe.line(8)};
  Hpet device{clock.scheduler(), probe, legacy, log};
  std::vector<Registers> registers{{&device.registers(), 0x30, Width::Dword},
                                   {&device.registers(), 0x170, Width::Dword},
                                   {&device.registers(), 0x3ff, Width::Byte}};
};

class Junk {
 public:
  explicit Junk(unsigned seed) : random_(seed) {}
  u32 below(u32 limit) { return static_cast<u32>(random_() % limit); }
  /// Small values and single bits come often: most registers take nothing else.
  u32 value() {
    switch (below(4)) {
      case 0:
        return below(256);
      case 1:
        return 1u << below(32);
      case 2:
        return below(1u << 20);
      default:
        return static_cast<u32>(random_());
    }
  }
  Picoseconds duration() { return nanoseconds(below(8) == 0 ? below(3'000'000) : below(20'000)); }

 private:
  std::mt19937 random_;
};

/// One access to both; what they read must be the same.
template <class Rig>
void access(Junk& junk, Rig& first, Rig& second) {
  const std::size_t which = junk.below(static_cast<u32>(first.registers.size()));
  const Registers& registers = first.registers[which];
  const u32 bytes = bytes_of(registers.width);
  const u32 offset = junk.below(registers.length / bytes) * bytes;
  if (junk.below(3) != 0) {
    const u32 value = junk.value() & static_cast<u32>(open_bus(registers.width));
    first.registers[which].range->write(offset, registers.width, value);
    second.registers[which].range->write(offset, registers.width, value);
  } else {
    CAPTURE(offset);
    REQUIRE(first.registers[which].range->read(offset, registers.width) ==
            second.registers[which].range->read(offset, registers.width));
  }
}

TEMPLATE_TEST_CASE("Junk in registers has the same effects however time passes", "", PitRig, RtcRig,
                   HpetRig) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Junk junk(seed);
    TestType whole;
    TestType parts;
    for (unsigned operation = 0; operation < 400; ++operation) {
      access(junk, whole, parts);
      const Picoseconds duration = junk.duration();
      whole.clock.advance(duration);
      for (Picoseconds left = duration; left != 0;) {
        const Picoseconds part = std::min(left, nanoseconds(1 + junk.below(100'000)));
        parts.clock.advance(part);
        test::payload_of(parts.device);  // saving is no event either
        left -= part;
      }
      for (unsigned pin = 0; pin < 24; ++pin) {
        CAPTURE(operation, pin);
        REQUIRE(whole.probe.edges(pin) == parts.probe.edges(pin));
        REQUIRE(whole.probe.high(pin) == parts.probe.high(pin));
      }
    }
  }
}

TEMPLATE_TEST_CASE("A forged state is refused or runs on", "", PitRig, RtcRig, HpetRig) {
  TestType used;
  Junk history(1);
  TestType shadow;
  for (unsigned operation = 0; operation < 300; ++operation) access(history, used, shadow);
  used.clock.advance(milliseconds(1));
  const std::vector<std::byte> payload = test::payload_of(used.device);
  Junk junk(2);
  unsigned accepted = 0;
  for (unsigned round = 0; round < 300; ++round) {
    std::vector<std::byte> forged = payload;
    for (unsigned change = junk.below(6); change != 0; --change) {
      forged[junk.below(static_cast<u32>(forged.size()))] = static_cast<std::byte>(junk.value());
    }
    TestType victim;
    victim.clock.advance(milliseconds(1));
    if (!test::accepts(victim.device, forged)) continue;
    ++accepted;
    // Each register once, so that every event is scheduled anew.
    for (unsigned index = 0; index < victim.registers.size(); ++index) {
      const Registers& registers = victim.registers[index];
      for (u32 offset = 0; offset + bytes_of(registers.width) <= registers.length;
           offset += bytes_of(registers.width)) {
        registers.range->read(offset, registers.width);
        registers.range->write(offset, registers.width, junk.value() & open_bus(registers.width));
      }
    }
    victim.clock.advance(milliseconds(1));
  }
  CHECK(accepted > 0);
}

}  // namespace
}  // namespace ringdown
