// Image files by what the options say of them.
#include "frontend/machine/drive_media.h"

#include <algorithm>
#include <iterator>

namespace ringdown {

namespace {

/// Behind the drive and its write protection comes the file's name.
constexpr std::size_t kPath = 2;

}  // namespace

Result<std::unique_ptr<DiskImage>> open_medium(const DiskConfig& drive) {
  const bool read_only = drive.read_only || drive.cdrom;
  return RawDiskImage::open(drive.path, read_only ? HostFile::Access::ReadOnly : HostFile::Access::ReadWrite);
}

std::optional<u8> drive_named(std::string_view name) {
  const auto* const found = std::find(std::begin(kDriveNames), std::end(kDriveNames), name);
  if (found == std::end(kDriveNames)) return {};
  return static_cast<u8>(found - std::begin(kDriveNames));
}

std::vector<u8> MediumChange::encode() const {
  std::vector<u8> payload(kPath + path.size());
  payload[0] = drive;
  payload[1] = static_cast<u8>(read_only);
  std::copy(path.begin(), path.end(), payload.begin() + std::ptrdiff_t{kPath});
  return payload;
}

std::optional<MediumChange> MediumChange::decode(const std::vector<u8>& payload) {
  if (payload.size() < kPath || payload[0] >= std::size(kDriveNames)) return {};
  return MediumChange{payload[0], payload[1] != 0,
                      std::string(payload.begin() + std::ptrdiff_t{kPath}, payload.end())};
}

Result<std::unique_ptr<DiskImage>> MediumChange::open() const {
  if (path.empty()) return std::unique_ptr<DiskImage>();
  DiskConfig config;
  config.path = path;
  config.read_only = read_only;
  return open_medium(config);
}

}  // namespace ringdown
