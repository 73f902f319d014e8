// Calls of a paravirtual guest to the monitor.
#pragma once

#include "cpu/system/view.h"
#include "mmu/page_table_registry.h"

namespace ringdown {

/// Length of VMCALL, the instruction that calls.
inline constexpr u32 kHypercallLength = 3;

/// Whether the guest's kernel stands at VMCALL. The processor has no such instruction and raises #UD.
bool at_hypercall(const SystemView& view);

/// Performs the call that the guest's registers ask for, and answers in them.
void perform_hypercall(SystemView& view, PageTableRegistry& registry);

}  // namespace ringdown
