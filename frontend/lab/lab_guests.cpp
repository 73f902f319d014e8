// The list of the laboratory's own guests.
#include "frontend/lab/lab_guests.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "frontend/lab/kernel_guests.h"
#include "frontend/lab/suggestions.h"

// Of roms/lab/NAME.asm: name, the instruction it is about if there is one, what it shows.
#define RINGDOWN_LAB_GUESTS(X)                                                                              \
  X(paging_lab, "paging", "", "creates, forks, unmaps and tears down address spaces as a kernel does")      \
  X(probes, "probes", "", "runs each sensitive instruction in a kernel's place and reports what it showed") \
  X(system_calls, "system-calls", "", "an application calls its kernel: INT 80h, SYSENTER, a page fault")   \
  X(address_spaces, "address-spaces", "", "four processes yield to each other: a load of CR3 each time")    \
  X(disk_reads, "disk-reads", "", "reads a disk by PIO or by bus-master DMA")                               \
  X(all_traps, "all-traps", "", "has a monitor do each kind of its work once")                              \
  RINGDOWN_KERNEL_GUESTS(X)

#define RINGDOWN_LAB_GUEST_ROM(rom, name, instruction, summary) \
  extern const unsigned char ringdown_rom_##rom[];              \
  extern const unsigned ringdown_rom_##rom##_size;
RINGDOWN_LAB_GUESTS(RINGDOWN_LAB_GUEST_ROM)
#undef RINGDOWN_LAB_GUEST_ROM

namespace ringdown {

namespace {

constexpr u64 kMemory = u64{16} << 20;
/// Where roms/testkit/reset.inc calls what a guest is about.
constexpr GuestLinear kHandover(0xf00);

}  // namespace

std::span<const LabGuest> lab_guests() {
  static const std::array kGuests{
#define RINGDOWN_LAB_GUEST(rom, name, instruction, summary) \
  LabGuest{name, summary, {ringdown_rom_##rom, ringdown_rom_##rom##_size}, instruction},
      RINGDOWN_LAB_GUESTS(RINGDOWN_LAB_GUEST)
#undef RINGDOWN_LAB_GUEST
  };
  return kGuests;
}

const LabGuest* find_lab_guest(std::string_view name) {
  const std::span<const LabGuest> all = lab_guests();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const LabGuest& guest) { return guest.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string lab_guest_list() {
  std::string text;
  for (const LabGuest& guest : lab_guests()) text += fmt::format("  {:<16} {}\n", guest.name, guest.summary);
  return text;
}

MachineConfig lab_guest_config(const LabGuest& guest) {
  MachineConfig config;
  config.memory_bytes = kMemory;
  config.firmware.assign(guest.rom.begin(), guest.rom.end());
  config.handover = kHandover;
  return config;
}

Result<Options> read_guest(std::string_view experiment, const std::optional<std::string>& name,
                           const std::vector<std::string>& run) {
  if (name) {
    if (!run.empty()) {
      return Error{
          fmt::format("lab {}: {}: options behind '--' are another guest: leave one out", experiment, *name)};
    }
    if (const LabGuest* const guest = find_lab_guest(*name)) {
      Options options;
      options.machine = lab_guest_config(*guest);
      return options;
    }
    std::vector<std::string_view> names;
    for (const LabGuest& guest : lab_guests()) names.push_back(guest.name);
    return Error{fmt::format("lab {}: {}: no such guest{}: 'ringdown lab {} --help' lists them", experiment,
                             *name, suggestions(*name, names), experiment)};
  }
  std::vector<std::string> arguments{"run"};
  arguments.insert(arguments.end(), run.begin(), run.end());
  Result<CommandLine> command = parse_command_line(arguments);
  if (!command) return command.error();
  if (Options* const options = std::get_if<Options>(&*command)) return std::move(*options);
  return Error{
      fmt::format("lab {}: behind '--' stand options of a run: leave out what prints a text", experiment)};
}

}  // namespace ringdown
