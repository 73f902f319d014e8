// Derives the physical state that the processor runs the guest with from the guest's virtual state.
#pragma once

#include "cpu/execution_source.h"
#include "cpu/privileged_state.h"
#include "mmu/paging_technique.h"

namespace ringdown {

/// Linear bases of the monitor's own tables. What lies there belongs to the processor's implicit accesses
/// alone: no guest access, whatever its linear address, reaches this storage.
namespace monitor_tables {
inline constexpr u32 kGdtBase = 0xffc0'0000;
inline constexpr u32 kLdtBase = 0xffc1'0000;
inline constexpr u32 kIdtBase = 0xffc2'0000;
inline constexpr u32 kTssBase = 0xffc2'1000;
inline constexpr u32 kGdtLimit = 0xffff;
inline constexpr u32 kIdtLimit = 0x7ff;
/// 104 bytes, an I/O bitmap for all ports, and its terminating byte.
inline constexpr u32 kTssLimit = 0x68 + 0x2000;
/// The top of the shadow GDT holds the monitor's own TSS and LDT descriptors.
inline constexpr u16 kTssSelector = 0xfff0;
inline constexpr u16 kLdtSelector = 0xfff8;
}  // namespace monitor_tables

/// The physical ring for a virtual one: virtual rings 0 and 1 share ring 1, or everything is at ring 3.
u8 physical_ring(u8 virtual_ring, Deprivilege deprivilege);

/// Code and stack show the ring they run at in their selectors; data selectors stay as they were loaded.
constexpr bool shows_ring(Segment name) { return name == Segment::Cs || name == Segment::Ss; }

/// Attributes with the DPL raised to the physical ring.
SegmentAttributes deprivileged(SegmentAttributes attributes, Deprivilege deprivilege);

/// Fills `physical` (docs/monitor.md lists each field). Real mode becomes virtual-8086 mode with the hidden
/// parts that the guest has, also where hardware could not hold them there. The segment registers that did
/// not change since the last time can be left out.
void derive_physical_state(const PrivilegedState& virtual_state, Deprivilege deprivilege,
                           PrivilegedState& physical, SegmentSet changed = kAllSegments);
/// The same for one segment register.
void derive_physical_segment(const PrivilegedState& virtual_state, Deprivilege deprivilege,
                             PrivilegedState& physical, Segment segment);

}  // namespace ringdown
