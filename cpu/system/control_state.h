// Changes of the control registers, with the checks that MOV to CR, LMSW and task switches share.
#pragma once

#include <array>
#include <optional>

#include "cpu/system/view.h"

namespace ringdown {

/// Reads the four page-directory-pointer entries that `cr3` leads to, if these control registers use PAE
/// paging; otherwise leaves `pointers` alone. #GP(0) if a present entry has a reserved bit (Intel SDM vol.
/// 3A, 4.4.1).
Fault read_pdptes(SystemView& view, u32 cr0, u32 cr4, u32 cr3, std::array<u64, 4>& pointers);

/// What CR0 holds when `value` is loaded: reserved bits are ignored. Nothing for PG without PE or NW without
/// CD.
std::optional<u32> possible_cr0(u32 value);

/// Loads CR0: #GP(0) for PG without PE, NW without CD, or bad PDPTEs.
Fault load_cr0(SystemView& view, u32 value);

/// #GP(0) unless CPL is 0 (always so in real mode).
inline Fault require_ring0(const SystemView& view) {
  return view.cpl() == 0 ? Fault::none() : general_protection();
}

/// #GP(0) for SGDT, SIDT, SLDT, SMSW and STR outside ring 0 while CR4.UMIP is set.
Fault check_umip(const SystemView& view);

}  // namespace ringdown
