// Where `ringdown image convert` writes to: one sector after another, zeros as nothing where that is
// possible.
#pragma once

#include <memory>
#include <string>

#include "core/host_file.h"
#include "frontend/images/open_image.h"

namespace ringdown {

class ImageTarget {
 public:
  virtual ~ImageTarget() = default;
  /// The data that follows; whole sectors.
  virtual Result<void> append(std::span<const std::byte> data) = 0;
  /// All is written, and on the host's disk.
  virtual Result<void> finish() = 0;
};

/// Makes the file `path` for a disk of `sectors`.
Result<std::unique_ptr<ImageTarget>> make_target(ImageKind kind, const std::string& path, u64 sectors);

}  // namespace ringdown
