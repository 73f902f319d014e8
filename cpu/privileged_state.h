// Everything of the processor that privilege protects: the part a monitor keeps twice, physical and virtual.
#pragma once

#include <array>

#include "core/archive.h"
#include "cpu/control_registers.h"
#include "cpu/flags.h"
#include "cpu/segment.h"

namespace ringdown {

enum class Activity : u8 { Running, Halted, Shutdown };

/// Events held back for one instruction (Intel SDM vol. 3A, 6.8.3).
enum class InterruptShadow : u8 { None, Sti, MovSs };

/// Model-specific registers that are plain storage, by MSR number.
struct ModelSpecificRegisters {
  u32 sysenter_cs = 0;                        // 174h
  u32 sysenter_esp = 0;                       // 175h
  u32 sysenter_eip = 0;                       // 176h
  u64 efer = 0;                               // C0000080h
  u64 pat = 0x0007040600070406;               // 277h
  u64 misc_enable = 1;                        // 1A0h
  u64 debug_control = 0;                      // 1D9h
  u64 mtrr_default = 0;                       // 2FFh
  std::array<u64, 16> mtrr_variable{};        // 200h–20Fh
  std::array<u64, 11> mtrr_fixed{};           // 250h, 258h, 259h, 268h–26Fh
  std::array<u64, 18> performance_counter{};  // 300h–311h (Pentium 4)
  s64 tsc_offset = 0;                         // guest TSC minus the TSC of virtual time

  void serialize(Archive& a) {
    a(sysenter_cs, sysenter_esp, sysenter_eip, efer, pat, misc_enable, debug_control, mtrr_default,
      mtrr_variable, mtrr_fixed, performance_counter, tsc_offset);
  }
};

/// System management mode (Intel SDM vol. 3C, chapter 34).
struct SystemManagement {
  static constexpr u32 kResetBase = 0x3'0000;

  u32 base = kResetBase;             // SMBASE
  bool active = false;               // between an SMI and its RSM
  bool nmi_blocked_outside = false;  // NMI was blocked when it was entered, and is again behind RSM

  void serialize(Archive& a) { a(base, active, nmi_blocked_outside); }
};

struct PrivilegedState {
  std::array<SegmentRegister, kSegmentCount> segments;
  SegmentRegister ldtr;
  SegmentRegister tr;
  TableRegister gdtr;
  TableRegister idtr;
  u32 cr0 = 0;
  u32 cr2 = 0;
  u32 cr3 = 0;
  u32 cr4 = 0;
  std::array<u64, 4> pdpte{};  // as loaded under PAE
  std::array<u32, 4> dr{};     // DR0–DR3
  u32 dr6 = dr6::kReset;
  u32 dr7 = dr7::kReset;
  u32 flags = 0;  // IF, IOPL, VM, VIF, VIP at their EFLAGS positions
  u8 cpl = 0;
  InterruptShadow shadow = InterruptShadow::None;
  Activity activity = Activity::Running;
  bool nmi_blocked = false;  // until the next IRET
  u32 pending_debug = 0;     // DR6 bits of a #DB that is due at the next boundary
  SystemManagement smm;
  ModelSpecificRegisters msr;
  /// Vectors of the delivery under way or last shut down, outermost first: the explanation of a triple fault.
  std::array<u8, 4> fault_chain{};
  u8 fault_chain_length = 0;

  SegmentRegister& segment(Segment s) { return segments[static_cast<unsigned>(s)]; }
  const SegmentRegister& segment(Segment s) const { return segments[static_cast<unsigned>(s)]; }

  bool protected_mode() const { return (cr0 & cr0::kPe) != 0; }
  bool virtual_8086() const { return (flags & eflags::kVm) != 0; }
  /// Real mode or virtual-8086 mode: segments are paragraphs.
  bool paragraph_segments() const { return !protected_mode() || virtual_8086(); }
  unsigned iopl() const { return (flags & eflags::kIopl) >> eflags::kIoplShift; }
  /// VIF is set where it counts while VIP is: the next instruction raises #GP(0) (SDM vol. 3B, 20.3.2, 20.4).
  bool virtual_interrupt_due() const {
    constexpr u32 kBoth = eflags::kVif | eflags::kVip;
    return (flags & kBoth) == kBoth && cpl == 3 && (cr4 & (virtual_8086() ? cr4::kVme : cr4::kPvi)) != 0;
  }

  /// All but system management mode, which chunks that hold a state have only from some version on.
  void serialize(Archive& a) {
    a(segments, ldtr, tr, gdtr, idtr, cr0, cr2, cr3, cr4, pdpte, dr, dr6, dr7, flags, cpl, shadow, activity,
      nmi_blocked, pending_debug, msr, fault_chain, fault_chain_length);
    if (cpl <= 3 && fault_chain_length <= fault_chain.size()) return;
    a.fail("a privilege level or a chain of faults is impossible");
    cpl = 0;
    fault_chain_length = 0;
  }
};

}  // namespace ringdown
