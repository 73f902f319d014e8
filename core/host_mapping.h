// A zeroed, page-aligned region of host memory that can be mapped a second time: what guest RAM lives in.
#pragma once

#include <optional>
#include <utility>

#include "core/types.h"

namespace ringdown {

/// Owns one region. On Linux it is a memfd, so that other views of it can be mapped later; elsewhere it is
/// ordinary memory.
class HostMapping {
 public:
  static constexpr int kNoDescriptor = -1;

  /// `size` in bytes, a multiple of 4 KiB. Nothing if the host has not that much. Pages cost host memory only
  /// once they are touched.
  static std::optional<HostMapping> create(u64 size);

  HostMapping(HostMapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        allocation_(std::exchange(other.allocation_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        descriptor_(std::exchange(other.descriptor_, kNoDescriptor)) {}
  HostMapping& operator=(HostMapping&&) = delete;
  ~HostMapping();

  u8* data() const { return data_; }
  u64 size() const { return size_; }
  /// The first offset at or after `offset` that may hold something other than zeros; size() if none. Tells
  /// what was never touched without touching it, where the host can say.
  u64 next_touched(u64 offset) const;
  /// What a second view is mapped from; kNoDescriptor where the host offers none.
  int descriptor() const { return descriptor_; }

 private:
  HostMapping(u8* data, void* allocation, u64 size, int descriptor)
      : data_(data), allocation_(allocation), size_(size), descriptor_(descriptor) {}

  u8* data_;
  void* allocation_;  // what the host's allocator returned; `data_` is aligned within it
  u64 size_;
  int descriptor_;
};

}  // namespace ringdown
