// RSDP, RSDT, FADT, FACS, MADT and HPET, and the script that links them.
#include "devices/firmware/acpi_tables.h"

#include <array>

#include "devices/firmware/acpi_header.h"
#include "devices/firmware/firmware_config.h"
#include "devices/firmware/table_loader.h"

namespace ringdown {
namespace {

using acpi::append;

constexpr std::string_view kRsdpFile = "etc/acpi/rsdp";
constexpr std::string_view kTablesFile = "etc/acpi/tables";
constexpr std::string_view kLoaderFile = "etc/table-loader";

constexpr u32 kFacsSize = 64;
constexpr u32 kTablesAlignment = 64;  // of the FACS, which comes first
constexpr u32 kRsdpAlignment = 16;
constexpr u32 kRsdpSize = 20;
constexpr u32 kRsdpChecksumOffset = 8;
constexpr u32 kRsdpRsdtOffset = 16;

// FADT (ACPI 1.0b, section 5.2.5).
constexpr u32 kFadtFacsOffset = 36;
constexpr u32 kFadtDsdtOffset = 40;
constexpr u8 kModelDual8259 = 0, kModelMultipleApic = 1;
constexpr u8 kPm1EventLength = 4, kPm1ControlLength = 2, kPmTimerLength = 4;
constexpr u16 kPm1ControlOffset = 4, kPmTimerOffset = 8;
constexpr u16 kNoC2 = 0xfff, kNoC3 = 0xfff;
constexpr u8 kCenturyIndex = 0x32;
// The power button is a fixed feature (its flag zero); there is no sleep button.
constexpr u32 kWbinvdWorks = 1u << 0, kC1Works = 1u << 2, kNoSleepButton = 1u << 5;

// MADT (ACPI 1.0b, section 5.2.8).
enum class Apic : u8 { LocalApic = 0, IoApic = 1, Override = 2, LocalNmi = 4 };
constexpr u32 kHas8259 = 1;
constexpr u32 kProcessorEnabled = 1;
constexpr u16 kBusDefault = 0;
constexpr u16 kLevelActiveHigh = 0x0d;
constexpr u8 kAllProcessors = 0xff;
constexpr u8 kNmiPin = 1;

/// Interrupts that PIIX3 drives by level: what PCI can be routed to, and the SCI.
constexpr std::array<u8, 3> kPciInterrupts = {5, 10, 11};

std::vector<u8> make_facs() {
  std::vector<u8> facs;
  append(facs, "FACS");
  append(facs, kFacsSize, 4);
  facs.resize(kFacsSize);
  return facs;
}

std::vector<u8> make_fadt(const AcpiConfig& config, u32 facs, u32 dsdt) {
  std::vector<u8> body;
  append(body, facs, 4);
  append(body, dsdt, 4);
  append(body, config.apic ? kModelMultipleApic : kModelDual8259, 1);
  append(body, 0, 1);
  append(body, config.sci_irq, 2);
  append(body, config.smi_command_port, 4);
  append(body, config.acpi_enable, 1);
  append(body, config.acpi_disable, 1);
  append(body, 0, 2);  // S4BIOS_REQ, reserved
  append(body, config.pm_base, 4);
  append(body, 0, 4);  // PM1b event
  append(body, config.pm_base + kPm1ControlOffset, 4);
  append(body, 0, 8);  // PM1b control, PM2 control
  append(body, config.pm_base + kPmTimerOffset, 4);
  append(body, 0, 8);  // no general-purpose events
  append(body, kPm1EventLength, 1);
  append(body, kPm1ControlLength, 1);
  append(body, 0, 1);  // PM2 control
  append(body, kPmTimerLength, 1);
  append(body, 0, 4);  // general-purpose events, reserved
  append(body, kNoC2, 2);
  append(body, kNoC3, 2);
  append(body, 0, 8);  // no flush, no duty cycle, no alarm of day and month
  append(body, kCenturyIndex, 1);
  append(body, 0, 3);
  append(body, kWbinvdWorks | kC1Works | kNoSleepButton, 4);
  return acpi::table("FACP", 1, body);
}

void append_override(std::vector<u8>& body, u8 isa_irq, u32 input, u16 flags) {
  append(body, static_cast<u8>(Apic::Override), 1);
  append(body, 10, 1);
  append(body, 0, 1);  // bus: ISA
  append(body, isa_irq, 1);
  append(body, input, 4);
  append(body, flags, 2);
}

std::vector<u8> make_madt(const AcpiConfig& config) {
  std::vector<u8> body;
  append(body, config.local_apic_base, 4);
  append(body, kHas8259, 4);

  append(body, static_cast<u8>(Apic::LocalApic), 1);
  append(body, 8, 1);
  append(body, 0, 2);  // processor and APIC ID
  append(body, kProcessorEnabled, 4);

  append(body, static_cast<u8>(Apic::IoApic), 1);
  append(body, 12, 1);
  append(body, 0, 2);  // ID, reserved
  append(body, config.io_apic_base, 4);
  append(body, 0, 4);  // first interrupt

  constexpr u32 kTimerInput = 2;
  append_override(body, 0, kTimerInput, kBusDefault);
  for (const u8 irq : kPciInterrupts) append_override(body, irq, irq, kLevelActiveHigh);
  append_override(body, config.sci_irq, config.sci_irq, kLevelActiveHigh);

  append(body, static_cast<u8>(Apic::LocalNmi), 1);
  append(body, 6, 1);
  append(body, kAllProcessors, 1);
  append(body, kBusDefault, 2);
  append(body, kNmiPin, 1);
  return acpi::table("APIC", 1, body);
}

/// IA-PC HPET Specification 1.0a, section 3.2.4.
std::vector<u8> make_hpet(const AcpiConfig::EventTimers& timers) {
  // Generic address: memory, 64 bits wide (ACPI 2.0, section 5.2.3.1).
  constexpr u32 kMemory = 0, kRegisterBits = 64;
  // Periods below are left to hardware that is faster: about 9 us, as chipsets of the time tell.
  constexpr u16 kMinimumTick = 128;
  std::vector<u8> body;
  append(body, timers.block_id, 4);
  append(body, kMemory, 1);
  append(body, kRegisterBits, 1);
  append(body, 0, 2);  // bit offset, reserved
  append(body, timers.base, 8);
  append(body, 0, 1);  // the first and only one
  append(body, kMinimumTick, 2);
  append(body, 0, 1);  // no promise about the page around it
  return acpi::table("HPET", 1, body);
}

std::vector<u8> make_rsdp(u32 rsdt) {
  std::vector<u8> rsdp;
  append(rsdp, "RSD PTR ");
  append(rsdp, 0, 1);  // checksum
  append(rsdp, acpi::kOemId);
  append(rsdp, 0, 1);  // revision: ACPI 1.0
  append(rsdp, rsdt, 4);
  return rsdp;
}

/// The file of tables: pointers in it are offsets until the loader adds the file's address.
class TableFile {
 public:
  explicit TableFile(TableLoader& loader) : loader_(loader) {
    loader_.allocate(kTablesFile, kTablesAlignment, TableLoader::Zone::High);
  }

  /// Appends a table without links or checksum; returns its offset.
  u32 add_plain(const std::vector<u8>& table) {
    const u32 offset = static_cast<u32>(bytes_.size());
    bytes_.insert(bytes_.end(), table.begin(), table.end());
    return offset;
  }
  /// Appends a table; each of `pointers` is the offset in it of a 32-bit pointer to this file.
  u32 add(const std::vector<u8>& table, const std::vector<u32>& pointers = {}) {
    const u32 offset = add_plain(table);
    for (const u32 pointer : pointers) loader_.add_pointer(kTablesFile, kTablesFile, offset + pointer, 4);
    loader_.add_checksum(kTablesFile, offset + acpi::kChecksumOffset, offset, static_cast<u32>(table.size()));
    return offset;
  }
  const std::vector<u8>& bytes() const { return bytes_; }

 private:
  TableLoader& loader_;
  std::vector<u8> bytes_;
};

}  // namespace

void add_acpi_tables(FirmwareConfig& firmware, const AcpiConfig& config) {
  TableLoader loader;
  loader.allocate(kRsdpFile, kRsdpAlignment, TableLoader::Zone::FSegment);
  TableFile tables(loader);
  const u32 facs = tables.add_plain(make_facs());
  const u32 dsdt = tables.add(make_dsdt(config));
  const u32 fadt = tables.add(make_fadt(config, facs, dsdt), {kFadtFacsOffset, kFadtDsdtOffset});
  std::vector<u32> listed{fadt};
  if (config.apic) listed.push_back(tables.add(make_madt(config)));
  if (config.event_timers) listed.push_back(tables.add(make_hpet(*config.event_timers)));

  std::vector<u8> entries;
  std::vector<u32> pointers;
  for (const u32 table : listed) {
    pointers.push_back(acpi::kHeaderSize + static_cast<u32>(entries.size()));
    append(entries, table, 4);
  }
  const u32 rsdt = tables.add(acpi::table("RSDT", 1, entries), pointers);

  loader.add_pointer(kRsdpFile, kTablesFile, kRsdpRsdtOffset, 4);
  loader.add_checksum(kRsdpFile, kRsdpChecksumOffset, 0, kRsdpSize);
  firmware.add_file(kRsdpFile, make_rsdp(rsdt));
  firmware.add_file(kTablesFile, tables.bytes());
  firmware.add_file(kLoaderFile, loader.script());
}

}  // namespace ringdown
