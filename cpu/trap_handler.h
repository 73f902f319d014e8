// The seam where a monitor stands: what the processor asks of it and hands to it.
#pragma once

#include <span>

#include "core/types.h"
#include "cpu/fault.h"
#include "cpu/instruction_table.h"
#include "cpu/operation.h"
#include "cpu/system/event.h"
#include "cpu/system/view.h"
#include "mmu/access.h"

namespace ringdown {

/// What stands behind the physical IDT. Without one, events are delivered through the processor's own IDT.
class TrapHandler {
 public:
  virtual ~TrapHandler() = default;

  /// Decode-time policy: must the instruction at `eip` stop instead of run, in blocks with this `policy`
  /// byte? `op` is how it was decoded, but for what depends on its place and its immediate values.
  virtual bool stops(const InstructionRow& row, const Operation& op, u32 eip, u8 policy) const = 0;
  /// The policy byte for code that runs now.
  virtual u8 policy() const = 0;
  /// Whose rights its data accesses have, where kernel and user may share a physical ring.
  virtual Privilege privilege() const = 0;

  /// Whether the instruction that trapped has retired (then the handler has counted it), or an event took its
  /// place; or it runs now, since it stops no longer. The handler has the processor derive anew what its
  /// change of the state concerns.
  enum class Outcome : u8 { Retired, NotRetired, Again };
  /// The processor met an instruction for which `stops` said true. EIP is at it.
  virtual Outcome on_sensitive(const Operation& op) = 0;
  /// An instruction raised an exception (EIP at it; `op` is nullptr for fetch faults).
  virtual Outcome on_exception(const Fault& fault, const Operation* op) = 0;
  /// An event at an instruction boundary: external interrupt, NMI, #DB of a completed instruction.
  virtual void on_event(Event event) = 0;
  /// SMI# and INIT# at an instruction boundary. `io`: the instruction before it, if it accessed a port.
  virtual void on_smi(const IoInstruction* io) = 0;
  virtual void on_init() = 0;

  /// The processor's implicit accesses to its own GDT, LDT, IDT and TSS, which lie in storage of the monitor.
  virtual AccessStatus read_physical_table(GuestLinear linear, std::span<std::byte> data) = 0;
  virtual AccessStatus write_physical_table(GuestLinear linear, std::span<const std::byte> data) = 0;
  /// The state whose IF, shadow, activity and debug registers decide about events: the guest's.
  virtual SystemView& guest_view() = 0;
};

}  // namespace ringdown
