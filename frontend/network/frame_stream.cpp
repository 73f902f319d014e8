// Framing of a stream socket.
#include "frontend/network/frame_stream.h"

#include <algorithm>

#include "core/ethernet.h"

namespace ringdown {

namespace {

u32 length_of(std::span<const std::byte> bytes) {
  u32 length = 0;
  for (const std::byte byte : bytes.first(kFrameLengthBytes))
    length = length << 8 | std::to_integer<u32>(byte);
  return length;
}

}  // namespace

void append_frame(std::vector<std::byte>& stream, std::span<const std::byte> frame) {
  for (int shift = 24; shift >= 0; shift -= 8)
    stream.push_back(static_cast<std::byte>(frame.size() >> shift));
  stream.insert(stream.end(), frame.begin(), frame.end());
}

bool FrameReader::add(std::span<const std::byte> piece, const Receiver& receiver) {
  const auto take = [&](std::size_t size) {
    if (begun_.size() >= size) return true;
    const std::size_t count = std::min(size - begun_.size(), piece.size());
    begun_.insert(begun_.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
    piece = piece.subspan(count);
    return begun_.size() == size;
  };
  while (take(kFrameLengthBytes)) {
    const u32 length = length_of(begun_);
    if (length == 0 || length > kLongestFrame) {
      bad_length_ = length;
      return false;
    }
    if (!take(kFrameLengthBytes + length)) return true;
    receiver(std::span<const std::byte>(begun_).subspan(kFrameLengthBytes));
    begun_.clear();
  }
  return true;
}

}  // namespace ringdown
