// Addresses on a compact disc: frame numbers, and minutes, seconds and frames.
#pragma once

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

constexpr u8 to_bcd(u8 value) { return static_cast<u8>((value / 10) << 4 | value % 10); }

}  // namespace ringdown
