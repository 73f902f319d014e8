// Tells whether the image below an overlay is still what it was, without reading all of it.
#pragma once

#include <functional>
#include <span>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

using ReadBytes = std::function<Result<void>(u64 offset, std::span<std::byte> data)>;

/// Checksum of the first and last 64 KiB and of 62 sectors of 512 bytes spread over the rest. `size` is a
/// multiple of 512, or what is left over does not count.
Result<u64> sample_of(u64 size, const ReadBytes& read);

}  // namespace ringdown
