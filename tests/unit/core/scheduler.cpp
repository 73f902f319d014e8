// Virtual time and the event queue: exactness, order, rate changes, skips and restoring.
#include "core/scheduler.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/clock_rate.h"
#include "tests/support/contract.h"

using namespace ringdown;

namespace {

struct FakeTicks final : TickSource {
  Ticks count = 0;
  unsigned moved = 0;
  Ticks ticks() const override { return count; }
  void deadline_moved() override { ++moved; }
};

struct Fixture {
  explicit Fixture(u64 rate = 100'000'000) : scheduler(rate) { scheduler.connect(source); }
  EventId add(u32 slot) {
    return scheduler.add("device", slot, [this, slot](Picoseconds deadline) {
      ran.push_back({slot, deadline, source.count});
    });
  }
  struct Run {
    u32 slot;
    Picoseconds deadline;
    Ticks at;
  };
  FakeTicks source;
  Scheduler scheduler;
  std::vector<Run> ran;
};

constexpr u64 kPitHertz = 1'193'182;

}  // namespace

TEST_CASE("periods counted from absolute time do not drift") {
  for (const u64 cycles : {u64{1}, u64{18}, u64{1'193'182}, u64{1'193'183}, u64{10'000'000'000'000}}) {
    const Picoseconds time = time_of_cycle(cycles, kPitHertz);
    CHECK(cycles_in(time, kPitHertz) == cycles);
    CHECK(cycles_in(time - 1, kPitHertz) == cycles - 1);
  }
  CHECK(cycles_in(kPicosecondsPerSecond, kPitHertz) == kPitHertz);
}

TEST_CASE("periods are counted exactly, as in numbers of unlimited size") {
  const u64 seed = 20'000'229;
  std::mt19937_64 random(seed);
  for (unsigned i = 0; i < 100'000; ++i) {
    const Picoseconds time = random() >> (random() % 64);
    const u64 hertz = random() % 10'000'000'000'000 + 1;
    const u64 exact = static_cast<u64>(u128{time} * hertz / kPicosecondsPerSecond);
    CAPTURE(time, hertz);
    if (cycles_in(time, hertz) != exact) REQUIRE(cycles_in(time, hertz) == exact);
  }
}

TEST_CASE("an event is due at the first tick whose time reaches its deadline") {
  for (const u64 rate : {u64{1}, u64{3}, u64{33'333'333}, u64{100'000'000}, u64{1'000'000'007}}) {
    Fixture f(rate);
    const EventId event = f.add(0);
    for (u64 cycle = 1; cycle < 2000; cycle += 37) {
      const Picoseconds deadline = time_of_cycle(cycle, kPitHertz);
      f.scheduler.schedule(event, deadline);
      const Ticks due = f.scheduler.next_deadline_ticks();
      REQUIRE(due > 0);
      f.source.count = due - 1;
      CHECK(f.scheduler.now() < deadline);
      f.source.count = due;
      CHECK(f.scheduler.now() >= deadline);
      f.source.count = 0;
    }
  }
}

TEST_CASE("events run at their time, first scheduled first on ties") {
  Fixture f;
  const EventId a = f.add(0), b = f.add(1), c = f.add(2), d = f.add(3);
  f.scheduler.schedule(c, nanoseconds(100));
  f.scheduler.schedule(a, nanoseconds(100));
  f.scheduler.schedule(d, nanoseconds(50));
  f.scheduler.schedule(b, nanoseconds(100));
  f.scheduler.schedule(c, nanoseconds(100));  // moved, though to the same time: now the last
  f.source.count = 4;
  f.scheduler.run_due();
  CHECK(f.ran.empty());
  f.source.count = 10;
  f.scheduler.run_due();
  REQUIRE(f.ran.size() == 4);
  CHECK(f.ran[0].slot == 3);
  CHECK(f.ran[0].deadline == nanoseconds(50));
  CHECK(f.ran[1].slot == 0);
  CHECK(f.ran[2].slot == 1);
  CHECK(f.ran[3].slot == 2);
  CHECK(f.scheduler.next_deadline_ticks() == Scheduler::kNever);
  CHECK(f.scheduler.next_deadline() == kNeverTime);
}

TEST_CASE("a callback may schedule events that are due at once, and cancel others") {
  FakeTicks source;
  Scheduler scheduler(1'000'000'000);
  scheduler.connect(source);
  std::string order;
  const EventId late = scheduler.add("late", 0, [&](Picoseconds) { order += 'L'; });
  const EventId second = scheduler.add("second", 0, [&](Picoseconds) { order += 'S'; });
  const EventId first = scheduler.add("first", 0, [&](Picoseconds deadline) {
    order += 'F';
    scheduler.schedule(second, deadline);
    scheduler.cancel(late);
  });
  scheduler.schedule(first, nanoseconds(5));
  scheduler.schedule(late, nanoseconds(5));
  source.count = 5;
  scheduler.run_due();
  CHECK(order == "FS");
  CHECK_FALSE(scheduler.scheduled(late));
}

TEST_CASE("a running slice hears of a deadline only when it moves closer") {
  Fixture f;
  const EventId a = f.add(0), b = f.add(1);
  f.scheduler.schedule(a, microseconds(5));
  CHECK(f.source.moved == 1);
  f.scheduler.schedule(b, microseconds(9));
  CHECK(f.source.moved == 1);
  f.scheduler.schedule(b, microseconds(4));
  CHECK(f.source.moved == 2);
  f.scheduler.cancel(b);
  CHECK(f.source.moved == 2);
  CHECK(f.scheduler.next_deadline() == microseconds(5));
}

TEST_CASE("a rate change keeps time continuous and moves the deadlines' ticks") {
  Fixture f(100'000'000);
  const EventId event = f.add(0);
  f.scheduler.schedule(event, microseconds(20));
  f.source.count = 1000;  // 10 us
  f.scheduler.set_ticks_per_second(50'000'000);
  CHECK(f.scheduler.now() == microseconds(10));
  CHECK(f.scheduler.next_deadline_ticks() == 1500);
  f.source.count = 1500;
  CHECK(f.scheduler.now() == microseconds(20));
  f.scheduler.set_ticks_per_second(0);
  f.source.count = 1501;
  CHECK(f.scheduler.now() == microseconds(20) + kPicosecondsPerSecond);
}

TEST_CASE("skipping moves time forward only, without ticks") {
  Fixture f;
  const EventId event = f.add(0);
  f.scheduler.schedule(event, milliseconds(3));
  f.source.count = 7;
  f.scheduler.skip_to(milliseconds(3));
  CHECK(f.scheduler.now() == milliseconds(3));
  CHECK(f.scheduler.next_deadline_ticks() == 7);
  f.scheduler.run_due();
  CHECK(f.ran.size() == 1);
  f.scheduler.skip_to(milliseconds(1));
  CHECK(f.scheduler.now() == milliseconds(3));
}

TEST_CASE("a stall passes the time of so many ticks, at most to the next deadline") {
  Fixture f;  // 10 ns a tick
  f.source.count = 5;
  f.scheduler.stall(100);
  CHECK(f.scheduler.now() == nanoseconds(1050));
  f.scheduler.schedule(f.add(0), nanoseconds(1500));
  f.scheduler.stall(40);
  CHECK(f.scheduler.now() == nanoseconds(1450));
  CHECK(f.scheduler.next_deadline_ticks() == 10);
  f.scheduler.stall(40);
  CHECK(f.scheduler.now() == nanoseconds(1500));
  f.source.count = 8;  // the event is late
  f.scheduler.stall(40);
  CHECK(f.scheduler.now() == nanoseconds(1530));
  f.scheduler.run_due();
  REQUIRE(f.ran.size() == 1);
  CHECK(f.ran[0].deadline == nanoseconds(1500));
}

TEST_CASE("who is halted sleeps through what polls, which comes late then and leaves no trace") {
  Fixture f;
  const auto poll = [&f](Picoseconds deadline) { f.ran.push_back({9, deadline, f.source.count}); };
  const EventId polling = f.scheduler.add("device", 9, poll, EventKind::Polling);
  CHECK(f.scheduler.next_waking_deadline() == kNeverTime);
  f.scheduler.schedule(f.add(1), nanoseconds(500));
  f.scheduler.schedule(polling, nanoseconds(500));
  const auto before = test::saved(f.scheduler);
  f.scheduler.schedule(polling, nanoseconds(100));
  CHECK(f.scheduler.next_deadline() == nanoseconds(100));
  CHECK(f.scheduler.next_waking_deadline() == nanoseconds(500));
  f.scheduler.schedule(polling, nanoseconds(500));
  CHECK(test::saved(f.scheduler) == before);

  f.scheduler.skip_to(f.scheduler.next_waking_deadline());
  f.scheduler.run_due();
  REQUIRE(f.ran.size() == 2);
  CHECK(f.ran[0].slot == 9);
  CHECK(f.ran[1].slot == 1);
}

TEST_CASE("a deadline no count can reach is never due") {
  Fixture f(u64{1} << 63);
  f.scheduler.schedule(f.add(0), kNeverTime - 1);
  CHECK(f.scheduler.next_deadline_ticks() == Scheduler::kNever);
}

TEST_CASE("virtual time ends, and what would come later never comes") {
  Fixture f;
  constexpr u64 kCrystal = 32'768;
  const u64 last_cycle = cycles_in(kNeverTime, kCrystal);
  CHECK(time_of_cycle(last_cycle, kCrystal) < kNeverTime);
  CHECK(time_of_cycle(last_cycle + 1, kCrystal) == kNeverTime);
  const EventId event = f.add(0);
  f.scheduler.skip_to(kNeverTime - milliseconds(1));
  f.scheduler.schedule_after(event, microseconds(999));
  CHECK(f.scheduler.scheduled(event));
  f.scheduler.schedule_after(event, milliseconds(1));
  CHECK_FALSE(f.scheduler.scheduled(event));
  f.source.count = f.scheduler.ticks_per_second();
  CHECK(f.scheduler.now() == kNeverTime);
  f.scheduler.schedule_after(event, 1);
  f.scheduler.run_due();
  CHECK(f.ran.empty());
}

TEST_CASE("the queue is restored by name, whatever the order of registration") {
  Fixture f;
  const EventId a = f.add(0), b = f.add(1), c = f.add(2);
  f.source.count = 123;
  f.scheduler.skip_to(milliseconds(1));
  f.scheduler.set_ticks_per_second(77'777'777);
  f.scheduler.schedule(b, milliseconds(2));
  f.scheduler.schedule(a, milliseconds(2));
  f.scheduler.schedule(c, milliseconds(5));
  f.scheduler.cancel(c);
  StateWriter writer;
  writer.add(f.scheduler);

  Fixture g;
  const EventId gc = g.add(2), ga = g.add(0), gb = g.add(1);
  g.scheduler.schedule(gc, nanoseconds(1));
  auto reader = StateReader::open({writer.data().begin(), writer.data().end()}, "file");
  REQUIRE(reader);
  REQUIRE(reader->restore(g.scheduler));
  g.source.count = 123;
  CHECK(g.scheduler.now() == milliseconds(1));
  CHECK(g.scheduler.next_deadline_ticks() == f.scheduler.next_deadline_ticks());
  CHECK_FALSE(g.scheduler.scheduled(gc));
  CHECK(g.scheduler.deadline(ga) == milliseconds(2));
  CHECK(g.scheduler.scheduled(gb));
  g.source.count = g.scheduler.next_deadline_ticks();
  g.scheduler.run_due();
  REQUIRE(g.ran.size() == 2);
  CHECK(g.ran[0].slot == 1);
  CHECK(g.ran[1].slot == 0);

  Scheduler other(1'000'000);
  const Result<void> refused = reader->restore(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("event 0 of 'device'") != std::string::npos);
}

TEST_CASE("a state with a clock beyond all bounds is refused") {
  for (const u64 rate : {u64{1}, kSlowestClock - 1, kFastestClock + 1}) {
    Scheduler saved(rate), restored(1'000'000);
    CAPTURE(rate);
    auto reader = StateReader::open(test::saved(saved), "file");
    REQUIRE(reader);
    const Result<void> refused = reader->restore(restored);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(std::to_string(rate) + " instructions per second") !=
          std::string::npos);
  }
}

namespace {

struct SchedulerRig : Fixture {
  EventId first = add(0), second = add(1);
  std::vector<Serializable*> parts() { return {&scheduler}; }
  void drive() {
    scheduler.schedule_after(first, microseconds(3));
    scheduler.schedule_after(second, microseconds(3));
    scheduler.skip_to(scheduler.now() + microseconds(1));
    scheduler.set_ticks_per_second(12'345'678);
  }
};

}  // namespace

RINGDOWN_SNAPSHOT_CONTRACT(SchedulerRig)
