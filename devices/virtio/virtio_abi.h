// Names and numbers of VIRTIO 1.2 (OASIS) that every device and transport shares.
#pragma once

#include "core/types.h"

namespace ringdown {

/// Device status (2.1).
namespace virtio_status {
inline constexpr u8 kDriverOk = 4;
inline constexpr u8 kFeaturesOk = 8;
inline constexpr u8 kNeedsReset = 64;
}  // namespace virtio_status

/// A feature bit as a mask.
constexpr u64 virtio_feature(unsigned bit) { return u64{1} << bit; }

/// Features that do not depend on the kind of device (6, 6.3).
namespace virtio_features {
inline constexpr u64 kNotifyOnEmpty = virtio_feature(24);  // legacy interface only
inline constexpr u64 kAnyLayout = virtio_feature(27);      // legacy interface only
inline constexpr u64 kIndirectDescriptors = virtio_feature(28);
inline constexpr u64 kEventIndex = virtio_feature(29);
inline constexpr u64 kVersion1 = virtio_feature(32);

inline constexpr u64 kLegacyOnly = kNotifyOnEmpty | kAnyLayout;
}  // namespace virtio_features

/// ISR status (4.1.4.5).
namespace virtio_isr {
inline constexpr u8 kQueue = 1;
inline constexpr u8 kConfiguration = 2;
}  // namespace virtio_isr

}  // namespace ringdown
