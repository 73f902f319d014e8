// The shape of the guest's paging structures: fields of their entries and the geometry of each paging mode.
#pragma once

#include <cstring>

#include "core/field.h"
#include "core/memory.h"
#include "mmu/guest_paging.h"

namespace ringdown {

/// Fields of page-directory and page-table entries (Intel SDM vol. 3A, tables 4-4 to 4-6 and 4-8 to 4-11).
/// 32-bit entries are read into the low half.
namespace page_entry {
using Present = Field<u64, 0>;
using Writable = Field<u64, 1>;
using User = Field<u64, 2>;
using Accessed = Field<u64, 5>;
using Dirty = Field<u64, 6>;
using PageSize = Field<u64, 7>;
using Global = Field<u64, 8>;
using NoExecute = Field<u64, 63>;

/// MAXPHYADDR of the processor modelled here.
inline constexpr unsigned kPhysicalAddressBits = 36;
/// Address bits 12 and up of a table or a 4 KiB page.
using Frame32 = Field<u64, 12, 20>;
using FramePae = Field<u64, 12, kPhysicalAddressBits - 12>;
/// 4 MiB page of 32-bit paging: address bits 31:22 and, with PSE-36, those from 32 to MAXPHYADDR (SDM vol.
/// 3A, table 4-4: M is the lesser of 40 and MAXPHYADDR).
using LargeFrame32 = Field<u64, 22, 10>;
using LargeFrame32High = Field<u64, 13, kPhysicalAddressBits - 32>;
using LargeReserved32 = Field<u64, kPhysicalAddressBits - 19, 41 - kPhysicalAddressBits>;
/// Without PSE-36 and PAT all bits below the frame are reserved, and in page tables PAT's place.
using LargeReservedNarrow = Field<u64, 12, 10>;
using TableAttribute = Field<u64, 7>;
/// 2 MiB page of PAE paging.
using LargeFramePae = Field<u64, 21, kPhysicalAddressBits - 21>;
using LargeReservedPae = Field<u64, 13, 8>;
using HighReservedPae = Field<u64, kPhysicalAddressBits, 63 - kPhysicalAddressBits>;
}  // namespace page_entry

enum class PagingMode : u8 { None, Bits32, Pae };

constexpr PagingMode mode_of(const PagingControls& controls) {
  if (!controls.paging) return PagingMode::None;
  return controls.physical_address_extension ? PagingMode::Pae : PagingMode::Bits32;
}

/// Sizes in one paging mode. Without paging, the shadow uses the 32-bit shape.
struct TableGeometry {
  u32 entry_bytes;
  u32 entries;          // of a page directory and of a page table
  u32 directory_shift;  // bytes that one directory entry maps, as a power of two

  constexpr u32 directory_slot(GuestLinear linear) const {
    return (linear.value >> directory_shift) & (entries - 1);
  }
  constexpr u32 table_slot(GuestLinear linear) const { return (linear.value >> kPageShift) & (entries - 1); }
};

constexpr TableGeometry geometry_of(PagingMode mode) {
  return mode == PagingMode::Pae ? TableGeometry{8, 512, 21} : TableGeometry{4, 1024, 22};
}

constexpr GuestLinear page_of(GuestLinear linear) { return GuestLinear(linear.value & ~kPageOffsetMask); }

/// True if `frame` of a GuestMemory::Page is a frame of the store.
constexpr bool is_frame(u32 frame) {
  return frame != GuestMemory::Page::kDevice && frame != GuestMemory::Page::kDiscard;
}
/// True if reads and writes of the page go to one frame. Translations derived from tables elsewhere (ROM,
/// device space, PAM areas that read and write different memory) are never cached: their accessed bits do not
/// stick.
constexpr bool is_plain_ram(GuestMemory::Page page) {
  return is_frame(page.read_frame) && page.read_frame == page.write_frame;
}

/// What decides, beside the paging mode, which bits are reserved.
struct EntryFeatures {
  bool page_size_extension;  // CR4.PSE
  bool wide_large_pages;     // the model's PSE-36 and PAT
  bool no_execute;           // EFER.NXE
};

/// Bits that must be zero in a present entry of a table of that level (SDM vol. 3A, 4.3 and 4.4.2).
constexpr u64 reserved_bits(PagingMode mode, EntryFeatures features, u8 level, bool large) {
  using namespace page_entry;
  if (mode == PagingMode::Pae) {
    return HighReservedPae::kMask | (features.no_execute ? 0 : NoExecute::kMask) |
           (large ? LargeReservedPae::kMask : 0);
  }
  if (features.wide_large_pages) return large ? LargeReserved32::kMask : 0;
  if (level == 1 && features.page_size_extension) return TableAttribute::kMask;
  return large ? LargeReservedNarrow::kMask : 0;
}

/// True if a directory entry maps a large page.
constexpr bool maps_large_page(u64 directory_entry, PagingMode mode, bool page_size_extension) {
  return page_entry::PageSize::get(directory_entry) && (mode == PagingMode::Pae || page_size_extension);
}

/// The table or 4 KiB page that an entry points to.
constexpr GuestPhysical frame_address(u64 entry, PagingMode mode) {
  using namespace page_entry;
  return GuestPhysical(entry & (mode == PagingMode::Pae ? FramePae::kMask : Frame32::kMask));
}

/// The first byte of the large page that a directory entry maps.
constexpr GuestPhysical large_page_address(u64 entry, PagingMode mode) {
  using namespace page_entry;
  if (mode == PagingMode::Pae) return GuestPhysical(entry & LargeFramePae::kMask);
  return GuestPhysical((entry & LargeFrame32::kMask) | LargeFrame32High::get(entry) << 32);
}

}  // namespace ringdown
