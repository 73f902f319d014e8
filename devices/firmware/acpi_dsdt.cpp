// The DSDT: the PCI root, interrupt routing, and the devices that no bus can enumerate.
#include <algorithm>
#include <array>
#include <string>

#include "devices/firmware/acpi_header.h"
#include "devices/firmware/acpi_tables.h"
#include "devices/firmware/aml.h"
#include "devices/firmware/aml_resources.h"

namespace ringdown {
namespace {

using namespace aml;

constexpr unsigned kLinks = 4;
constexpr std::array<std::string_view, kLinks> kLinkNames = {"LNKA", "LNKB", "LNKC", "LNKD"};
/// PIRQRC[A:D] of PIIX3, at 60h of its configuration space; bit 7 disconnects.
constexpr std::array<std::string_view, kLinks> kRouteControl = {"PRQA", "PRQB", "PRQC", "PRQD"};
constexpr u8 kRouteControlOffset = 0x60;
constexpr u64 kRouteDisabled = 0x80;
/// What a link may be routed to: the ISA interrupts that no legacy device of this PC uses.
const std::vector<u32> kLinkChoices = {5, 10, 11};

constexpr u64 kDevicePresent = 0x0f;
constexpr u64 kLinkEnabled = 0x0b;
constexpr u64 kLinkDisabled = 0x09;

constexpr u32 kPciDevices = 32;
constexpr u32 kPciWindowEnd = 0xfebf'ffff;  // below the I/O APIC
constexpr u64 kPiixDevice = 1;

Code hid(std::string_view id) { return name("_HID", eisa_id(id)); }
Code adr(u64 device, u64 function = 0) { return name("_ADR", integer(device << 16 | function)); }
Code crs(const std::vector<Code>& descriptors) { return name("_CRS", resource_template(descriptors)); }

/// Where SeaBIOS may place memory BARs: it starts at 2 GiB, or where RAM ends.
u32 pci_window_start(u64 ram_below_4gib) {
  return static_cast<u32>(std::max<u64>(ram_below_4gib, 0x8000'0000));
}

Code root_resources(const AcpiConfig& config) {
  return crs({bus_window(0, 0xff), ports(0x0cf8, 8), port_window(0x0000, 0x0cf7), port_window(0x0d00, 0xffff),
              memory_window(0x000a'0000, 0x000b'ffff, Caching::Cacheable),
              memory_window(pci_window_start(config.ram_below_4gib), kPciWindowEnd, Caching::None)});
}

/// Pin p of device d leads to link (d - 1 + p) mod 4, as the board is wired. The links lead to ISA
/// interrupts, which are the same inputs at the 8259As and at the I/O APIC, so one table serves both.
Code interrupt_routing() {
  std::vector<Code> entries;
  for (u32 device_number = 0; device_number < kPciDevices; ++device_number) {
    for (u32 pin = 0; pin < 4; ++pin) {
      const u32 any_function = device_number << 16 | 0xffff;
      const std::string link =
          "\\_SB." + std::string(kLinkNames[(device_number + kLinks - 1 + pin) % kLinks]);
      entries.push_back(package({integer(any_function), integer(pin), name_string(link), integer(0)}));
    }
  }
  return name("_PRT", package(entries));
}

Code keyboard_and_mouse() {
  return join(
      device("KBD", join(hid("PNP0303"), name("_STA", integer(kDevicePresent)),
                         crs({ports(0x60, 1), ports(0x64, 1), isa_interrupt(1)}))),
      device("MOU", join(hid("PNP0F13"), name("_STA", integer(kDevicePresent)), crs({isa_interrupt(12)}))));
}

Code serial_ports(const std::array<bool, 4>& present) {
  struct Port {
    std::string_view name;
    u16 base;
    unsigned irq;
  };
  constexpr std::array<Port, 4> kPorts = {
      {{"COM1", 0x3f8, 4}, {"COM2", 0x2f8, 3}, {"COM3", 0x3e8, 4}, {"COM4", 0x2e8, 3}}};
  Code code;
  for (unsigned i = 0; i < kPorts.size(); ++i) {
    if (!present[i]) continue;
    const Port& port = kPorts[i];
    code = join(code, device(port.name, join(hid("PNP0501"), name("_UID", integer(i + 1)),
                                             name("_STA", integer(kDevicePresent)),
                                             crs({ports(port.base, 8), isa_interrupt(port.irq)}))));
  }
  return code;
}

Code floppy_controller(bool present) {
  if (!present) return {};
  return device("FDC", join(hid("PNP0700"), name("_STA", integer(kDevicePresent)),
                            crs({ports(0x3f2, 4), ports(0x3f7, 1), isa_interrupt(6), isa_dma(2)})));
}

Code isa_bridge(const AcpiConfig& config) {
  const std::vector<std::string_view> route_control(kRouteControl.begin(), kRouteControl.end());
  return device(
      "ISA",
      join(adr(kPiixDevice), operation_region("PIRQ", Space::PciConfig, kRouteControlOffset, kLinks),
           byte_fields("PIRQ", route_control),
           device("RTC", join(hid("PNP0B00"), crs({ports(0x70, 8), isa_interrupt(8)}))), keyboard_and_mouse(),
           floppy_controller(config.floppy_drives), serial_ports(config.serial_ports)));
}

Code pci_root(const AcpiConfig& config) {
  return scope("\\_SB", device("PCI0", join(hid("PNP0A03"), name("_UID", integer(0)), root_resources(config),
                                            interrupt_routing(), isa_bridge(config))));
}

/// Ports of the board itself: power management, SMBus, and the APM control ports.
Code board_resources(const AcpiConfig& config) {
  constexpr u8 kPowerManagementPorts = 0x40;
  return scope("\\_SB", device("MBRD", join(hid("PNP0C02"), crs({ports(config.pm_base, kPowerManagementPorts),
                                                                 ports(config.smi_command_port, 2)}))));
}

Code event_timers(const AcpiConfig& config) {
  constexpr u32 kRegisters = 0x400;
  if (!config.event_timers) return {};
  const u32 base = static_cast<u32>(config.event_timers->base);
  return scope("\\_SB",
               device("HPET", join(hid("PNP0103"), name("_UID", integer(0)),
                                   name("_STA", integer(kDevicePresent)), crs({memory(base, kRegisters)}))));
}

/// One link device: a PCI interrupt wire that PIIX3 routes to an ISA interrupt.
Code link_device(unsigned index) {
  const Code control = name_string("\\_SB.PCI0.ISA." + std::string(kRouteControl[index]));
  return device(kLinkNames[index],
                join(hid("PNP0C0F"), name("_UID", integer(index + 1)),
                     name("_PRS", resource_template({level_interrupts(kLinkChoices)})),
                     method("_STA", 0, Serialize::No, return_value(call("LSTA", control))),
                     method("_CRS", 0, Serialize::No, return_value(call("LCRS", control))),
                     method("_DIS", 0, Serialize::No, bitwise_or(control, integer(kRouteDisabled), control)),
                     method("_SRS", 1, Serialize::Yes,
                            join(create_dword_field(argument(0), kLevelInterruptOffset, "LIRQ"),
                                 store(name_string("LIRQ"), control)))));
}

Code links() {
  // What the link devices have in common: status and current interrupt from the route control register.
  const Code disabled = bitwise_and(argument(0), integer(kRouteDisabled));
  Code code = join(
      name("LBUF", resource_template({level_interrupts({0})})),
      method(
          "LSTA", 1, Serialize::No,
          join(if_then(disabled, return_value(integer(kLinkDisabled))), return_value(integer(kLinkEnabled)))),
      method(
          "LCRS", 1, Serialize::Yes,
          join(create_dword_field(name_string("LBUF"), kLevelInterruptOffset, "LIRQ"),
               store(integer(0), name_string("LIRQ")),
               if_then(less(argument(0), integer(kRouteDisabled)), store(argument(0), name_string("LIRQ"))),
               return_value(name_string("LBUF")))));
  for (unsigned i = 0; i < kLinks; ++i) code = join(code, link_device(i));
  return scope("\\_SB", code);
}

}  // namespace

std::vector<u8> make_dsdt(const AcpiConfig& config) {
  // S5 is soft off: SLP_TYP 0 in PIIX4's PMCNTRL.
  const Code soft_off = name("\\_S5", package({integer(0), integer(0), integer(0), integer(0)}));
  const Code processors = scope("\\_PR", processor("CPU0", 0));
  const Code body =
      join(pci_root(config), board_resources(config), event_timers(config), links(), processors, soft_off);
  return acpi::table("DSDT", 1, body);
}

}  // namespace ringdown
