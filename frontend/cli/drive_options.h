// The options of disks and other drives.
#pragma once

#include <array>
#include <string_view>

#include "core/result.h"
#include "frontend/cli/option_reader.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// --disk, --overlay, --snapshot, --cdrom, --floppy, --disk-latency and --boot.
void read_drives(OptionReader& options, MachineConfig& machine);

/// "FILE|URI[,bus=ide|virtio][,unit=N][,readonly][,overlay=FILE][,format=raw][,reconnect=SECONDS]"; a comma
/// in a name is doubled. The unit is kAnyUnit if none is given.
Result<DiskConfig> parse_disk(std::string_view text);
/// "FILE|none[,unit=N]": a CD-ROM drive; 'none' is one without a medium.
Result<DiskConfig> parse_cdrom(std::string_view text);
/// A number with the unit ns, us, ms or s, or 0; at most ten seconds.
Result<Picoseconds> parse_latency(std::string_view text);
inline constexpr unsigned kAnyUnit = kIdeUnits;
/// "FILE[,readonly]", or "none" for a drive without a disk.
Result<DiskConfig> parse_floppy(std::string_view text);
/// Words of "floppy", "disk", "cdrom" and "network", each at most once; drives that are not named come
/// behind. What would be the fourth is left out: the firmware tries it in any case.
Result<std::array<BootDevice, 3>> parse_boot_order(std::string_view text);

}  // namespace ringdown
