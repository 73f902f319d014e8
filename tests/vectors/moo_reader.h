// Reads numbers and chunks from a part of a MOO file, and remembers the first thing that is not as expected.
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "core/types.h"

namespace ringdown::test {

struct MooDamage {
  std::size_t offset = 0;
  std::string expected;
};

/// Reading past the end, or past the first damage, gives zeros and empty chunks.
class MooReader {
 public:
  /// `bytes` begin at `offset` of the file; `damage` is shared by all parts of a file.
  MooReader(std::span<const u8> bytes, std::size_t offset, std::optional<MooDamage>& damage)
      : bytes_(bytes), offset_(offset), damage_(&damage) {}

  bool at_end() const { return bytes_.empty() || damage_->has_value(); }
  std::size_t offset() const { return offset_; }
  std::size_t size() const { return bytes_.size(); }
  void fail(std::size_t offset, std::string expected) {
    if (!*damage_) *damage_ = MooDamage{offset, std::move(expected)};
  }

  std::span<const u8> take(std::size_t count, const char* what);
  template <class T>
  T number(const char* what) {
    T value{};
    const std::span<const u8> bytes = take(sizeof(T), what);
    if (bytes.size() == sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  std::span<const u8> rest() { return take(bytes_.size(), ""); }
  /// Nothing may be left.
  void finish(const char* what);

  struct Chunk;
  Chunk chunk();

 private:
  std::span<const u8> bytes_;
  std::size_t offset_;
  std::optional<MooDamage>* damage_;
};

struct MooReader::Chunk {
  std::string id;
  std::size_t offset;  // of the chunk itself
  MooReader content;
};

}  // namespace ringdown::test
