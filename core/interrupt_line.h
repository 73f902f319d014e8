// Interrupt wires: a device drives an InterruptLine; whatever it is soldered to implements InterruptSink.
#pragma once

#include "core/types.h"

namespace ringdown {

enum class Level : u8 { Low = 0, High = 1 };

/// Something with numbered interrupt inputs: a PIC, an I/O APIC, the PCI interrupt router.
class InterruptSink {
 public:
  virtual ~InterruptSink() = default;
  virtual void set_input(unsigned pin, Level level) = 0;
};

/// One output wire of a device. An unconnected line may be driven and has no effect. The level is the wire's
/// own state and is recomputed by its device after a restore, so it is not serialised.
class InterruptLine {
 public:
  InterruptLine() = default;
  InterruptLine(InterruptSink& sink, unsigned pin) : sink_(&sink), pin_(pin) {}

  void set(Level level) {
    if (sink_ != nullptr) sink_->set_input(pin_, level);
  }
  void raise() { set(Level::High); }
  void lower() { set(Level::Low); }

 private:
  InterruptSink* sink_ = nullptr;
  unsigned pin_ = 0;
};

/// What the processor asks when it takes a maskable interrupt: INTA.
class InterruptAcknowledge {
 public:
  virtual ~InterruptAcknowledge() = default;
  /// Ends the acknowledge cycle: returns the vector of the highest-priority request and marks it in service.
  /// With no request left it returns the controller's spurious vector.
  virtual u8 acknowledge() = 0;
};

/// The processor's pins, as devices and chipset drive them.
class ProcessorPins {
 public:
  virtual ~ProcessorPins() = default;
  /// INTR: a maskable interrupt is requested (level).
  virtual void set_intr(Level level) = 0;
  /// NMI: edge triggered.
  virtual void pulse_nmi() = 0;
  /// SMI# and INIT#: edge triggered. A processor that none is connected to ignores them.
  virtual void pulse_smi() {}
  virtual void pulse_init() {}
  /// A20M#: High lets address bit 20 through.
  virtual void set_a20(Level level) = 0;
};

}  // namespace ringdown
