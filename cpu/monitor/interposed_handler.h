// A trap handler that stands before the monitor (`Monitor::interpose`) and hands everything on to it: what
// watches or spoils some of it overrides that.
#pragma once

#include "cpu/monitor/monitor.h"

namespace ringdown {

class InterposedHandler : public TrapHandler {
 public:
  explicit InterposedHandler(Monitor& monitor) : monitor_(monitor) {}

  bool stops(const InstructionRow& row, const Operation& op, u32 eip, u8 policy) const override {
    return monitor_.stops(row, op, eip, policy);
  }
  u8 policy() const override { return monitor_.policy(); }
  Privilege privilege() const override { return monitor_.privilege(); }
  Outcome on_sensitive(const Operation& op) override { return monitor_.on_sensitive(op); }
  Outcome on_exception(const Fault& fault, const Operation* op) override {
    return monitor_.on_exception(fault, op);
  }
  void on_event(Event event) override { monitor_.on_event(event); }
  void on_smi(const IoInstruction* io) override { monitor_.on_smi(io); }
  void on_init() override { monitor_.on_init(); }
  AccessStatus read_physical_table(GuestLinear linear, std::span<std::byte> data) override {
    return monitor_.read_physical_table(linear, data);
  }
  AccessStatus write_physical_table(GuestLinear linear, std::span<const std::byte> data) override {
    return monitor_.write_physical_table(linear, data);
  }
  SystemView& guest_view() override { return monitor_.guest_view(); }

 protected:
  Monitor& monitor_;
};

}  // namespace ringdown
