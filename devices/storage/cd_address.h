// Addresses on a compact disc: frame numbers, and minutes, seconds and frames.
#pragma once

#include <cstddef>

#include "core/types.h"

namespace ringdown {

inline constexpr u32 kFramesPerSecond = 75;
inline constexpr u32 kSecondsPerMinute = 60;
/// Frame 0 lies two seconds into the disc.
inline constexpr u32 kPregapFrames = 2 * kFramesPerSecond;

struct MinuteSecondFrame {
  u8 minute = 0;
  u8 second = 0;
  u8 frame = 0;
};

constexpr MinuteSecondFrame msf_of_frame(u32 frame) {
  const u32 absolute = frame + kPregapFrames;
  return {static_cast<u8>(absolute / (kSecondsPerMinute * kFramesPerSecond)),
          static_cast<u8>(absolute / kFramesPerSecond % kSecondsPerMinute),
          static_cast<u8>(absolute % kFramesPerSecond)};
}

/// The frame at an absolute time; times within the first two seconds wrap to huge numbers, which no disc has.
constexpr u32 frame_of_msf(MinuteSecondFrame msf) {
  return (u32{msf.minute} * kSecondsPerMinute + msf.second) * kFramesPerSecond + msf.frame - kPregapFrames;
}

/// Parts of a frame of mode 1, by the bits of READ CD that ask for them.
namespace frame_part {
inline constexpr u8 kSync = 0x80;
inline constexpr u8 kHeader = 0x20;
inline constexpr u8 kUserData = 0x10;
inline constexpr u8 kErrorCorrection = 0x08;
constexpr std::size_t size_of(u8 parts) {
  return ((parts & kSync) != 0 ? 12u : 0u) + ((parts & kHeader) != 0 ? 4u : 0u) +
         ((parts & kUserData) != 0 ? 2048u : 0u) + ((parts & kErrorCorrection) != 0 ? 288u : 0u);
}
}  // namespace frame_part

constexpr u8 to_bcd(u8 value) { return static_cast<u8>((value / 10) << 4 | value % 10); }

}  // namespace ringdown
