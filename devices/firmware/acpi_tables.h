// The ACPI tables of the PC, as the files that SeaBIOS links into guest memory.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/types.h"

namespace ringdown {

class FirmwareConfig;

/// What the tables have to know of the machine. Tables are those of ACPI 1.0b, which every system takes.
struct AcpiConfig {
  u64 ram_below_4gib = 0;  // bytes; memory above it is PCI's
  u16 pm_base = 0x600;     // PIIX4 power management registers, where SeaBIOS puts them
  u8 sci_irq = 9;
  u16 smi_command_port = 0xb2;  // APMC; writing the next two turns ACPI mode on and off
  u8 acpi_enable = 0xf1;
  u8 acpi_disable = 0xf0;
  std::array<bool, 4> serial_ports{};  // which of COM1 to COM4 exist
  bool apic = true;                    // there are a local APIC and an I/O APIC
  bool floppy_drives = false;
  u64 local_apic_base = 0xfee0'0000;
  u64 io_apic_base = 0xfec0'0000;
  struct EventTimers {
    u64 base = 0;
    u32 block_id = 0;  // the low half of their capability register
  };
  std::optional<EventTimers> event_timers;  // HPET; nothing: there is none
};

/// The differentiated definition block with its header, checksum zero.
std::vector<u8> make_dsdt(const AcpiConfig& config);

/// Adds "etc/acpi/rsdp", "etc/acpi/tables" and "etc/table-loader".
void add_acpi_tables(FirmwareConfig& firmware, const AcpiConfig& config);

}  // namespace ringdown
