// The rates that the instruction clock can have.
#pragma once

#include <cstring>
#include <optional>
#include <span>

#include "core/types.h"

namespace ringdown {

/// In ticks per second: what `--speed` takes, and what the host's own speed is held within. A rate of a few
/// ticks would let guest time leap by whole seconds from one instruction to the next.
inline constexpr u64 kSlowestClock = 100'000;
inline constexpr u64 kFastestClock = 100'000'000'000;

constexpr bool is_clock_rate(u64 rate) { return rate >= kSlowestClock && rate <= kFastestClock; }

/// The rate in the payload of InputChannel::ClockRate, if it is one.
inline std::optional<u64> clock_rate_of(std::span<const u8> payload) {
  u64 rate = 0;
  if (payload.size() != sizeof(rate)) return std::nullopt;
  std::memcpy(&rate, payload.data(), sizeof(rate));
  if (!is_clock_rate(rate)) return std::nullopt;
  return rate;
}

}  // namespace ringdown
