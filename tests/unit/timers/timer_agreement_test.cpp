// All clocks of the board are views of one virtual time: read as a guest reads them, they agree for an hour.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "devices/interrupts/local_apic.h"
#include "devices/power/piix4_pm.h"
#include "devices/timers/hpet.h"
#include "devices/timers/pit.h"
#include "devices/timers/rtc.h"
#include "tests/support/interrupt_probe.h"

namespace ringdown {
namespace {

using test::read_byte;
using test::write_byte;

constexpr u64 kBusHertz = 100'000'000;
constexpr u64 kTscHertz = 2'000'000'000;
constexpr Picoseconds kHour = 3600 * kPicosecondsPerSecond;

/// A processor that alternates between running and halting, at any declared rate.
class Guest final : public TickSource {
 public:
  explicit Guest(u64 rate) : scheduler(rate) { scheduler.connect(*this); }
  Ticks ticks() const override { return ticks_; }
  void deadline_moved() override {}

  void run(Ticks count) {
    const Ticks end = ticks_ + count;
    while (scheduler.next_deadline_ticks() <= end) {
      ticks_ = std::max(ticks_, scheduler.next_deadline_ticks());
      scheduler.run_due();
    }
    ticks_ = end;
  }
  void halt_until(Picoseconds time) {
    while (scheduler.next_deadline() <= time) {
      scheduler.skip_to(scheduler.next_deadline());
      scheduler.run_due();
    }
    scheduler.skip_to(time);
  }

  Scheduler scheduler;

 private:
  Ticks ticks_ = 0;
};

struct NoControl final : MachineControl {
  void request_reset() override {}
  void request_power_off() override {}
  void request_exit(u8) override {}
};

struct Pins final : ProcessorPins {
  void set_intr(Level) override {}
  void pulse_nmi() override {}
  void set_a20(Level) override {}
};

struct NoExternal final : InterruptAcknowledge {
  u8 acknowledge() override { return 0; }
};

/// One clock as a driver sees it: time since the start, and how long one of its ticks is.
struct Reading {
  std::string name;
  Picoseconds time;
  Picoseconds tick;
};

Reading reading(std::string name, u64 ticks, u64 hertz) {
  return {std::move(name), time_of_cycle(ticks, hertz), time_of_cycle(1, hertz)};
}

/// The whole board's timers, all started at time zero by their drivers.
struct Board {
  explicit Board(u64 rate) : guest(rate) {
    write_byte(pit.counter_ports(), 3, 0x34);
    write_byte(pit.counter_ports(), 0, 0);
    write_byte(pit.counter_ports(), 0, 0);
    apic_set(0xf0, 0x1ff);
    apic_set(0x3e0, 0xb);  // divide by one
    apic_set(0x320, 0x2'0000 | 0x40);
    apic_set(0x380, kApicPeriod);
    hpet.registers().write(0x10, Width::Dword, 1);
    rtc_set(0x0a, 0x2a);  // 64 Hz
    rtc_set(0x0b, 0x42);
  }
  void apic_set(u32 offset, u32 value) { bus.write(0xfee0'0000 + offset, Width::Dword, value); }
  u32 apic_get(u32 offset) { return static_cast<u32>(bus.read(0xfee0'0000 + offset, Width::Dword)); }
  void rtc_set(unsigned index, unsigned value) {
    write_byte(rtc.ports(), 0, index);
    write_byte(rtc.ports(), 1, value);
  }
  u8 rtc_get(unsigned index) {
    write_byte(rtc.ports(), 0, index);
    return read_byte(rtc.ports(), 1);
  }

  /// What the drivers' interrupt handlers do, often enough that none is missed.
  void service() {
    const u32 pm_now = static_cast<u32>(pm.windows()[0].range->read(8, Width::Dword));
    pm_ticks += (pm_now - pm_last) & 0xff'ffff;
    pm_last = pm_now;
    if (irq8.high()) rtc_get(0x0c);
    const u32 current = apic_get(0x390);
    apic_ticks += (apic_last + kApicPeriod - current) % kApicPeriod;
    apic_last = current;
  }

  std::vector<Reading> read() {
    service();
    write_byte(pit.counter_ports(), 3, 0x00);
    u32 count = read_byte(pit.counter_ports(), 0);
    count |= u32{read_byte(pit.counter_ports(), 0)} << 8;
    const u64 low = hpet.registers().read(0xf0, Width::Dword);
    const u64 hpet_count = low | hpet.registers().read(0xf4, Width::Dword) << 32;
    // The 8254 was loaded at its first pulse; its OUT rose once when it was programmed.
    const u64 pit_ticks = 1 + u64{irq0.edges() - 1} * 0x1'0000 + (0x1'0000 - (count == 0 ? 0x1'0000 : count));
    return {reading("8254", pit_ticks, Pit::kHertz),
            reading("real-time clock, periodic", irq8.edges(), 64),
            reading("local APIC", apic_ticks, kBusHertz),
            reading("power management timer", pm_ticks, 3'579'545),
            {"HPET", Hpet::time_of_count(hpet_count), Hpet::time_of_count(1)},
            reading("TSC", cycles_in(guest.scheduler.now(), kTscHertz), kTscHertz)};
  }
  /// Seconds of the calendar's clock since 00:00:00.
  u64 rtc_seconds() {
    const auto number = [](u8 bcd) { return u64{bcd} / 16 * 10 + bcd % 16; };
    return (number(rtc_get(4)) * 60 + number(rtc_get(2))) * 60 + number(rtc_get(0));
  }

  static constexpr u32 kApicPeriod = 3'000'017;

  Guest guest;
  Log log;
  NoControl control;
  Pins pins;
  NoExternal external;
  Bus bus{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(u64{1} << 20, 0));
  GuestMemory memory{store, bus};
  test::InterruptProbe irq0;
  test::InterruptProbe irq8;
  test::InterruptProbe io_apic;
  LegacyReplacement legacy{irq0.line(), irq8.line()};
  Pit pit{guest.scheduler, {legacy, LegacyReplacement::kPit}};
  Rtc rtc{guest.scheduler, {legacy, LegacyReplacement::kRtc}, CmosConfig{}};
  Hpet hpet{guest.scheduler, io_apic, legacy, log};
  Piix4Pm pm{guest.scheduler, control, log, {}};
  LocalApic apic{guest.scheduler, {pins, external, memory}, log, kBusHertz, 0};
  u64 pm_ticks = 0;
  u32 pm_last = 0;
  u64 apic_ticks = 0;
  u32 apic_last = kApicPeriod;
};

void check_agreement(Board& board) {
  const Picoseconds now = board.guest.scheduler.now();
  const std::vector<Reading> readings = board.read();
  for (const Reading& a : readings) {
    for (const Reading& b : readings) {
      CAPTURE(now, a.name, a.time, b.name, b.time);
      const Picoseconds difference = a.time > b.time ? a.time - b.time : b.time - a.time;
      REQUIRE(difference <= std::max(a.tick, b.tick));
    }
  }
  // The calendar changes in the middle of the other clocks' seconds.
  CHECK(board.rtc_seconds() == (now + kPicosecondsPerSecond / 2) / kPicosecondsPerSecond);
}

TEST_CASE("All clocks agree pairwise to a tick of the coarser one after an hour") {
  // Rates whose tick is and is not a whole number of picoseconds; a slow one.
  const u64 rate = GENERATE(u64{400'000'000}, u64{333'333'333}, u64{1'234'567});
  Board board(rate);
  Picoseconds next_check = kPicosecondsPerSecond;
  for (u64 round = 0; board.guest.scheduler.now() < kHour; ++round) {
    board.guest.run(round * 7919 % 10'000);
    board.service();
    board.guest.halt_until(board.guest.scheduler.now() + microseconds(round * 104'729 % 11'000));
    board.service();
    if (board.guest.scheduler.now() < next_check) continue;
    next_check += 97 * kPicosecondsPerSecond;
    check_agreement(board);
  }
  check_agreement(board);
}

TEST_CASE("Clocks agree across changes of the declared rate") {
  Board board(400'000'000);
  u64 rate = 400'000'000;
  for (u64 round = 1; round <= 20'000; ++round) {
    rate = 1'000'000 + (rate * 6364136223846793005u + 1442695040888963407u) % 900'000'000;
    board.guest.run(round * 31 % 3000);
    board.guest.scheduler.set_ticks_per_second(rate);
    board.guest.halt_until(board.guest.scheduler.now() + microseconds(round % 5000));
    board.service();
    if (round % 1000 == 0) check_agreement(board);
  }
}

}  // namespace
}  // namespace ringdown
