// Sense keys with additional sense codes that a CD-ROM drive reports (MMC-2, annex; SPC-2).
#pragma once

#include <optional>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// What REQUEST SENSE tells about a command.
struct Sense {
  u8 key = 0;
  u8 code = 0;               // additional sense code
  u8 qualifier = 0;          // additional sense code qualifier
  std::optional<u32> frame;  // the one that could not be read
  void serialize(Archive& archive) { archive(key, code, qualifier, frame); }
};

namespace sense_codes {
inline constexpr Sense kNone{0x0, 0x00, 0x00, {}};
inline constexpr Sense kMediumNotPresent{0x2, 0x3a, 0x01, {}};  // tray closed
inline constexpr Sense kMediumNotPresentTrayOpen{0x2, 0x3a, 0x02, {}};
inline constexpr Sense kUnrecoveredReadError{0x3, 0x11, 0x00, {}};
inline constexpr Sense kInvalidOperation{0x5, 0x20, 0x00, {}};
inline constexpr Sense kAddressOutOfRange{0x5, 0x21, 0x00, {}};
inline constexpr Sense kInvalidField{0x5, 0x24, 0x00, {}};
inline constexpr Sense kNothingPlays{0x5, 0x2c, 0x00, {}};  // command sequence error
inline constexpr Sense kSavingNotSupported{0x5, 0x39, 0x00, {}};
inline constexpr Sense kNoAudioTrack{0x5, 0x64, 0x00, {}};  // illegal mode for this track
inline constexpr Sense kRemovalPrevented{0x5, 0x53, 0x02, {}};
inline constexpr Sense kPowerOn{0x6, 0x29, 0x00, {}};
inline constexpr Sense kMediumChanged{0x6, 0x28, 0x00, {}};
}  // namespace sense_codes

}  // namespace ringdown
