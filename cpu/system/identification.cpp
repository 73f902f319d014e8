// CPUID, RDTSC and RDPMC.
#include "cpu/cpu_model.h"
#include "cpu/system/control_state.h"
#include "cpu/system/operations.h"

namespace ringdown {

namespace {

void set_edx_eax(SystemView& view, u64 value) {
  view.registers.set(Gpr::Eax, static_cast<u32>(value));
  view.registers.set(Gpr::Edx, static_cast<u32>(value >> 32));
}

bool denied_by_cr4(const SystemView& view, bool allowed) {
  return view.state.protected_mode() && view.cpl() != 0 && !allowed;
}

}  // namespace

Fault op_cpuid(SystemView& view, const Operation&) {
  constexpr u64 kApicGlobalEnable = u64{1} << 11;  // IA32_APIC_BASE
  const bool has_apic = (view.backend.apic_base() & kApicGlobalEnable) != 0;
  const CpuidResult result =
      view.backend.model().cpuid(view.registers.get(Gpr::Eax), view.registers.get(Gpr::Ecx), has_apic);
  view.registers.set(Gpr::Eax, result.eax);
  view.registers.set(Gpr::Ebx, result.ebx);
  view.registers.set(Gpr::Ecx, result.ecx);
  view.registers.set(Gpr::Edx, result.edx);
  return Fault::none();
}

Fault op_rdtsc(SystemView& view, const Operation&) {
  if (denied_by_cr4(view, (view.state.cr4 & cr4::kTsd) == 0)) return general_protection();
  set_edx_eax(view, view.backend.time_stamp() + static_cast<u64>(view.state.msr.tsc_offset));
  return Fault::none();
}

/// Every counter counts retired instructions, from the value that WRMSR gave it.
Fault op_rdpmc(SystemView& view, const Operation&) {
  if (denied_by_cr4(view, (view.state.cr4 & cr4::kPce) != 0)) return general_protection();
  const bool netburst = view.backend.model().family() == CpuModel::Family::Netburst;
  const std::size_t counters = netburst ? view.state.msr.performance_counter.size() : 2;
  constexpr u32 kFastRead = 1u << 31;  // Netburst: the low half only
  constexpr u64 kCounterMask = (u64{1} << 40) - 1;
  const u32 selector = view.registers.get(Gpr::Ecx);
  const u32 index = netburst ? selector & ~kFastRead : selector;
  if (index >= counters) return general_protection();
  const u64 count = view.state.msr.performance_counter[index] + view.backend.retired_instructions();
  const bool fast = netburst && (selector & kFastRead) != 0;
  set_edx_eax(view, fast ? count & 0xffff'ffff : count & kCounterMask);
  return Fault::none();
}

}  // namespace ringdown
