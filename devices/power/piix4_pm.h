// The PIIX4 power management function: ACPI registers and timer, power button, power off, and its SMBus host.
#pragma once

#include <array>

#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/machine_control.h"
#include "core/pci_function.h"
#include "core/scheduler.h"

namespace ringdown {

/// Function 3 of the 82371AB (Intel 290562). Its two windows follow PMBA and SMBBA; the APM ports and the
/// general purpose events have fixed places that the machine chooses (B2h, and AFE0h as the firmware's tables
/// say).
class Piix4Pm final : public PciFunction {
 public:
  /// `sci` is the level-triggered ACPI interrupt, IRQ 9.
  Piix4Pm(Scheduler& scheduler, MachineControl& control, Log& log, InterruptLine sci);

  /// Who has the SMI# pin; nobody: no SMI is ever raised.
  void connect_smi(ProcessorPins& pins) { pins_ = &pins; }

  /// APMC and APMS: 2 bytes.
  BusRange& apm_ports() { return apm_window_; }
  static constexpr u32 kApmLength = 2;
  /// GPE0 status and enable, 16 bits each.
  BusRange& general_purpose_events() { return gpe_window_; }
  static constexpr u32 kGpeLength = 4;

  /// The user pressed the power button: an ACPI system is told by SCI.
  void press_power_button();
  /// True while an operating system has asked to be told of the power button.
  bool power_button_enabled() const;

  void reset() override;
  std::optional<u32> window_base(std::size_t index) const override;

  ChunkTag chunk_tag() const override { return ChunkTag("PIPM"); }
  u16 chunk_version() const override { return kEndOfSmiObeyed; }
  void serialize(Archive& archive) override;

 private:
  static constexpr u16 kEndOfSmiObeyed = 2;
  static constexpr u32 kPmLength = 64;
  static constexpr u32 kSmbusLength = 16;

  u64 read_pm(u32 offset, Width width);
  void write_pm(u32 offset, Width width, u64 value);
  u64 read_smbus(u32 offset, Width width);
  void write_smbus(u32 offset, Width width, u64 value);
  u64 read_apm(u32 offset, Width width);
  void write_apm(u32 offset, Width width, u64 value);
  u64 read_gpe(u32 offset, Width width);
  void write_gpe(u32 offset, Width width, u64 value);

  u16 pm_word(u8 offset) const;
  void set_pm_bits(u8 offset, u16 bits);
  u32 timer() const;
  void schedule_overflow();
  void timer_overflow();
  void suspend(u8 type);
  void update_sci();
  /// An enabled cause of an SMI has its status bit set.
  bool smi_requested() const;
  bool button_requests_smi() const;
  /// One of them was set just now.
  void raise_smi();
  void end_smi();

  Scheduler& scheduler_;
  MachineControl& control_;
  Log& log_;
  InterruptLine sci_;
  ProcessorPins* pins_ = nullptr;
  Window<Piix4Pm, &Piix4Pm::read_pm, &Piix4Pm::write_pm> pm_window_{*this};
  Window<Piix4Pm, &Piix4Pm::read_smbus, &Piix4Pm::write_smbus> smbus_window_{*this};
  Window<Piix4Pm, &Piix4Pm::read_apm, &Piix4Pm::write_apm> apm_window_{*this};
  Window<Piix4Pm, &Piix4Pm::read_gpe, &Piix4Pm::write_gpe> gpe_window_{*this};
  const EventId overflow_;
  std::size_t pm_index_ = 0;
  std::size_t smbus_index_ = 0;

  std::array<u8, kPmLength> pm_{};
  std::array<u8, kSmbusLength> smbus_{};
  std::array<u8, kApmLength> apm_{};
  std::array<u8, kGpeLength> gpe_{};
  bool end_of_smi_used_ = false;  // software has set EOS since reset
};

}  // namespace ringdown
