// Formats of diskettes: geometry, recording density, and which drives take and read them at which rate.
#pragma once

#include <span>

#include "core/disk_image.h"
#include "core/floppy_drive_type.h"
#include "core/result.h"
#include "core/scheduler.h"
#include "core/types.h"

namespace ringdown {

/// Data rates as the controller's DSR and CCR select them.
enum class FloppyRate : u8 { Kbps500 = 0, Kbps300 = 1, Kbps250 = 2, Mbps1 = 3 };

constexpr u64 kilobits_per_second(FloppyRate rate) {
  constexpr u64 kRates[] = {500, 300, 250, 1000};
  return kRates[static_cast<u8>(rate)];
}
/// The time that one byte takes under the head.
constexpr Picoseconds byte_time(FloppyRate rate) { return milliseconds(8) / kilobits_per_second(rate); }

/// Size and density of the disk itself.
enum class FloppyMedium : u8 { Inch5Double, Inch5High, Inch3Double, Inch3High, Inch3Extra };

/// A diskette of sectors of 512 bytes in MFM, numbered from 1 on each track.
struct FloppyFormat {
  const char* name;
  u8 cylinders;
  u8 heads;
  u8 sectors;  // per track
  FloppyMedium medium;

  u32 total_sectors() const { return u32{cylinders} * heads * sectors; }
  /// The drive that the format was made for.
  FloppyDriveType drive() const;
  /// Whether the disk goes into such a drive, and the drive can read it.
  bool fits(FloppyDriveType drive) const;
  /// The rate at which its bits pass the head of a drive that it fits.
  FloppyRate rate_in(FloppyDriveType drive) const;
};

std::span<const FloppyFormat> floppy_formats();

/// The format of an image by its size, and where that leaves a choice by its BIOS parameter block. With a
/// drive, one that it takes. The error says which sizes there are, or what the drive takes.
Result<FloppyFormat> floppy_format_of(DiskImage& image, FloppyDriveType drive = FloppyDriveType::None);

/// "1.44 MB" and the like.
const char* name_of(FloppyDriveType drive);

}  // namespace ringdown
