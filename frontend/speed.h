// How fast the guest's processor is: as a machine of its time, in figures, or as the host can.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// A machine of its time. The speed alone is taken from it; `cpu` is the --cpu that goes with it.
struct Era {
  std::string_view name;
  u64 instructions_per_second;
  std::string_view cpu;
};
/// From the slowest on.
std::span<const Era> eras();

struct Speed {
  std::string name = "unlimited";
  std::optional<u64> instructions_per_second;  // nothing: as the host can
};

/// An era's name, a number of million instructions per second, or "unlimited". The error lists them, behind
/// the text, without the option's name.
Result<Speed> parse_speed(std::string_view text);
/// What `--speed list` prints.
std::string speed_list();
/// "486-66, 52.8 million instructions per second", for people.
std::string describe(const Speed& speed);

}  // namespace ringdown
