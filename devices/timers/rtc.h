// The MC146818 real-time clock with its 256 bytes of CMOS memory.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/bus.h"
#include "core/interrupt_line.h"
#include "core/scheduler.h"
#include "devices/timers/cmos_contents.h"

namespace ringdown {

/// Keeps time in virtual time from the moment given at construction. Source: Motorola MC146818 data sheet;
/// the second bank and the NMI mask from the PIIX3 data sheet, "Real Time Clock Registers".
///
/// The square wave output and daylight saving are not wired in a PC; their bits are kept and do nothing.
class Rtc final : public Serializable {
 public:
  /// `line` is IRQ8.
  Rtc(Scheduler& scheduler, InterruptLine line, const CmosConfig& config);

  /// Four ports, 70h to 73h: index and data of the first and of the second bank.
  BusRange& ports() { return ports_; }

  /// Where bit 7 of port 70h leads: high while NMI may reach the processor.
  void connect_nmi_enable(InterruptLine line);

  /// RESET#: interrupts go off; time and memory live on.
  void reset();
  /// Sets the clock from outside, as a person does in the firmware's menu; in the format it is in.
  void set_time(const CivilTime& time);
  /// What it shows, to the second.
  CivilTime time() const;
  /// Bit 7 of port 70h as last written: 1 keeps NMI from the processor.
  bool nmi_masked() const { return nmi_masked_; }

  ChunkTag chunk_tag() const override { return ChunkTag("RTC "); }
  void serialize(Archive& archive) override;

 private:
  u64 read(u32 offset, Width);
  void write(u32 offset, Width, u64 value);
  u8 read_register(u8 index);
  void write_register(u8 index, u8 value);
  void write_a(u8 value);
  void write_b(u8 value);
  u8 read_c();

  u8& reg(RtcIndex index) { return memory_[number(index)]; }
  u8 reg(RtcIndex index) const { return memory_[number(index)]; }
  u64 divider_cycles() const { return cycles_in(scheduler_.now(), kCrystalHertz) - divider_origin_; }
  bool divider_runs() const;
  bool update_in_progress() const;
  u64 periodic_cycles() const;
  void note_periodic();
  void schedule_periodic();
  void schedule_update();
  void on_update();
  void update_line();
  void drive_nmi_enable() { nmi_enable_.set(nmi_masked_ ? Level::Low : Level::High); }

  static constexpr u64 kCrystalHertz = 32'768;

  Scheduler& scheduler_;
  InterruptLine line_;
  InterruptLine nmi_enable_;
  EventId update_event_;
  EventId periodic_event_;
  std::array<u8, kCmosSize> memory_;
  u8 index_ = 0;
  u8 extended_index_ = 0;
  bool nmi_masked_ = true;
  u64 divider_origin_ = 0;  // crystal cycle at which the divider chain read zero
  u64 periodic_seen_ = 0;   // periods of the divider chain already noted in PF
  Window<Rtc, &Rtc::read, &Rtc::write> ports_{*this};
};

}  // namespace ringdown
