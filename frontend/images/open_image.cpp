// Looks at names and contents, and puts images on top of each other.
#include "frontend/images/open_image.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>

#include "frontend/images/base_sample.h"
#include "frontend/images/foreign_formats.h"
#include "frontend/images/gzip_image.h"
#include "frontend/images/nbd_image.h"
#include "frontend/images/raw_image.h"

namespace ringdown {

namespace fs = std::filesystem;

namespace {

constexpr unsigned kDeepestChain = 16;

Result<OpenedImage> open_at_depth(const std::string& name, const ImageOptions& options, unsigned depth);

Result<overlay::BaseReference> reference_of(HostFile& file) {
  const Result<u64> sample =
      sample_of(file.size(), [&](u64 offset, std::span<std::byte> data) { return file.read(offset, data); });
  if (!sample) return sample.error();
  return overlay::BaseReference{{}, file.size(), file.modified_ns(), *sample};
}

Result<overlay::BaseReference> reference_of(DiskImage& image) {
  const u64 size = image.sectors() * kSectorSize;
  const Result<u64> sample = sample_of(
      size, [&](u64 offset, std::span<std::byte> data) { return image.read(offset / kSectorSize, data); });
  if (!sample) return sample.error();
  return overlay::BaseReference{{}, size, 0, *sample};
}

Result<void> compare(const std::string& path, const std::string& base, const overlay::BaseReference& noted,
                     const overlay::BaseReference& found) {
  const auto changed = [&](std::string_view how) {
    return Error{fmt::format("{}: its base {} is not what it was: {}", path, base, how)};
  };
  if (found.size != noted.size)
    return changed(fmt::format("{} bytes, then {}: bring the old one back", found.size, noted.size));
  if (found.sample != noted.sample) return changed("other content: bring the old one back");
  if (found.modified_ns != noted.modified_ns)
    return changed(
        "written to since: if it is the same all the same, 'ringdown image check --repair' accepts it");
  return {};
}

Result<OpenedImage> open_overlay(HostFile file, const ImageOptions& options, unsigned depth) {
  const std::string path = file.path();
  const Result<overlay::Header> header = OverlayImage::read_header(file);
  if (!header) return header.error();
  if (header->committing && options.bases == ImageOptions::Bases::Unchanged)
    return Error{
        fmt::format("{}: its commit was interrupted: repeat 'ringdown image commit {}'", path, path)};
  std::unique_ptr<DiskImage> base;
  overlay::BaseReference found;
  std::vector<ImageLayer> layers{{path, ImageKind::Overlay}};
  if (!header->base.name.empty()) {
    if (depth == kDeepestChain) return Error{fmt::format("{}: more than 16 overlays on each other", path)};
    const std::string name = base_name(path, *header);
    ImageOptions below = options;
    below.access = options.base_access;
    below.base_access = HostFile::Access::ReadOnly;
    below.wants_reference = true;
    below.raw = header->base_is_raw;
    Result<OpenedImage> opened = open_at_depth(name, below, depth + 1);
    if (!opened) return Error{fmt::format("{}: its base {}", path, opened.error().message)};
    if (opened->image->sectors() != header->sectors)
      return Error{fmt::format("{}: its base {} has another size: bring the old one back", path, name)};
    const bool may_differ = options.bases == ImageOptions::Bases::Any ||
                            (options.bases == ImageOptions::Bases::InterruptedCommit && header->committing);
    const Result<void> same = compare(path, name, header->base, opened->reference);
    if (!same && !may_differ) return same.error();
    base = std::move(opened->image);
    found = std::move(opened->reference);
    found.name = header->base.name;
    layers.insert(layers.end(), opened->layers.begin(), opened->layers.end());
  }
  Result<std::unique_ptr<OverlayImage>> image = OverlayImage::open(
      std::make_unique<HostFile>(std::move(file)), *header, std::move(base), options.access);
  if (!image) return image.error();
  OverlayImage* const overlay = image->get();
  layers.front().changed_blocks = overlay->mapped_blocks();
  layers.front().left_open = overlay->left_open();
  overlay::BaseReference reference{{}, overlay->sectors() * kSectorSize, 0, overlay->state_sum()};
  return OpenedImage{ImageKind::Overlay, std::move(*image), std::move(reference), overlay,
                     std::move(found),   std::move(layers)};
}

Result<OpenedImage> open_nbd(const std::string& name, const ImageOptions& options) {
  Result<std::unique_ptr<DiskImage>> image =
      open_nbd_image(name, options.access, options.reconnect, options.notice);
  if (!image) return image.error();
  Result<overlay::BaseReference> reference =
      options.wants_reference ? reference_of(**image) : overlay::BaseReference();
  if (!reference) return reference.error();
  return OpenedImage{ImageKind::Nbd,          std::move(*image), std::move(*reference), nullptr, {},
                     {{name, ImageKind::Nbd}}};
}

Result<OpenedImage> open_at_depth(const std::string& name, const ImageOptions& options, unsigned depth) {
  if (is_nbd_uri(name)) return open_nbd(name, options);
  Result<HostFile> file = HostFile::open(name, options.access);
  if (!file) return file.error();
  std::array<std::byte, kSectorSize> start{};
  if (const Result<void> read =
          file->read(0, std::span(start).first(std::min<u64>(start.size(), file->size())));
      !read)
    return read.error();
  if (!options.raw) {
    if (overlay::is_overlay(start)) return open_overlay(std::move(*file), options, depth);
    if (is_gzip(start)) {
      if (options.access == HostFile::Access::ReadWrite) {
        return Error{
            fmt::format("{}: packed with gzip, which cannot be written to: add ',overlay=FILE', ',readonly' "
                        "or --snapshot",
                        name)};
      }
    } else if (const std::string_view format = foreign_format(start, *file); !format.empty()) {
      return Error{fmt::format(
          "{}: a {} image: serve it with 'qemu-nbd' and name its nbd:// address, or use 'qemu-img convert'",
          name, format)};
    }
  }
  Result<overlay::BaseReference> reference =
      options.wants_reference ? reference_of(*file) : overlay::BaseReference();
  if (!reference) return reference.error();
  const bool packed = !options.raw && is_gzip(start);
  auto host_file = std::make_unique<HostFile>(std::move(*file));
  Result<std::unique_ptr<DiskImage>> image =
      packed ? GzipImage::open(std::move(host_file), options.progress)
             : RawImage::open(std::move(host_file), options.access,
                              options.raw ? RawImage::Content::Any : RawImage::Content::StaysRaw);
  if (!image) return image.error();
  const ImageKind kind = packed ? ImageKind::Gzip : ImageKind::Raw;
  return OpenedImage{kind, std::move(*image), std::move(*reference), nullptr, {}, {{name, kind}}};
}

overlay::Uuid new_uuid() {
  overlay::Uuid uuid;
  std::random_device random;
  std::generate(uuid.begin(), uuid.end(), [&] { return static_cast<std::byte>(random()); });
  return uuid;
}

Result<OpenedImage> create_overlay_file(const std::string& path, std::unique_ptr<DiskImage> base,
                                        const overlay::Header& header) {
  std::error_code error;
  if (fs::exists(path, error))
    return Error{fmt::format("{}: there is a file of that name: name another", path)};
  const std::string part = path + ".part";
  Result<HostFile> created = HostFile::create(part);
  if (!created) return created.error();
  auto file = std::make_unique<HostFile>(std::move(*created));
  HostFile* const named = file.get();
  Result<std::unique_ptr<OverlayImage>> image =
      OverlayImage::create(std::move(file), std::move(base), header);
  Result<void> renamed = image ? named->rename(path) : Result<void>(image.error());
  if (!renamed) {
    fs::remove(part, error);
    return renamed.error();
  }
  OverlayImage* const overlay = image->get();
  return OpenedImage{ImageKind::Overlay,
                     std::move(*image),
                     {{}, overlay->sectors() * kSectorSize, 0, overlay->state_sum()},
                     overlay};
}

}  // namespace

std::string_view name_of(ImageKind kind) {
  switch (kind) {
    case ImageKind::Raw:
      return "raw";
    case ImageKind::Gzip:
      return "gzip";
    case ImageKind::Overlay:
      return "overlay";
    case ImageKind::Nbd:
      return "nbd";
  }
  return {};
}

bool is_nbd_uri(const std::string& name) {
  constexpr std::array<std::string_view, 6> kSchemes{"nbd://",       "nbds://",      "nbd+unix://",
                                                     "nbds+unix://", "nbd+vsock://", "nbds+vsock://"};
  return std::any_of(kSchemes.begin(), kSchemes.end(),
                     [&](std::string_view scheme) { return name.starts_with(scheme); });
}

std::string base_name(const std::string& overlay_path, const overlay::Header& header) {
  const std::string& name = header.base.name;
  if (name.empty() || is_nbd_uri(name) || fs::path(name).is_absolute()) return name;
  return (fs::path(overlay_path).parent_path() / name).lexically_normal().string();
}

bool same_image(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || (!is_nbd_uri(a) && !is_nbd_uri(b) && fs::equivalent(a, b, error));
}

Result<OpenedImage> open_image(const std::string& name, const ImageOptions& options) {
  return open_at_depth(name, options, 0);
}

Result<overlay::BaseReference> reference_to(const std::string& name, bool raw) {
  ImageOptions options;
  options.raw = raw;
  options.wants_reference = true;
  Result<OpenedImage> opened = open_image(name, options);
  if (!opened) return opened.error();
  return opened->reference;
}

Result<OpenedImage> create_overlay(const std::string& path, const std::string& base,
                                   const ImageOptions& base_options) {
  ImageOptions options = base_options;
  options.access = HostFile::Access::ReadOnly;
  options.wants_reference = true;
  Result<OpenedImage> below = open_image(base, options);
  if (!below) return below.error();
  overlay::Header header;
  header.uuid = new_uuid();
  header.sectors = below->image->sectors();
  header.base = below->reference;
  header.base_is_raw = options.raw;
  header.base.name = base;
  if (!is_nbd_uri(base) && !fs::path(base).is_absolute()) {
    // The two may move together.
    std::error_code error;
    const fs::path folder = fs::absolute(path, error).parent_path();
    header.base.name = fs::absolute(base, error).lexically_proximate(folder).string();
  }
  if (header.base.name.size() > overlay::kLongestBaseName)
    return Error{fmt::format("{}: its name is too long for an overlay", base)};
  return create_overlay_file(path, std::move(below->image), header);
}

Result<OpenedImage> create_overlay(const std::string& path, u64 sectors) {
  overlay::Header header;
  header.uuid = new_uuid();
  header.sectors = sectors;
  return create_overlay_file(path, nullptr, header);
}

Result<std::unique_ptr<DiskImage>> temporary_overlay(std::unique_ptr<DiskImage> base) {
  Result<HostFile> file = HostFile::temporary();
  if (!file) return file.error();
  overlay::Header header;
  header.sectors = base->sectors();
  Result<std::unique_ptr<OverlayImage>> image =
      OverlayImage::create(std::make_unique<HostFile>(std::move(*file)), std::move(base), header,
                           OverlayImage::Changes::ThrownAway);
  if (!image) return image.error();
  return std::unique_ptr<DiskImage>(std::move(*image));
}

}  // namespace ringdown
