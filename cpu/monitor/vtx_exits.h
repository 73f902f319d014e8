// Which of the monitor's entries hardware virtualization would need too.
#pragma once

#include "cpu/monitor/statistics.h"
#include "mmu/paging_technique.h"

namespace ringdown {

/// The entries of `statistics` that would be VM exits under VT-x with extended page tables, an unrestricted
/// guest and as few exiting controls as a monitor can do with (Intel SDM vol. 3C, 'VM exits';
/// docs/statistics.md says which).
u64 exits_under_vtx(const MonitorStatistics& statistics, Technique technique);

}  // namespace ringdown
