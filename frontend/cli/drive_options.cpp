// Drives and the places they get.
#include "frontend/cli/drive_options.h"

#include <fmt/core.h>

#include <algorithm>

#include "frontend/cli/option_values.h"

namespace ringdown {

Result<DiskConfig> parse_disk(std::string_view text) {
  std::string_view rest = text;
  DiskConfig disk;
  disk.path = take_part(rest);
  disk.unit = kAnyUnit;
  if (disk.path.empty())
    return Error{fmt::format("--disk {}: the file is missing: use FILE[,unit=N][,readonly]", text)};
  while (!rest.empty()) {
    const std::string part = take_part(rest);
    if (part == "readonly") {
      disk.read_only = true;
    } else if (part.size() == 6 && part.starts_with("unit=") && part[5] >= '0' &&
               part[5] < '0' + char{kAnyUnit}) {
      disk.unit = static_cast<unsigned>(part[5] - '0');
    } else if (part.starts_with("unit=")) {
      return Error{
          fmt::format("--disk {}: units are 0 to 3: master and slave of the two IDE channels", text)};
    } else if (part.starts_with("format=")) {
      if (part != "format=raw")
        return Error{fmt::format("--disk {}: only format=raw: convert the image", text)};
    } else {
      return Error{
          fmt::format("--disk {}: '{}' is not known: use FILE[,unit=N][,readonly][,format=raw]", text, part)};
    }
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
