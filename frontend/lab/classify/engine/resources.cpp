// One list of everything that is a resource.
#include "frontend/lab/classify/engine/resources.h"

#include <fmt/core.h>

#include <array>

namespace ringdown::classify {

namespace {

/// Compares resource by resource.
class Comparison {
 public:
  void operator()(std::string_view resource, u64 before, u64 after) {
    if (before != after) [[unlikely]]
      changes_.push_back({resource, before, after});
  }
  template <class Array>
  void each(std::string_view resource, const Array& before, const Array& after) {
    for (std::size_t i = 0; i < before.size(); ++i) (*this)(resource, before[i], after[i]);
  }
  std::vector<Change> take() { return std::move(changes_); }

 private:
  std::vector<Change> changes_;
};

struct SegmentNames {
  std::string_view selector;  // empty: it is the program's own
  std::string_view base;
  std::string_view limit;
  std::string_view rights;
};
constexpr std::array<SegmentNames, kSegmentCount> kSegmentNames = {
    {{"", "ES base", "ES limit", "ES rights"},
     {"", "CS base", "CS limit", "CS rights"},
     {"", "SS base", "SS limit", "SS rights"},
     {"", "DS base", "DS limit", "DS rights"},
     {"", "FS base", "FS limit", "FS rights"},
     {"", "GS base", "GS limit", "GS rights"}}};

void compare_segment(Comparison& compare, const SegmentNames& names, const SegmentRegister& a,
                     const SegmentRegister& b) {
  if (!names.selector.empty()) compare(names.selector, a.selector, b.selector);
  compare(names.base, a.base, b.base);
  compare(names.limit, a.limit, b.limit);
  compare(names.rights, a.attributes.value, b.attributes.value);
}

void compare_flags(Comparison& compare, u32 a, u32 b) {
  const auto bits = [&](std::string_view name, u32 mask, u32 shift) {
    compare(name, (a & mask) >> shift, (b & mask) >> shift);
  };
  bits("IF", eflags::kIf, 9);
  bits("IOPL", eflags::kIopl, eflags::kIoplShift);
  bits("VM", eflags::kVm, 17);
  bits("VIF", eflags::kVif, 19);
  bits("VIP", eflags::kVip, 20);
}

void compare_tables(Comparison& compare, const PrivilegedState& a, const PrivilegedState& b) {
  compare_segment(compare, {"LDTR", "LDTR base", "LDTR limit", "LDTR rights"}, a.ldtr, b.ldtr);
  compare_segment(compare, {"TR", "TR base", "TR limit", "TR rights"}, a.tr, b.tr);
  compare("GDTR base", a.gdtr.base, b.gdtr.base);
  compare("GDTR limit", a.gdtr.limit, b.gdtr.limit);
  compare("IDTR base", a.idtr.base, b.idtr.base);
  compare("IDTR limit", a.idtr.limit, b.idtr.limit);
}

void compare_registers(Comparison& compare, const PrivilegedState& a, const PrivilegedState& b) {
  compare("CR0", a.cr0, b.cr0);
  compare("CR2", a.cr2, b.cr2);
  compare("CR3", a.cr3, b.cr3);
  compare("CR4", a.cr4, b.cr4);
  compare.each("a PDPTE", a.pdpte, b.pdpte);
  compare.each("an address in DR0-DR3", a.dr, b.dr);
  compare("DR6", a.dr6, b.dr6);
  compare("DR7", a.dr7, b.dr7);
  compare("the interrupt shadow", static_cast<u64>(a.shadow), static_cast<u64>(b.shadow));
  compare("the halted state", static_cast<u64>(a.activity), static_cast<u64>(b.activity));
  compare("the NMI mask", a.nmi_blocked, b.nmi_blocked);
  compare("a pending #DB", a.pending_debug, b.pending_debug);
  compare("SMBASE", a.smm.base, b.smm.base);
  compare("system management mode", a.smm.active, b.smm.active);
}

void compare_model_specific(Comparison& compare, const ModelSpecificRegisters& a,
                            const ModelSpecificRegisters& b) {
  compare("SYSENTER_CS", a.sysenter_cs, b.sysenter_cs);
  compare("SYSENTER_ESP", a.sysenter_esp, b.sysenter_esp);
  compare("SYSENTER_EIP", a.sysenter_eip, b.sysenter_eip);
  compare("EFER", a.efer, b.efer);
  compare("PAT", a.pat, b.pat);
  compare("MISC_ENABLE", a.misc_enable, b.misc_enable);
  compare("DEBUGCTL", a.debug_control, b.debug_control);
  compare("MTRR_DEF_TYPE", a.mtrr_default, b.mtrr_default);
  compare.each("an MTRR", a.mtrr_variable, b.mtrr_variable);
  compare.each("an MTRR", a.mtrr_fixed, b.mtrr_fixed);
  compare.each("a performance counter", a.performance_counter, b.performance_counter);
  compare("the time-stamp counter", static_cast<u64>(a.tsc_offset), static_cast<u64>(b.tsc_offset));
}

}  // namespace

std::vector<Change> resource_changes(const PrivilegedState& before, const PrivilegedState& after,
                                     const Surroundings& surroundings_before,
                                     const Surroundings& surroundings_after) {
  Comparison compare;
  compare("CPL", before.cpl, after.cpl);
  compare_flags(compare, before.flags, after.flags);
  for (std::size_t i = 0; i < kSegmentCount; ++i)
    compare_segment(compare, kSegmentNames[i], before.segments[i], after.segments[i]);
  compare_tables(compare, before, after);
  compare_registers(compare, before, after);
  compare_model_specific(compare, before.msr, after.msr);
  const Surroundings& a = surroundings_before;
  const Surroundings& b = surroundings_after;
  compare("IA32_APIC_BASE", a.apic_base, b.apic_base);
  compare("reads of a device", a.ports_read, b.ports_read);
  compare("writes to a device", a.ports_written, b.ports_written);
  compare("bytes of the descriptor tables", a.tables_changed, b.tables_changed);
  return compare.take();
}

std::string change_text(const Change& change) {
  return fmt::format("{} {:X} -> {:X}", change.resource, change.before, change.after);
}

}  // namespace ringdown::classify
