// The high precision event timers: one 64-bit counter and three comparators.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/bus.h"
#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/scheduler.h"
#include "devices/timers/hpet_comparator.h"
#include "devices/timers/legacy_replacement.h"

namespace ringdown {

/// Source: Intel IA-PC HPET Specification 1.0a. All three timers are periodic and 64 bits wide; none sends
/// interrupts by the front side bus. The counter's period is exactly what the capability register says, so
/// that a system that calculates with it does not drift from the other clocks.
class Hpet final : public Serializable {
 public:
  static constexpr u32 kLength = 0x400;
  /// 14.31818 MHz as ICH chipsets round it, in femtoseconds.
  static constexpr u64 kPeriodFemtoseconds = 69'841'279;
  /// The low half of the capability register: the ACPI table repeats it as the event timer block's ID.
  static constexpr u32 kBlockId = 0x8086'a201;

  /// `io_apic` has the inputs that timers are routed to.
  Hpet(Scheduler& scheduler, InterruptSink& io_apic, LegacyReplacement& legacy, Log& log);

  BusRange& registers() { return registers_; }

  void reset();

  ChunkTag chunk_tag() const override { return ChunkTag("HPET"); }
  void serialize(Archive& archive) override;

  /// Whole periods of the counter in `time`, and the first instant that has so many.
  static u64 counts_in(Picoseconds time);
  static Picoseconds time_of_count(u128 counts);

 private:
  static constexpr unsigned kTimers = 3;

  struct Timer {
    HpetComparator comparator;
    EventId event;
    bool edge_high = false;  // an edge was sent: the wire stays high up to the next one
  };

  u64 read(u32 offset, Width width);
  void write(u32 offset, Width width, u64 value);
  u64 read_register(u32 offset);
  void write_register(u32 offset, u64 value, u64 mask);
  void write_configuration(u64 value, u64 mask);
  void write_timer(unsigned index, u32 offset, u64 value, u64 mask);

  u64 counter() const;
  void set_counter(u64 value);
  void on_match(unsigned index);
  void schedule(unsigned index);
  void schedule_all();
  bool has_legacy_interrupt(unsigned index) const;
  /// The wire of a timer, where it is routed now.
  InterruptLine line(unsigned index);
  void drive(unsigned index);

  Scheduler& scheduler_;
  InterruptSink& io_apic_;
  LegacyReplacement& legacy_;
  Log& log_;
  u64 configuration_ = 0;
  u32 status_ = 0;      // of level-triggered timers
  u64 base_ = 0;        // the counter when ...
  u64 base_count_ = 0;  // ... virtual time was so many of its periods old, or while it stands
  std::array<Timer, kTimers> timers_;
  Window<Hpet, &Hpet::read, &Hpet::write> registers_{*this};
};

}  // namespace ringdown
