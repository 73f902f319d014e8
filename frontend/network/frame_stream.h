// Frames in a stream of bytes, each behind its length in four bytes, the highest first.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "core/types.h"

namespace ringdown {

inline constexpr std::size_t kFrameLengthBytes = 4;

/// Puts a frame behind `stream`.
void append_frame(std::vector<std::byte>& stream, std::span<const std::byte> frame);

/// Takes a stream apart that comes in pieces of any size.
class FrameReader {
 public:
  using Receiver = std::function<void(std::span<const std::byte> frame)>;

  /// False once a length was none of a frame: the stream makes no sense from there on.
  [[nodiscard]] bool add(std::span<const std::byte> piece, const Receiver& receiver);
  /// The length that made no sense.
  u32 bad_length() const { return bad_length_; }

 private:
  std::vector<std::byte> begun_;  // length and frame, as far as they have come
  u32 bad_length_ = 0;
};

}  // namespace ringdown
