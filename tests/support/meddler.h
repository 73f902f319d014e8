// A monitor that makes mistakes: stands between the processor and the monitor, and spoils what passes.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "cpu/monitor/interposed_handler.h"
#include "frontend/machine/machine.h"

namespace ringdown::test {

class Meddler final : public InterposedHandler {
 public:
  /// Of one mistake. Functions return whether they spoiled anything.
  struct Mistake {
    /// Behind an instruction that the monitor emulated, by its row's name; `before`: the state that the guest
    /// believed in.
    std::function<bool(Machine&, std::string_view row, const PrivilegedState& before)> behind{};
    /// Before the monitor sees an exception.
    std::function<bool(Fault&)> exception{};
    /// Behind the delivery of an external interrupt; `before` as above.
    std::function<bool(Machine&, const PrivilegedState& before)> interrupt{};
    /// Rows that run as if they were not sensitive.
    std::function<bool(const InstructionRow&)> lets_run{};
  };

  /// Stands before the machine's monitor from now on.
  Meddler(Machine& machine, Mistake mistake);

  /// Instructions retired before the first thing that was spoiled.
  std::optional<Ticks> spoiled_at() const { return spoiled_at_; }

  bool stops(const InstructionRow& row, const Operation& op, u32 eip, u8 policy) const override;
  Outcome on_sensitive(const Operation& op) override;
  Outcome on_exception(const Fault& fault, const Operation* op) override;
  void on_event(Event event) override;

 private:
  void emulated(const Operation& op, const PrivilegedState& before, Ticks ticks);
  void note(bool spoiled, Ticks ticks);

  Machine& machine_;
  Mistake mistake_;
  std::optional<Ticks> spoiled_at_;
};

}  // namespace ringdown::test
