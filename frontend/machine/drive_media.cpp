// Image files by what the options say of them.
#include "frontend/machine/drive_media.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "frontend/images/open_image.h"

namespace ringdown {

namespace {

/// Behind the drive and its write protection comes the file's name.
constexpr std::size_t kPath = 2;

/// The drive's overlay, made if there is none and changes to it are kept.
Result<OpenedImage> open_overlay_of(const DiskConfig& drive, const ImageOptions& options) {
  std::error_code error;
  if (!std::filesystem::exists(drive.overlay, error)) {
    const bool kept = options.access == HostFile::Access::ReadWrite;
    return kept ? create_overlay(drive.overlay, drive.path, options) : open_image(drive.path, options);
  }
  if (same_image(drive.overlay, drive.path))
    return Error{fmt::format("{}: the disk itself cannot be its overlay: name another file", drive.overlay)};
  ImageOptions own = options;
  own.raw = false;
  Result<OpenedImage> opened = open_image(drive.overlay, own);
  if (!opened) return opened;
  if (opened->overlay == nullptr)
    return Error{fmt::format("{}: no overlay: name a new file or one made by Ringdown", drive.overlay)};
  const std::string base = base_name(drive.overlay, opened->overlay->header());
  if (!same_image(base, drive.path)) {
    return Error{fmt::format("{}: the overlay of {}, not of {}: name another file", drive.overlay,
                             base.empty() ? "no disk" : base, drive.path)};
  }
  return opened;
}

}  // namespace

Result<std::unique_ptr<DiskImage>> open_medium(const DiskConfig& drive) {
  const bool read_only = drive.read_only || drive.cdrom;
  ImageOptions options;
  options.access = read_only || drive.snapshot ? HostFile::Access::ReadOnly : HostFile::Access::ReadWrite;
  options.raw = drive.raw;
  options.reconnect = std::chrono::seconds(drive.reconnect_seconds);
  options.notice = [](const std::string& text) { fmt::print(stderr, "ringdown: {}\n", text); };
  Result<OpenedImage> opened =
      drive.overlay.empty() ? open_image(drive.path, options) : open_overlay_of(drive, options);
  if (!opened) return opened.error();
  if (drive.snapshot && !read_only) return temporary_overlay(std::move(opened->image));
  return std::move(opened->image);
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
