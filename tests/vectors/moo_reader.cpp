// Reads numbers and chunks from a part of a MOO file.
#include "tests/vectors/moo_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace ringdown::test {

std::span<const u8> MooReader::take(std::size_t count, const char* what) {
  if (damage_->has_value()) return {};
  if (count > bytes_.size()) {
    fail(offset_, fmt::format("expected {} bytes of {}, found {}", count, what, bytes_.size()));
    return {};
  }
  const std::span<const u8> taken = bytes_.first(count);
  bytes_ = bytes_.subspan(count);
  offset_ += count;
  return taken;
}

void MooReader::finish(const char* what) {
  if (!at_end()) fail(offset_, fmt::format("expected the end of {}, found {} bytes more", what, size()));
}

MooReader::Chunk MooReader::chunk() {
  constexpr std::size_t kIdLength = 4;
  const std::size_t start = offset_;
  const std::span<const u8> id = take(kIdLength, "a chunk's name");
  if (std::any_of(id.begin(), id.end(), [](u8 c) { return c < 0x20 || c > 0x7e; }))
    fail(start, "expected a chunk's name of four letters");
  const u32 length = number<u32>("a chunk's length");
  const std::string name(id.begin(), id.end());
  const std::size_t content = offset_;
  return {name, start, MooReader(take(length, fmt::format("chunk '{}'", name).c_str()), content, *damage_)};
}

}  // namespace ringdown::test
