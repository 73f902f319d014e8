// The media behind a machine's drives: opened at start, and changed while it runs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/disk_image.h"
#include "core/result.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// Opens what `drive` names. Errors name the file and the remedy.
Result<std::unique_ptr<DiskImage>> open_medium(const DiskConfig& drive);

/// Every drive by the name that the user gives it: IDE units in order, then floppy drives.
inline constexpr std::string_view kDriveNames[] = {"ide0", "ide1", "ide2", "ide3", "floppy0", "floppy1"};
inline constexpr unsigned kFirstFloppyName = kIdeUnits;
/// Index into kDriveNames.
std::optional<u8> drive_named(std::string_view name);

/// Another medium in a drive, as it travels through the input seam.
struct MediumChange {
  u8 drive = 0;  // index into kDriveNames
  bool read_only = true;
  std::string path;  // empty: the medium is taken out

  std::vector<u8> encode() const;
  static std::optional<MediumChange> decode(const std::vector<u8>& payload);
  /// As open_medium; null if the medium is taken out.
  Result<std::unique_ptr<DiskImage>> open() const;
};

}  // namespace ringdown
