// The table of diskette formats and the choice among them.
#include "devices/storage/floppy_format.h"

#include <fmt/core.h>

#include <array>
#include <string>
#include <vector>

namespace ringdown {

namespace {

using enum FloppyMedium;

/// Of formats of one size the first is the more common one.
constexpr std::array kFormats = {
    FloppyFormat{"160 KB", 40, 1, 8, Inch5Double}, FloppyFormat{"180 KB", 40, 1, 9, Inch5Double},
    FloppyFormat{"320 KB", 40, 2, 8, Inch5Double}, FloppyFormat{"320 KB", 80, 1, 8, Inch3Double},
    FloppyFormat{"360 KB", 40, 2, 9, Inch5Double}, FloppyFormat{"360 KB", 80, 1, 9, Inch3Double},
    FloppyFormat{"720 KB", 80, 2, 9, Inch3Double}, FloppyFormat{"1.2 MB", 80, 2, 15, Inch5High},
    FloppyFormat{"1.44 MB", 80, 2, 18, Inch3High}, FloppyFormat{"1.68 MB", 80, 2, 21, Inch3High},
    FloppyFormat{"1.72 MB", 82, 2, 21, Inch3High}, FloppyFormat{"2.88 MB", 80, 2, 36, Inch3Extra},
};

u32 word(std::span<const std::byte> data, std::size_t at) {
  return static_cast<u32>(data[at]) | static_cast<u32>(data[at + 1]) << 8;
}

std::string known_sizes() {
  std::string sizes;
  std::string last;
  for (const FloppyFormat& format : kFormats) {
    if (format.name == last) continue;
    if (!last.empty()) sizes.append(", ");
    sizes.append(last = format.name);
  }
  return sizes;
}

/// Images are often as short as what is on them.
std::string padding_remedy(u64 sectors) {
  for (const FloppyFormat& format : kFormats) {
    if (format.total_sectors() > sectors)
      return fmt::format("; truncate -s {} pads it to {}", format.total_sectors() * kSectorSize, format.name);
  }
  return {};
}

}  // namespace

std::span<const FloppyFormat> floppy_formats() { return kFormats; }

FloppyDriveType FloppyFormat::drive() const {
  switch (medium) {
    case Inch5Double:
      return FloppyDriveType::Kb360;
    case Inch5High:
      return FloppyDriveType::Mb1_2;
    case Inch3Double:
      return FloppyDriveType::Kb720;
    case Inch3High:
      return FloppyDriveType::Mb1_44;
    case Inch3Extra:
      return FloppyDriveType::Mb2_88;
  }
  return FloppyDriveType::None;
}

bool FloppyFormat::fits(FloppyDriveType drive) const {
  const bool inch5_disk = medium == Inch5Double || medium == Inch5High;
  const bool inch5_drive = drive == FloppyDriveType::Kb360 || drive == FloppyDriveType::Mb1_2;
  // Drives of one size are numbered by what they can read: each also takes what the lesser ones do.
  return drive != FloppyDriveType::None && inch5_disk == inch5_drive && drive >= this->drive();
}

FloppyRate FloppyFormat::rate_in(FloppyDriveType drive) const {
  switch (medium) {
    case Inch5Double:
    case Inch3Double:
      // A 1.2 MB drive turns at 360 rpm, the others at 300.
      return drive == FloppyDriveType::Mb1_2 ? FloppyRate::Kbps300 : FloppyRate::Kbps250;
    case Inch5High:
    case Inch3High:
      return FloppyRate::Kbps500;
    case Inch3Extra:
      return FloppyRate::Mbps1;
  }
  return FloppyRate::Kbps500;
}

Result<FloppyFormat> floppy_format_of(DiskImage& image, FloppyDriveType drive) {
  std::vector<std::byte> boot_sector(kSectorSize);
  if (Result<void> read = image.read(0, boot_sector); !read) return read.error();
  // The BIOS parameter block of DOS: sectors per track at 18h, heads at 1Ah.
  const u32 sectors = word(boot_sector, 0x18), heads = word(boot_sector, 0x1a);
  const FloppyFormat* found = nullptr;
  const FloppyFormat* other_drive = nullptr;
  for (const FloppyFormat& format : kFormats) {
    if (format.total_sectors() != image.sectors()) continue;
    if (drive != FloppyDriveType::None && !format.fits(drive)) {
      other_drive = &format;
      continue;
    }
    const bool named = format.sectors == sectors && format.heads == heads;
    if (found == nullptr || named) found = &format;
  }
  if (found != nullptr) return *found;
  if (other_drive != nullptr) {
    return Error{
        fmt::format("a {} disk does not go into a {} floppy drive", other_drive->name, name_of(drive))};
  }
  const u64 bytes = image.sectors() * kSectorSize;
  return Error{fmt::format("{} bytes are no size of a floppy disk: use an image of {}{}", bytes,
                           known_sizes(), padding_remedy(image.sectors()))};
}

const char* name_of(FloppyDriveType drive) {
  constexpr const char* kNames[] = {"no", "360 KB", "1.2 MB", "720 KB", "1.44 MB", "2.88 MB"};
  return kNames[static_cast<u8>(drive)];
}

}  // namespace ringdown
