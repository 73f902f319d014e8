// Opens whatever holds a disk: raw and packed files, overlays with all that is below them, disks elsewhere.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/disk_image.h"
#include "core/host_file.h"
#include "frontend/images/image_progress.h"
#include "frontend/images/overlay_image.h"

namespace ringdown {

enum class ImageKind : u8 { Raw, Gzip, Overlay, Nbd };

/// "raw", "gzip", "overlay", "nbd".
std::string_view name_of(ImageKind kind);

struct ImageOptions {
  HostFile::Access access = HostFile::Access::ReadOnly;
  bool raw = false;  // whatever the content looks like
  std::chrono::seconds reconnect = kDefaultReconnect;
  ImageProgress progress;
  std::function<void(const std::string&)> notice;  // what happens to a disk elsewhere
  bool wants_reference = false;                    // fills in OpenedImage::reference
  /// Which overlays are opened: those whose base is what it was; those too whose commit into it was
  /// interrupted; all.
  enum class Bases : u8 { Unchanged, InterruptedCommit, Any };
  Bases bases = Bases::Unchanged;
  HostFile::Access base_access = HostFile::Access::ReadOnly;  // the one right below

  static constexpr std::chrono::seconds kDefaultReconnect{60};
};

/// One image of those that lie on each other.
struct ImageLayer {
  std::string name;
  ImageKind kind;
  u32 changed_blocks = 0;  // of an overlay
  bool left_open = false;
};

struct OpenedImage {
  ImageKind kind = ImageKind::Raw;
  std::unique_ptr<DiskImage> image;
  /// What an overlay notes of it, but for the name.
  overlay::BaseReference reference;
  OverlayImage* overlay = nullptr;  // `image` as what it is
  /// Of an overlay: what its header would say of the base that was found.
  overlay::BaseReference base = {};
  std::vector<ImageLayer> layers = {};  // the uppermost first; not of a new overlay
};

/// `name` is a file's name or an NBD URI; which of the formats a file has, its content decides.
Result<OpenedImage> open_image(const std::string& name, const ImageOptions& options);

/// Makes the overlay `path` for `base`, which is opened for reading. Whatever happens, the file is either
/// complete or not there.
Result<OpenedImage> create_overlay(const std::string& path, const std::string& base,
                                   const ImageOptions& base_options);
/// The same without a base: zeros.
Result<OpenedImage> create_overlay(const std::string& path, u64 sectors);
/// Changes to `base` that are thrown away.
Result<std::unique_ptr<DiskImage>> temporary_overlay(std::unique_ptr<DiskImage> base);

/// Reads parts of an image to find out what an overlay of it notes.
Result<overlay::BaseReference> reference_to(const std::string& name, bool raw);
/// The base that an overlay's header names, as a name to open.
std::string base_name(const std::string& overlay_path, const overlay::Header& header);
/// True if two names mean the same file or disk.
bool same_image(const std::string& a, const std::string& b);

bool is_nbd_uri(const std::string& name);

}  // namespace ringdown
