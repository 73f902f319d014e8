// Checksums of parts.
#include "frontend/images/base_sample.h"

#include <algorithm>
#include <vector>

#include "frontend/images/xxh3.h"

namespace ringdown {

Result<u64> sample_of(u64 size, const ReadBytes& read) {
  constexpr u64 kSector = 512;
  constexpr u64 kEnds = 64 * 1024;
  constexpr u64 kBetween = 62;
  size -= size % kSector;
  std::vector<std::byte> part;
  u64 hash = size;
  Result<void> result;
  const auto add = [&](u64 offset, u64 length) {
    part.resize(static_cast<std::size_t>(length));
    if (result) result = read(offset, part);
    if (result) hash = XXH3_64bits_withSeed(part.data(), part.size(), hash);
  };
  add(0, std::min(size, kEnds));
  add(size - std::min(size, kEnds), std::min(size, kEnds));
  if (size > 2 * kEnds) {
    const u64 sectors = size / kSector;
    // Without an overflow for any size: sectors are at most 2^55.
    for (u64 i = 1; i <= kBetween; ++i) add(sectors * i / (kBetween + 1) * kSector, kSector);
  }
  if (!result) return result.error();
  return hash;
}

}  // namespace ringdown
