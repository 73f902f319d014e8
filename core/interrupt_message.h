// Interrupt messages between I/O APIC and local APIC, and the face of the local APIC that MSR writes see.
#pragma once

#include "core/types.h"

namespace ringdown {

/// How the target treats a message (Intel SDM vol. 3, "Interrupt Command Register"; 82093AA, DELMOD).
enum class DeliveryMode : u8 {
  Fixed = 0,
  LowestPriority = 1,
  Smi = 2,
  Reserved = 3,
  Nmi = 4,
  Init = 5,
  StartUp = 6,
  ExtInt = 7,
};

enum class TriggerMode : u8 { Edge = 0, Level = 1 };

enum class DestinationMode : u8 { Physical = 0, Logical = 1 };

/// One interrupt as it travels on the APIC bus.
struct InterruptMessage {
  u8 vector = 0;
  DeliveryMode delivery = DeliveryMode::Fixed;
  TriggerMode trigger = TriggerMode::Edge;
  DestinationMode destination_mode = DestinationMode::Physical;
  /// An APIC ID or, in logical mode, a message destination address.
  u8 destination = 0;
};

/// Whoever takes interrupt messages: the local APICs together.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  /// Returns whether some local APIC accepted the message.
  virtual bool deliver(const InterruptMessage& message) = 0;
};

/// Told when software ends a level-triggered interrupt: an I/O APIC.
class EoiObserver {
 public:
  virtual ~EoiObserver() = default;
  virtual void end_of_interrupt(u8 vector) = 0;
};

/// The model-specific register IA32_APIC_BASE, as RDMSR, WRMSR and CPUID see it.
class ApicBaseRegister {
 public:
  virtual ~ApicBaseRegister() = default;
  virtual u64 apic_base() const = 0;
  /// False if the value sets a reserved bit: WRMSR raises #GP(0).
  [[nodiscard]] virtual bool set_apic_base(u64 value) = 0;
};

}  // namespace ringdown
