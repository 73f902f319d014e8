// Where the parts of a virtio function's base address registers are.
#pragma once

#include "core/types.h"

namespace ringdown::virtio_region {

// BAR 0: the legacy registers, and behind them device configuration (VIRTIO 1.2, 4.1.4.10).
inline constexpr u32 kLegacyDevice = 20;
inline constexpr u32 kLegacyLength = 128;

// BAR 1: one region for each capability, all of the same length.
inline constexpr u32 kLength = 0x400;
inline constexpr u32 kCommon = 0 * kLength;
inline constexpr u32 kIsr = 1 * kLength;
inline constexpr u32 kDevice = 2 * kLength;
inline constexpr u32 kNotify = 3 * kLength;
inline constexpr u32 kModernLength = 4 * kLength;

/// Bytes from one queue's notification register to the next's.
inline constexpr u32 kNotifyStep = 4;

}  // namespace ringdown::virtio_region
