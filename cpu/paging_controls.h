// Which paging controls a privileged state stands for.
#pragma once

#include "cpu/privileged_state.h"
#include "mmu/guest_paging.h"

namespace ringdown {

inline PagingControls paging_controls(const PrivilegedState& state) {
  PagingControls controls;
  controls.paging = (state.cr0 & cr0::kPg) != 0;
  controls.write_protect = (state.cr0 & cr0::kWp) != 0;
  controls.page_size_extension = (state.cr4 & cr4::kPse) != 0;
  controls.physical_address_extension = (state.cr4 & cr4::kPae) != 0;
  controls.no_execute = (state.msr.efer & efer::kNxe) != 0;
  controls.cr3 = state.cr3;
  controls.pdpte = state.pdpte;
  return controls;
}

}  // namespace ringdown
