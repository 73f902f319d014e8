// Drives and the places they get.
#include "frontend/cli/drive_options.h"

#include <fmt/core.h>

#include <algorithm>

#include "frontend/cli/option_values.h"

namespace ringdown {

namespace {

constexpr std::string_view kDiskForm =
    "use FILE|URI[,unit=N][,readonly][,overlay=FILE][,format=raw][,reconnect=SECONDS]";

/// One part behind the name; false if it is not known.
Result<bool> take_disk_part(std::string_view part, DiskConfig& disk) {
  const auto value_of = [&](std::string_view name) { return std::string(part.substr(name.size())); };
  if (part == "readonly") {
    disk.read_only = true;
  } else if (part.starts_with("unit=")) {
    const std::string unit = value_of("unit=");
    if (unit.size() != 1 || unit[0] < '0' || unit[0] >= '0' + char{kAnyUnit})
      return Error{"units are 0 to 3: master and slave of the two IDE channels"};
    disk.unit = static_cast<unsigned>(unit[0] - '0');
  } else if (part.starts_with("overlay=")) {
    disk.overlay = value_of("overlay=");
    if (disk.overlay.empty()) return Error{"the overlay's name is empty: name a file"};
  } else if (part.starts_with("format=")) {
    if (part != "format=raw")
      return Error{"only format=raw: others are recognised, or served by NBD; see docs/images.md"};
    disk.raw = true;
  } else if (part.starts_with("reconnect=")) {
    constexpr unsigned kDay = 86400;
    const std::string seconds = value_of("reconnect=");
    const bool digits = !seconds.empty() && seconds.size() < 6 &&
                        seconds.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || std::stoul(seconds) > kDay) return Error{"reconnect takes 0 to 86400 seconds"};
    disk.reconnect_seconds = static_cast<unsigned>(std::stoul(seconds));
  } else {
    return false;
  }
  return true;
}

/// --overlay and --snapshot.
void read_changes(OptionReader& options, std::vector<DiskConfig>& disks) {
  const std::string overlay = options.path("overlay");
  const auto first = std::find_if(disks.begin(), disks.end(), [](const DiskConfig& d) { return !d.cdrom; });
  if (!overlay.empty() && first == disks.end()) {
    options.fail(Error{"--overlay: keeps the changes to a disk: name one with --disk"});
  } else if (!overlay.empty() && !first->overlay.empty()) {
    options.fail(Error{"--overlay: the first --disk has an overlay: keep one"});
  } else if (!overlay.empty()) {
    first->overlay = overlay;
  }
  for (DiskConfig& disk : disks) disk.snapshot = options.flag("snapshot");
}

}  // namespace

Result<DiskConfig> parse_disk(std::string_view text) {
  std::string_view rest = text;
  DiskConfig disk;
  disk.path = take_part(rest);
  disk.unit = kAnyUnit;
  if (disk.path.empty()) return Error{fmt::format("--disk {}: the file is missing: {}", text, kDiskForm)};
  while (!rest.empty()) {
    const std::string part = take_part(rest);
    const Result<bool> known = take_disk_part(part, disk);
    if (!known) return Error{fmt::format("--disk {}: {}", text, known.error().message)};
    if (!*known) return Error{fmt::format("--disk {}: '{}' is not known: {}", text, part, kDiskForm)};
  }
  return disk;
}

void read_drives(OptionReader& options, MachineConfig& machine) {
  std::vector<DiskConfig>& disks = machine.disks;
  for (const std::string& value : options.texts("disk")) {
    DiskConfig disk;
    options.take(parse_disk(value), disk);
    disks.push_back(disk);
  }
  read_changes(options, disks);
  constexpr unsigned kCdromUnit = 2;
  if (const std::string file = options.path("cdrom"); !file.empty())
    disks.push_back({file, kCdromUnit, true, true});
  // Given units first, then the others in the order of the command line.
  const auto taken = [&](unsigned unit) {
    return std::count_if(disks.begin(), disks.end(), [&](const DiskConfig& d) { return d.unit == unit; });
  };
  for (unsigned unit = 0; unit < kAnyUnit; ++unit) {
    if (taken(unit) > 1)
      options.fail(Error{fmt::format("--disk: two drives at unit {}: give them different units", unit)});
  }
  for (DiskConfig& disk : disks) {
    if (disk.unit != kAnyUnit) continue;
    unsigned unit = 0;
    while (unit < kAnyUnit && taken(unit) != 0) ++unit;
    if (unit == kAnyUnit) options.fail(Error{"--disk: more than four drives: leave some out"});
    disk.unit = unit;
    if (unit == kAnyUnit) return;
  }
  using Order = std::array<BootDevice, 3>;
  options.choose<Order>("boot",
                        {{"disk", Order{BootDevice::Disk, BootDevice::Cdrom, BootDevice::None}},
                         {"cdrom", Order{BootDevice::Cdrom, BootDevice::Disk, BootDevice::None}}},
                        machine.boot_order);
}

}  // namespace ringdown
