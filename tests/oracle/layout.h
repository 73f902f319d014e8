// The linear address space that a case of the oracle sees, the same beside the host's processor and in the
// guest: a few pages around a window of 64 KiB, segments of a local descriptor table, and nothing else.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/types.h"

namespace ringdown::test {

/// 16-bit segments span this window, so that their offsets 0 and FFFF both lie in mapped pages.
inline constexpr u32 kWindow = 0x2000'0000;

enum class OraclePageKind : u8 { Writable, ReadOnly, Executable };

struct OraclePage {
  u32 linear;
  OraclePageKind kind;
};

/// All that is mapped. Neighbours give every kind of page edge; code pages are the only ones that execute,
/// and nothing can write to them.
inline constexpr std::array<OraclePage, 10> kOraclePages = {{
    {kWindow + 0x0000, OraclePageKind::Writable},
    {kWindow + 0x1000, OraclePageKind::Writable},
    {kWindow + 0x3000, OraclePageKind::ReadOnly},
    {kWindow + 0x4000, OraclePageKind::Writable},
    {kWindow + 0x6000, OraclePageKind::Writable},  // stacks
    {kWindow + 0x7000, OraclePageKind::Writable},
    {kWindow + 0x9000, OraclePageKind::Executable},
    {kWindow + 0xa000, OraclePageKind::Executable},
    {kWindow + 0xf000, OraclePageKind::Writable},
    {kWindow + 0x1'0000, OraclePageKind::Writable},  // behind the window
}};
inline constexpr u32 kCodePages = kWindow + 0x9000, kCodePagesEnd = kWindow + 0xb000;
inline constexpr u32 kStackTop = kWindow + 0x8000;

/// The bytes of all pages, in the order of kOraclePages.
using MemoryImage = std::array<u8, kOraclePages.size() * kPageSize>;

/// Where a linear address lies in the image; none if it is not mapped.
std::optional<u32> image_offset(u32 linear);
/// The linear address of a byte of the image.
constexpr u32 image_linear(u32 offset) {
  return kOraclePages[offset >> kPageShift].linear + (offset & kPageOffsetMask);
}

/// A descriptor of the local table, all with DPL 3, accessed. As Linux' modify_ldt takes it.
struct OracleDescriptor {
  u32 base = 0;
  u32 limit = 0xffff;  // in units of 4 KiB if `pages`
  enum class Contents : u8 { Data, ExpandDown, Instructions } contents = Contents::Data;
  bool big = true;
  bool restricted = false;  // read-only data or execute-only code
  bool pages = false;
  bool present = true;

  constexpr bool code() const { return contents == Contents::Instructions; }
  constexpr u32 last() const { return pages ? limit << kPageShift | kPageOffsetMask : limit; }
};

std::span<const OracleDescriptor> oracle_descriptors();
/// The selector of the local table's entry, RPL 3.
constexpr u16 local_selector(unsigned index) { return static_cast<u16>(index << 3 | 7); }

/// Flat segments of 4 GiB in the global table, where Linux has them; and its 64-bit code segment, in which no
/// case may come to run.
inline constexpr u16 kFlatCode32 = 0x23, kFlatData = 0x2b, kLongCode = 0x33;
/// The limit of the global table.
inline constexpr u16 kGlobalTableLimit = 0x7f;

/// Of a flat or local selector, whatever its RPL; none of others.
std::optional<OracleDescriptor> find_descriptor(u16 selector);

}  // namespace ringdown::test
