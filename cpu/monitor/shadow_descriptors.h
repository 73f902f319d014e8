// The monitor's descriptor tables as the processor sees them: shadows of the guest's, and its own IDT and
// TSS.
#pragma once

#include <span>

#include "cpu/monitor/deprivilege.h"
#include "cpu/monitor/policy.h"
#include "mmu/memory_unit.h"

namespace ringdown {

/// Answers the processor's implicit accesses to the monitor's linear bases. A shadow descriptor is made from
/// the guest's at the moment the processor fetches it, so it is never stale: DPL 0 raised to the deprivileged
/// ring, gates, TSS and LDT descriptors not present. The IDT is the monitor's own; where INT is let through,
/// its gates lead to the guest's handlers. The TSS holds the guest's inner stacks for those, and an I/O
/// bitmap of ones.
class ShadowDescriptors {
 public:
  ShadowDescriptors(MemoryUnit& memory, const PrivilegedState& virtual_state, const Policy& policy,
                    Deprivilege deprivilege)
      : memory_(memory), virtual_(virtual_state), policy_(policy), deprivilege_(deprivilege) {}

  /// `linear` may lie anywhere; outside the tables reads give zeros.
  void read(GuestLinear linear, std::span<std::byte> data);

 private:
  u64 entry(u32 linear);
  u64 shadow(u32 table_base, u32 limit, u32 offset);
  u64 deprivileged_descriptor(u64 guest) const;
  u64 gate(u32 vector);
  u8 tss_byte(u32 offset);
  u64 guest_quad(u32 linear);
  u32 guest_stack(u32 offset);

  MemoryUnit& memory_;
  const PrivilegedState& virtual_;
  const Policy& policy_;
  Deprivilege deprivilege_;
};

}  // namespace ringdown
