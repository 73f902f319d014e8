// Which paging controls a view of the processor stands for.
#pragma once

#include "cpu/cpu_model.h"
#include "cpu/system/view.h"
#include "mmu/guest_paging.h"

namespace ringdown {

inline PagingControls paging_controls(const SystemView& view) {
  const PrivilegedState& state = view.state;
  const CpuModel& model = view.backend.model();
  PagingControls controls;
  controls.paging = (state.cr0 & cr0::kPg) != 0;
  controls.write_protect = (state.cr0 & cr0::kWp) != 0;
  controls.page_size_extension = (state.cr4 & cr4::kPse) != 0;
  controls.wide_large_pages = model.has_bit(cpuid::kPse36) && model.has_bit(cpuid::kPat);
  controls.physical_address_extension = (state.cr4 & cr4::kPae) != 0;
  controls.no_execute = (state.msr.efer & efer::kNxe) != 0;
  controls.cr3 = state.cr3;
  controls.pdpte = state.pdpte;
  return controls;
}

}  // namespace ringdown
