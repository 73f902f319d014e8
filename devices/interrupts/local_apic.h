// The local APIC of a Pentium 4: interrupt priorities, local vector table, timer and interprocessor
// interrupts.
#pragma once

#include <array>
#include <optional>

#include "core/archive.h"
#include "core/bus.h"
#include "core/field.h"
#include "core/interrupt_line.h"
#include "core/interrupt_message.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/scheduler.h"
#include "devices/interrupts/apic_timer.h"
#include "devices/interrupts/vector_set.h"

namespace ringdown {

/// Source: Intel SDM vol. 3, chapter "Advanced Programmable Interrupt Controller". It decides what the
/// processor's INTR and NMI see: its inputs 0 and 1 are LINT0 and LINT1, and while IA32_APIC_BASE disables it
/// these are INTR and NMI themselves. The level of LINT0's wire is "asserted", as at the I/O APIC.
class LocalApic final : public InterruptSink,
                        public InterruptAcknowledge,
                        public MessageSink,
                        public ApicBaseRegister,
                        public Serializable {
 public:
  static constexpr unsigned kLint0 = 0;
  static constexpr unsigned kLint1 = 1;

  struct Wiring {
    ProcessorPins& pins;
    /// Answers the acknowledge of an ExtINT interrupt.
    InterruptAcknowledge& external;
    /// Where its register page appears: it maps itself where IA32_APIC_BASE says.
    GuestMemory& memory;
  };

  /// `bus_hertz` is the clock that its timer divides. `id` is the APIC ID after reset.
  LocalApic(Scheduler& scheduler, Wiring wiring, Log& log, u64 bus_hertz, u8 id);
  ~LocalApic() override;

  /// Connects who is told of ends of level-triggered interrupts.
  void connect_io_apic(EoiObserver& io_apic) { io_apic_ = &io_apic; }

  /// The processor has none: it never answers, and its inputs 0 and 1 are INTR and NMI.
  void remove();
  /// The processor's model has the TSC deadline: its timer gets that mode, in cycles of so many hertz.
  void offer_tsc_deadline(u64 tsc_hertz) { tsc_hertz_ = tsc_hertz; }
  /// IA32_TSC_DEADLINE: what the TSC, `tsc_offset` ahead of virtual time's cycles, is waited for; 0 while
  /// nothing is. Writes in other modes than that of the deadline are ignored (SDM vol. 3A, 10.5.4.1).
  u64 tsc_deadline() const { return deadline_; }
  void set_tsc_deadline(u64 deadline, s64 tsc_offset);

  void reset();
  /// INIT#: as a reset, but base address and ID stay (SDM vol. 3, "Local APIC State After an INIT Reset").
  void init();
  void set_input(unsigned pin, Level level) override;
  bool deliver(const InterruptMessage& message) override;
  u8 acknowledge() override;
  u64 apic_base() const override { return base_.value(); }
  [[nodiscard]] bool set_apic_base(u64 value) override;

  ChunkTag chunk_tag() const override { return ChunkTag("APIC"); }
  u16 chunk_version() const override { return 2; }
  void serialize(Archive& archive) override;

 private:
  /// Entries of the local vector table in the order of their registers.
  enum class Lvt : u8 { Timer, Thermal, Performance, Lint0, Lint1, Error };
  static constexpr unsigned kLvtCount = 6;

  u64 read(u32 offset, Width width);
  void write(u32 offset, Width width, u64 value);
  u32 read_register(u32 offset);
  void write_register(u32 offset, u32 value);
  void write_spurious(u32 value);
  void write_lvt(unsigned index, u32 value);
  void write_command(u32 value);
  void write_divide(u32 value);
  u32 divisor() const;

  bool enabled() const;           // IA32_APIC_BASE
  bool software_enabled() const;  // spurious-interrupt vector register
  void reset_registers();
  void map_page();
  void unmap_page();

  bool addressed(DestinationMode mode, u8 destination) const;
  bool take(const InterruptMessage& message);
  bool accept_fixed(u8 vector, TriggerMode trigger);
  void end_of_interrupt();
  void report_error(u32 error);
  void deliver_local(Lvt lvt);
  void service_lint(unsigned pin, bool rising);
  bool external_requested() const;
  std::optional<u8> deliverable() const;
  u8 processor_priority() const;
  void update_intr();

  u64 bus_cycles() const { return cycles_in(scheduler_.now(), bus_hertz_); }
  bool waits_for_tsc() const;
  u64 tsc() const { return cycles_in(scheduler_.now(), tsc_hertz_) + static_cast<u64>(tsc_offset_); }
  void schedule_deadline();
  void on_timer();
  void schedule_timer();

  Register<u32>& lvt(Lvt index) { return lvt_[static_cast<unsigned>(index)]; }

  Scheduler& scheduler_;
  Wiring wiring_;
  Log& log_;
  u64 bus_hertz_;
  u8 reset_id_;
  bool removed_ = false;
  u64 tsc_hertz_ = 0;  // 0: there is no deadline mode
  EoiObserver* io_apic_ = nullptr;
  EventId timer_event_;

  Register<u64> base_;
  bool mapped_ = false;
  u64 mapped_at_ = 0;
  GuestMemory::Page covered_;  // what the register page hides
  u32 id_ = 0;
  u8 task_priority_ = 0;
  u32 logical_destination_ = 0;
  u32 destination_format_ = 0;
  Register<u32> spurious_;
  u32 error_status_ = 0;
  u32 errors_ = 0;  // since the error status register was written
  u32 command_low_ = 0;
  u32 command_high_ = 0;
  u32 divide_ = 0;
  std::array<Register<u32>, kLvtCount> lvt_;
  VectorSet requests_;       // IRR
  VectorSet in_service_;     // ISR
  VectorSet trigger_modes_;  // TMR
  ApicTimer timer_;
  u64 deadline_ = 0;    // 0: not armed
  s64 tsc_offset_ = 0;  // when it was armed
  std::array<bool, 2> lint_{};
  bool external_message_ = false;  // an ExtINT message waits for its acknowledge
  Window<LocalApic, &LocalApic::read, &LocalApic::write> registers_{*this};
};

}  // namespace ringdown
