// A frame that is being put together.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "core/archive.h"

namespace ringdown::e1000 {

/// Bytes up to a fixed number, without allocation.
template <std::size_t Capacity>
class FrameBuffer {
 public:
  std::size_t size() const { return size_; }
  std::size_t room() const { return Capacity - size_; }
  std::span<std::byte> bytes() { return std::span(bytes_).first(size_); }
  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  void clear() { size_ = 0; }

  /// Makes the frame longer by at most room(): returns where the new bytes go.
  std::span<std::byte> extend(std::size_t length) {
    const std::span<std::byte> place = std::span(bytes_).subspan(size_, length);
    size_ += length;
    return place;
  }
  void append(std::span<const std::byte> data) { std::ranges::copy(data, extend(data.size()).begin()); }
  void shorten(std::size_t length) { size_ -= length; }
  /// Puts `data`, at most room() bytes, before the byte at `at`.
  void insert(std::size_t at, std::span<const std::byte> data) {
    std::copy_backward(bytes_.begin() + static_cast<std::ptrdiff_t>(at),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(size_),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(size_ + data.size()));
    std::ranges::copy(data, bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    size_ += data.size();
  }

  void serialize(Archive& archive) {
    u64 size = size_;
    archive(size);
    if (size > Capacity) {
      archive.fail("a frame is longer than its buffer");
      size = 0;
    }
    size_ = static_cast<std::size_t>(size);
    archive.bytes(bytes());
  }

 private:
  std::array<std::byte, Capacity> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace ringdown::e1000
