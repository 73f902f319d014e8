// The board as firmware and Debian's kernel find it: system management mode as SeaBIOS sets it up, and boards
// without ACPI, without APICs, and without either.
#include <catch2/catch.hpp>

#include "tests/support/guest_machine.h"

namespace ringdown::test {

namespace {

constexpr Ticks kBootLimit = 8'000'000'000;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

u8 host_bridge_register(Machine& machine, u8 offset) {
  machine.ports().write(0xcf8, Width::Dword, 0x8000'0000u | (offset & ~3u));
  return static_cast<u8>(machine.ports().read(0xcfcu + (offset & 3u), Width::Byte));
}

/// The kernel's log, its list of interrupts, and the tables as dmidecode reads them.
std::string look_around(const MachineConfig& config, const std::string& kernel = "linux-686") {
  GuestMachine guest(
      with_linux(config, {.kernel = kernel,
                          .initramfs = "tools",
                          .command = "dmesg; cat /proc/interrupts /proc/cpuinfo; ls /sys/firmware\n"
                                     "/sbin/dmidecode && exit 7",
                          .parameters = {}}));
  guest.run_to(kBootLimit);
  INFO(guest.console());
  INFO(guest.output());
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 7);
  return guest.output();
}

}  // namespace

TEST_CASE("SeaBIOS sets system management mode up, bare and under the monitor") {
  MachineConfig config;
  std::string messages;
  config.debug_console = [&](u8 character) { messages += static_cast<char>(character); };
  config.mode = GENERATE(RunMode::Trap, RunMode::Bare);
  GuestMachine guest(config);
  CHECK(guest.wait_for_screen("No bootable device", 2'000'000'000));
  INFO(messages);
  const PrivilegedState& state = guest.machine().processor().guest_view().state;
  CHECK(state.smm.base == 0xa'0000);
  CHECK_FALSE(state.smm.active);
  CHECK(host_bridge_register(guest.machine(), 0x72) == 0x0a);
  const u64 at_ring0 = guest.machine().processor().counters().retired_at_cpl[0];
  CHECK((at_ring0 == 0) == (config.mode == RunMode::Trap));
}

TEST_CASE("Debian's kernels and dmidecode find the tables and have nothing to say against them") {
  MachineConfig config;
  config.memory_bytes = u64{96} << 20;
  const std::string log = look_around(config, GENERATE("linux-686", "linux-686-pae"));
  for (const char* fact :
       {"ACPI: RSDP", "Using IOAPIC", "IO-APIC", "SMBIOS", "Vendor: SeaBIOS", "Manufacturer: Ringdown",
        "Product Name: PC (i440FX, PIIX3)", "Status: Populated, Enabled", "Maximum Capacity: 96 MB",
        "Size: 96 MB", "Ending Address: 0x00005FFFFFF", "End Of Table"}) {
    INFO(fact);
    CHECK(contains(log, fact));
  }
  for (const char* complaint :
       {"ACPI Error", "ACPI Warning", "ACPI BIOS Error", "ACPI BIOS Warning", "ACPI Exception",
        "[Firmware Bug]", "[Firmware Warn]", "BIOS bug", "BIOS BUG", "BIOS error", "BAD INDEX", "OUT OF SPEC",
        "TRUNCATED", "Invalid entry length", "Wrong DMI"}) {
    INFO(complaint);
    CHECK_FALSE(contains(log, complaint));
  }
}

TEST_CASE("The NMI button reaches Debian's kernel, which finds its reason in port 61h") {
  GuestMachine guest(with_linux({}, {}));
  REQUIRE(guest.wait_for_console("Run /init", kBootLimit));
  guest.machine().inputs().post(InputChannel::Nmi, {});
  const bool told = guest.wait_for_console("NMI: IOCK error", guest.ticks() + kBootLimit);
  INFO(guest.console());
  CHECK(told);
  CHECK((guest.machine().ports().read(0x61, Width::Byte) & 0x40) == 0);  // the handler has cleared it
}

TEST_CASE("Without ACPI there are no tables, and MP table and APICs stay") {
  MachineConfig config;
  config.acpi = false;
  const std::string log = look_around(config);
  CHECK_FALSE(contains(log, "ACPI: RSDP"));
  CHECK(contains(log, "found SMP MP-table"));
  CHECK(contains(log, "IO-APIC"));
}

TEST_CASE("Without APICs interrupts come by the 8259s, and no MP table names any") {
  MachineConfig config;
  config.apic = false;
  const std::string log = look_around(config);
  CHECK(contains(log, "ACPI: RSDP"));
  CHECK_FALSE(contains(log, "found SMP MP-table"));
  CHECK_FALSE(contains(log, "IO-APIC"));
  CHECK(contains(log, "XT-PIC"));
}

TEST_CASE("Without ACPI and APICs it is a board of 1996") {
  MachineConfig config;
  config.acpi = false;
  config.apic = false;
  const std::string log = look_around(config);
  CHECK_FALSE(contains(log, "ACPI: RSDP"));
  CHECK_FALSE(contains(log, "found SMP MP-table"));
  CHECK(contains(log, "XT-PIC"));
}

}  // namespace ringdown::test
