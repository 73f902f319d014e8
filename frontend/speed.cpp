// The table of eras.
#include "frontend/speed.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/clock_rate.h"
#include "frontend/cli/option_values.h"

namespace ringdown {

namespace {

constexpr std::string_view kUnlimited = "unlimited";

/// Dhrystone MIPS at introduction, scaled with the clock: Intel386 DX 6.0 at 20 MHz, Intel486 DX 20 at 25
/// MHz, Pentium 100 at 60 MHz, Pentium Pro 440 at 200 MHz (Intel Architecture Software Developer's Manual,
/// volume 1, 243190, table 2-1). They are instructions of a VAX and so rather many for these processors, on
/// the safe side for software that was made for them.
constexpr Era kEras[] = {
    {"386-20", 6'000'000, "486dx"},
    {"386-33", 9'900'000, "486dx"},
    {"486-25", 20'000'000, "486dx"},
    {"486-33", 26'400'000, "486dx"},
    {"486-66", 52'800'000, "486dx"},
    {"pentium-60", 100'000'000, "pentium-mmx"},
    {"pentium-133", 221'700'000, "pentium-mmx"},
    {"ppro-200", 440'000'000, "pentium3"},
    {"p2-300", 660'000'000, "pentium3"},
};

std::string millions(u64 instructions_per_second) {
  return fmt::format("{:g}", static_cast<double>(instructions_per_second) / 1e6);
}

}  // namespace

std::span<const Era> eras() { return kEras; }

Result<Speed> parse_speed(std::string_view text) {
  if (text == kUnlimited) return Speed{};
  for (const Era& era : kEras) {
    if (era.name == text) return Speed{std::string(era.name), era.instructions_per_second};
  }
  const Result<u64> rate = parse_count(fmt::format("{}M", text), "");
  if (rate && is_clock_rate(*rate)) return Speed{millions(*rate) + " MIPS", *rate};
  std::string names;
  for (const Era& era : kEras) names += fmt::format("{}, ", era.name);
  return Error{fmt::format("{}: use {}0.1 to 100000 (million instructions per second) or {}", text, names,
                           kUnlimited)};
}

std::string speed_list() {
  std::string text = fmt::format("{:<14}{:>8}  {}\n", "speed", "MIPS", "goes with");
  for (const Era& era : kEras) {
    text += fmt::format("{:<14}{:>8}  --cpu {}\n", era.name, millions(era.instructions_per_second), era.cpu);
  }
  return text + "Also any number of MIPS from 0.1 to 100000, and 'unlimited'.\n";
}

std::string describe(const Speed& speed) {
  if (!speed.instructions_per_second) return speed.name;
  return fmt::format("{}, {} million instructions per second", speed.name,
                     millions(*speed.instructions_per_second));
}

}  // namespace ringdown
