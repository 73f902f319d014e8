// The local descriptor table and look-ups in the address space.
#include "tests/oracle/layout.h"

namespace ringdown::test {

namespace {

using enum OracleDescriptor::Contents;

/// Ends within the first code page: code near the end of its segment.
constexpr u32 kShortCodeLimit = 0x93ff;

constexpr OracleDescriptor kDescriptors[] = {
    {.base = kWindow, .contents = Instructions, .big = false},
    {.base = kWindow, .contents = Instructions, .big = false, .restricted = true},
    {.base = kWindow, .contents = Instructions},
    {.base = kWindow, .limit = kShortCodeLimit, .contents = Instructions},
    {.base = kWindow, .limit = kShortCodeLimit, .contents = Instructions, .big = false},
    {.base = kWindow, .contents = Instructions, .present = false},
    {.base = kWindow},
    {.base = kWindow, .big = false},
    {.base = 0, .limit = 0xf'ffff, .pages = true},
    {.base = kWindow, .limit = 0x3fff, .contents = ExpandDown},
    {.base = kWindow, .limit = 0x3fff, .contents = ExpandDown, .big = false},
    {.base = kWindow, .restricted = true},
    {.base = kWindow + 3, .limit = 0x0ff0},
    {.base = kWindow, .present = false},
    {.base = kWindow, .limit = 0x10, .pages = true},
    {.base = kWindow, .limit = 0x3, .contents = ExpandDown, .restricted = true, .pages = true},
    {.base = 0xffff'f000, .limit = 0xf'ffff, .pages = true},
};

}  // namespace

std::span<const OracleDescriptor> oracle_descriptors() { return kDescriptors; }

std::optional<u32> image_offset(u32 linear) {
  for (u32 i = 0; i < kOraclePages.size(); ++i) {
    if (linear - kOraclePages[i].linear < kPageSize) return (i << kPageShift) + (linear & kPageOffsetMask);
  }
  return std::nullopt;
}

std::optional<OracleDescriptor> find_descriptor(u16 selector) {
  const u16 requested = selector | 3;
  constexpr u32 kAllPages = 0xf'ffff;
  if (requested == kFlatCode32)
    return OracleDescriptor{
        .limit = kAllPages, .contents = OracleDescriptor::Contents::Instructions, .pages = true};
  if (requested == kFlatData) return OracleDescriptor{.limit = kAllPages, .pages = true};
  const unsigned index = selector >> 3;
  if ((selector & 4) == 0 || index >= std::size(kDescriptors)) return std::nullopt;
  return kDescriptors[index];
}

}  // namespace ringdown::test
