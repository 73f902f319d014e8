// One view of the processor's state, physical or virtual, that operations on privileged state are written
// over.
#pragma once

#include <span>

#include "core/bus.h"
#include "cpu/fault.h"
#include "cpu/operation.h"
#include "cpu/privileged_state.h"
#include "cpu/registers.h"
#include "mmu/memory_unit.h"

namespace ringdown {

class CpuModel;
struct IoInstruction;

/// What differs between the views: where tables lie and who acts on a change.
class SystemBackend {
 public:
  virtual ~SystemBackend() = default;
  /// Implicit supervisor accesses to GDT, LDT, IDT and TSS. Physical view under a monitor: the monitor's own
  /// tables; otherwise linear memory.
  virtual AccessStatus read_table(GuestLinear linear, std::span<std::byte> data) = 0;
  virtual AccessStatus write_table(GuestLinear linear, std::span<const std::byte> data) = 0;
  /// CR0, CR3, CR4, EFER or the PDPTEs were written: translations must follow.
  virtual void paging_changed() = 0;
  /// INVLPG.
  virtual void invalidate_page(GuestLinear linear) = 0;
  /// Port I/O whose permission has been checked.
  virtual u32 read_port(IoPort port, Width width) = 0;
  virtual void write_port(IoPort port, Width width, u32 value) = 0;
  /// Virtual time in TSC cycles, before the guest's offset.
  virtual u64 time_stamp() const = 0;
  /// Virtual time passes, as long as so many instructions take, but not beyond the next event; nothing
  /// retires.
  virtual void stall(Ticks instructions) = 0;
  /// Retired instructions, for RDPMC.
  virtual u64 retired_instructions() const = 0;
  /// Whose rights accesses at this CPL have: of the guest, where kernel and user share a physical ring.
  virtual Privilege privilege_at(u8 cpl) const { return cpl == 3 ? Privilege::User : Privilege::Supervisor; }
  /// IA32_APIC_BASE lives in the local APIC; 0 where there is none.
  virtual u64 apic_base() const = 0;
  virtual void set_apic_base(u64 value) = 0;
  /// IA32_TSC_DEADLINE lives in the local APIC too, in units of the guest's TSC, which is `tsc_offset` ahead
  /// of `time_stamp`.
  virtual u64 tsc_deadline() const { return 0; }
  virtual void set_tsc_deadline(u64 deadline, s64 tsc_offset) {
    static_cast<void>(deadline);
    static_cast<void>(tsc_offset);
  }
  /// FERR#: an unmasked x87 exception with CR0.NE = 0 (asserted), or FNINIT/FNCLEX and the like (released).
  virtual void set_ferr(bool asserted) = 0;
  /// A port was accessed by this instruction, which is about to retire: an SMI that it causes says so.
  virtual void note_io(const IoInstruction& instruction) = 0;
  /// SMIACT#: the processor enters or leaves system management mode, and the chipset shows or hides its
  /// memory.
  virtual void set_smi_active(bool active) = 0;
  virtual const CpuModel& model() const = 0;
};

/// Registers (shared by both views), privileged state (one of two), and memory at a stated privilege.
class SystemView {
 public:
  SystemView(Registers& r, PrivilegedState& s, MemoryUnit& m, SystemBackend& b)
      : registers(r), state(s), memory(m), backend(b) {}

  Registers& registers;
  PrivilegedState& state;
  MemoryUnit& memory;
  SystemBackend& backend;
  /// The backend's tables lie in linear memory: reads may go the short way.
  bool tables_in_memory = true;

  unsigned cpl() const { return state.cpl; }
  Privilege privilege() const { return backend.privilege_at(state.cpl); }

  /// All of EFLAGS: status and control flags of the processor, privileged flags of this view.
  u32 eflags() const { return registers.flags.value() | state.flags; }
  /// Replaces the bits of `mask`.
  void set_eflags(u32 value, u32 mask) {
    Flags& flags = registers.flags;
    if ((mask & eflags::kStatus) != 0) flags.assign_status((flags.status() & ~mask) | (value & mask));
    flags.set_control((flags.control() & ~mask) | (value & mask));
    state.flags = (state.flags & ~mask) | (value & mask & eflags::kPrivileged);
  }

  /// Linear accesses at a privilege; the fault is #PF (or Split).
  template <class T>
  Fault read(u32 linear, Privilege privilege, T& value) {
    return to_fault(memory.read_value(GuestLinear(linear), privilege, value));
  }
  template <class T>
  Fault write(u32 linear, Privilege privilege, T value) {
    return to_fault(memory.write_value(GuestLinear(linear), privilege, value));
  }
  Fault prepare_write(u32 linear, Privilege privilege, u32 size) {
    return to_fault(memory.prepare_write(GuestLinear(linear), privilege, size));
  }
  /// Implicit supervisor accesses to system tables.
  template <class T>
  Fault read_table(u32 linear, T& value) {
    if (tables_in_memory) return read(linear, Privilege::Supervisor, value);
    return to_fault(
        backend.read_table(GuestLinear(linear), std::as_writable_bytes(std::span<T, 1>(&value, 1))));
  }
  template <class T>
  Fault write_table(u32 linear, T value) {
    return to_fault(
        backend.write_table(GuestLinear(linear), std::as_bytes(std::span<const T, 1>(&value, 1))));
  }

  /// The access through a segment register with limit and rights checks: #SS(0) for SS, else #GP(0); then
  /// alignment (#AC at CPL 3 with CR0.AM and EFLAGS.AC) and paging.
  template <class T>
  Fault read_segment(Segment segment, u32 offset, T& value) {
    u32 linear = 0;
    if (Fault f = check_segment(segment, offset, sizeof(T), AccessType::Read, linear)) return f;
    return read(linear, privilege(), value);
  }
  template <class T>
  Fault write_segment(Segment segment, u32 offset, T value) {
    u32 linear = 0;
    if (Fault f = check_segment(segment, offset, sizeof(T), AccessType::Write, linear)) return f;
    return write(linear, privilege(), value);
  }
  /// The limit, rights and alignment part of the above; `linear` is the result. Every segment grants Execute:
  /// for what names memory that need not be readable.
  Fault check_segment(Segment segment, u32 offset, u32 size, AccessType type, u32& linear) const;

  Fault to_fault(AccessStatus status) const {
    switch (status) {
      case AccessStatus::Done:
        return Fault::none();
      case AccessStatus::PageFault:
        return Fault::page(memory.fault_address.value, memory.fault_code);
      case AccessStatus::Split:
        return Fault::split();
    }
    return Fault::none();
  }
};

}  // namespace ringdown
