// How long a frame occupies an Ethernet.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/ethernet.h"
#include "core/scheduler.h"

namespace ringdown {

inline constexpr u64 kTenMegabit = 10'000'000;  // bits per second

/// From the first bit of the preamble to the end of the gap behind the frame of `length` bytes, which are
/// without their check sequence (IEEE 802.3, 3.1.1 and 4.4.2).
constexpr Picoseconds frame_time(std::size_t length, u64 bits_per_second) {
  constexpr u64 kPreamble = 8;
  constexpr u64 kCheckSequence = 4;
  constexpr u64 kGap = 12;
  const u64 bytes = kPreamble + std::max(length, kShortestFrame) + kCheckSequence + kGap;
  return bytes * 8 * kPicosecondsPerSecond / bits_per_second;
}

}  // namespace ringdown
