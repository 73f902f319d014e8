// Drives and the places they get.
#include "frontend/cli/drive_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "frontend/cli/option_values.h"

namespace ringdown {

namespace {

constexpr std::string_view kDiskForm =
    "use FILE|URI[,bus=ide|virtio][,unit=N][,readonly][,overlay=FILE][,format=raw][,reconnect=SECONDS]";

/// One part behind the name; false if it is not known.
Result<bool> take_disk_part(std::string_view part, DiskConfig& disk) {
  const auto value_of = [&](std::string_view name) { return std::string(part.substr(name.size())); };
  if (part == "readonly") {
    disk.read_only = true;
  } else if (part.starts_with("unit=")) {
    const std::string unit = value_of("unit=");
    if (unit.size() != 1 || unit[0] < '0' || unit[0] >= '0' + char{kAnyUnit})
      return Error{"units are 0 to 3: of IDE, master and slave of the two channels"};
    disk.unit = static_cast<unsigned>(unit[0] - '0');
  } else if (part.starts_with("bus=")) {
    if (part != "bus=ide" && part != "bus=virtio") return Error{"bus= is ide or virtio"};
    disk.bus = part == "bus=virtio" ? DiskBus::Virtio : DiskBus::Ide;
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

/// --cdrom: the first drives are master and slave of the second channel, unless they are put elsewhere.
void read_cdroms(OptionReader& options, std::vector<DiskConfig>& disks) {
  unsigned unit = 2;
  for (const std::string& value : options.texts("cdrom")) {
    DiskConfig drive;
    options.take(parse_cdrom(value), drive);
    if (drive.unit == kAnyUnit && unit < kAnyUnit) drive.unit = unit++;
    disks.push_back(drive);
  }
}

}  // namespace

Result<DiskConfig> parse_cdrom(std::string_view text) {
  std::string_view rest = text;
  DiskConfig drive;
  drive.path = take_part(rest);
  drive.unit = kAnyUnit;
  drive.read_only = drive.cdrom = true;
  if (drive.path.empty()) return missing_name("cdrom");
  if (drive.path == "none") drive.path.clear();
  while (!rest.empty()) {
    const std::string part = take_part(rest);
    if (!part.starts_with("unit=")) {
      return Error{fmt::format("--cdrom {}: '{}' is not known: use FILE|none[,unit=N]", text, part)};
    }
    if (const Result<bool> taken = take_disk_part(part, drive); !taken)
      return Error{fmt::format("--cdrom {}: {}", text, taken.error().message)};
  }
  return drive;
}

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

Result<DiskConfig> parse_floppy(std::string_view text) {
  std::string_view rest = text;
  DiskConfig floppy;
  floppy.path = take_part(rest);
  if (floppy.path.empty())
    return Error{fmt::format("--floppy {}: the file is missing: use FILE[,readonly] or none", text)};
  if (floppy.path == "none") floppy.path.clear();
  while (!rest.empty()) {
    const std::string part = take_part(rest);
    if (part != "readonly")
      return Error{fmt::format("--floppy {}: '{}' is not known: use FILE[,readonly] or none", text, part)};
    floppy.read_only = true;
  }
  return floppy;
}

Result<std::array<BootDevice, 3>> parse_boot_order(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, BootDevice>, 4> kWords = {
      {{"disk", BootDevice::Disk},
       {"cdrom", BootDevice::Cdrom},
       {"floppy", BootDevice::Floppy},
       {"network", BootDevice::Network}}};
  std::vector<BootDevice> order;
  const auto listed = [&](BootDevice device) { return std::count(order.begin(), order.end(), device) != 0; };
  std::string_view rest = text;
  do {
    const std::string word = take_part(rest);
    const auto* const known =
        std::find_if(kWords.begin(), kWords.end(), [&](auto& w) { return w.first == word; });
    if (known == kWords.end() || listed(known->second))
      return Error{fmt::format(
          "--boot {}: use disk, cdrom, floppy or network, or several in order: floppy,disk", text)};
    order.push_back(known->second);
  } while (!rest.empty());
  for (const auto& [word, device] : kWords) {
    if (!listed(device)) order.push_back(device);
  }
  return std::array<BootDevice, 3>{order[0], order[1], order[2]};
}

namespace {

/// Gives every drive a unit of its bus: given units first, then the others in the order of the command line.
/// False if there are not enough, which has been reported.
bool place_drives(OptionReader& options, std::vector<DiskConfig>& disks) {
  static_assert(kVirtioDisks == kAnyUnit);
  const auto taken = [&](DiskBus bus, unsigned unit) {
    return std::ranges::count_if(
        disks, [&](const DiskConfig& other) { return other.bus == bus && other.unit == unit; });
  };
  for (const DiskConfig& disk : disks) {
    if (disk.unit != kAnyUnit && taken(disk.bus, disk.unit) > 1) {
      options.fail(Error{fmt::format("--disk: two drives at unit {}: give them different units", disk.unit)});
      break;
    }
  }
  for (DiskConfig& disk : disks) {
    if (disk.unit != kAnyUnit) continue;
    unsigned unit = 0;
    while (unit < kAnyUnit && taken(disk.bus, unit) != 0) ++unit;
    if (unit == kAnyUnit) {
      options.fail(Error{disk.bus == DiskBus::Ide ? "--disk: more than four drives: leave some out"
                                                  : "--disk: more than four on bus=virtio: leave some out"});
      return false;
    }
    disk.unit = unit;
  }
  return true;
}

void read_floppies(OptionReader& options, MachineConfig& machine) {
  for (const std::string& value : options.texts("floppy")) {
    DiskConfig floppy;
    options.take(parse_floppy(value), floppy);
    floppy.unit = static_cast<unsigned>(machine.floppies.size());
    floppy.snapshot = options.flag("snapshot");
    machine.floppies.push_back(floppy);
  }
  if (machine.floppies.size() > kFloppyDrives)
    options.fail(Error{"--floppy: more than two drives: leave some out"});
}

}  // namespace

Result<Picoseconds> parse_latency(std::string_view text) {
  constexpr Picoseconds kLongest = 10 * kPicosecondsPerSecond;
  constexpr std::pair<std::string_view, Picoseconds> kUnits[] = {
      {"ns", nanoseconds(1)}, {"us", microseconds(1)}, {"ms", milliseconds(1)}, {"s", kPicosecondsPerSecond}};
  const Error unclear{
      fmt::format("--disk-latency {}: use a time up to 10s, such as 100us or 5ms, or 0", text)};
  u64 number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return unclear;
  const std::string_view name = text.substr(static_cast<std::size_t>(rest - text.data()));
  if (name.empty() && number == 0) return Picoseconds{0};
  for (const auto& [unit, length] : kUnits) {
    if (name == unit && number <= kLongest / length) return number * length;
  }
  return unclear;
}

void read_drives(OptionReader& options, MachineConfig& machine) {
  std::vector<DiskConfig>& disks = machine.disks;
  for (const std::string& value : options.texts("disk")) {
    DiskConfig disk;
    options.take(parse_disk(value), disk);
    disks.push_back(disk);
  }
  read_changes(options, disks);
  read_cdroms(options, disks);
  if (!place_drives(options, disks)) return;
  read_floppies(options, machine);
  if (const auto latency = options.text("disk-latency"))
    options.take(parse_latency(*latency), machine.disk_latency);
  if (const std::optional<std::string> order = options.text("boot"))
    options.take(parse_boot_order(*order), machine.boot_order);
}

}  // namespace ringdown
