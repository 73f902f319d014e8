// The 8254 interval timer of a PC and the system control port 61h that gates and shows its counter 2.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/bus.h"
#include "core/interrupt_line.h"
#include "core/scheduler.h"
#include "devices/timers/pit_counter.h"

namespace ringdown {

/// Counter 0 drives IRQ0, counter 1 is free, counter 2 feeds the speaker. Source: Intel 8254 data sheet;
/// PIIX3 data sheet, "NMI Status and Control Register" for port 61h.
class Pit final : public Serializable {
 public:
  /// The input clock: 14.31818 MHz / 12.
  static constexpr u64 kHertz = 1'193'182;

  /// `output` is OUT of counter 0.
  Pit(Scheduler& scheduler, InterruptLine output);

  /// Four ports: counters 0 to 2 and the control word.
  BusRange& counter_ports() { return counter_ports_; }
  /// One port: 61h.
  BusRange& control_port() { return control_port_; }

  void reset();
  /// What the speaker cone is told: OUT of counter 2 while port 61h lets it through.
  bool speaker();

  ChunkTag chunk_tag() const override { return ChunkTag("PIT "); }
  u16 chunk_version() const override { return kStateVersion; }
  void serialize(Archive& archive) override;

 private:
  static constexpr u16 kStateVersion = 2;

  u64 read_counter(u32 offset, Width);
  void write_counter(u32 offset, Width, u64 value);
  u64 read_control(u32 offset, Width);
  void write_control(u32 offset, Width, u64 value);

  u64 pulse() const { return cycles_in(scheduler_.now(), kHertz); }
  void write_control_word(u8 value);
  void read_back(u8 value);
  void update_output(u64 pulse);

  Scheduler& scheduler_;
  InterruptLine output_;
  EventId event_;
  std::array<PitCounter, 3> counters_;
  u8 control_ = 0;  // the writable bits of port 61h
  Window<Pit, &Pit::read_counter, &Pit::write_counter> counter_ports_{*this};
  Window<Pit, &Pit::read_control, &Pit::write_control> control_port_{*this};
};

}  // namespace ringdown
