// The processors that tests were captured from.
#include "tests/vectors/captured_cpu.h"

#include <algorithm>
#include <array>

namespace ringdown::test {

namespace {

constexpr u32 kWithoutHighNibble = 0x0fff;
constexpr std::string_view k8086Flags =
    "FLAGS bits 12 to 15 are always set on an 8086 (SDM vol. 3B, Architecture Compatibility, EFLAGS)";
constexpr std::string_view k286Flags =
    "FLAGS bits 12 to 15 are clear in a 286's real mode (SDM vol. 3B, Architecture Compatibility, EFLAGS)";
constexpr std::string_view k386Flags =
    "EFLAGS bits 15 and up are reserved on a 386, or no real-mode code sets them (SDM vol. 1, 3.4.3)";

constexpr std::array<CapturedCpuTraits, 7> kCpus = {{
    {"8088", CapturedCpu::I8086, "8088", kWithoutHighNibble, k8086Flags, false, false, true},
    {"8086", CapturedCpu::I8086, "8086", kWithoutHighNibble, k8086Flags, false, false, true},
    {"V20", CapturedCpu::V20, "V20", kWithoutHighNibble, k8086Flags, false, false, true},
    {"V30", CapturedCpu::V20, "V30", kWithoutHighNibble, k8086Flags, false, false, true},
    {"186", CapturedCpu::I186, "80186", kWithoutHighNibble, k8086Flags, false, false, true},
    {"C286", CapturedCpu::I286, "80286", kWithoutHighNibble, k286Flags, true, true, false},
    {"386E", CapturedCpu::I386, "80386", 0x7fff, k386Flags, true, true, false},
}};

}  // namespace

std::optional<CapturedCpuTraits> find_captured_cpu(std::string_view header) {
  const auto found = std::find_if(kCpus.begin(), kCpus.end(),
                                  [&](const CapturedCpuTraits& cpu) { return cpu.header == header; });
  return found == kCpus.end() ? std::nullopt : std::optional(*found);
}

}  // namespace ringdown::test
