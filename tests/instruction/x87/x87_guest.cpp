// The bare guest and the monitored one.
#include "tests/instruction/x87/x87_guest.h"

#include "tests/unit/monitor/monitored_machine.h"

namespace ringdown::test {

namespace {

class BareGuest final : public X87Guest {
 public:
  explicit BareGuest(std::unique_ptr<X87Machine> machine)
      : X87Guest(machine->memory(), X87Machine::kCode, X87Machine::kData), machine_(std::move(machine)) {}

  bool execute(const Code& instruction) override { return machine_->execute(instruction); }
  Processor& cpu() override { return machine_->cpu; }

 private:
  std::unique_ptr<X87Machine> machine_;
};

class MonitoredGuest final : public X87Guest {
 public:
  MonitoredGuest(std::unique_ptr<MonitoredMachine> machine, Deprivilege deprivilege)
      : X87Guest(machine->memory, CodeMachine::kCode, CodeMachine::kData), machine_(std::move(machine)) {
    machine_->set_ring(0);
    machine_->cpu.state.cr0 |= cr0::kNe;
    machine_->cpu.state_changed();
    machine_->attach("", deprivilege);
  }

  bool execute(const Code& instruction) override {
    constexpr u8 kHlt = 0xF4;
    constexpr Ticks kEnough = 4;
    Code program = instruction;
    program.push_back(kHlt);
    machine_->memory.write(GuestPhysical(code), std::as_bytes(std::span(program)));
    machine_->cpu.registers.eip = code;
    machine_->set(Gpr::Edi, data);
    machine_->guest().activity = Activity::Running;
    const bool halted = machine_->run(kEnough).reason == ExitReason::Halted;
    return halted && machine_->cpu.registers.eip == code + program.size();
  }
  Processor& cpu() override { return machine_->cpu; }

 private:
  std::unique_ptr<MonitoredMachine> machine_;
};

}  // namespace

std::string_view mode_name(X87GuestMode mode) {
  switch (mode) {
    case X87GuestMode::Bare:
      return "bare";
    case X87GuestMode::TrapRing1:
      return "trap, ring 1";
    case X87GuestMode::TrapRing3:
      return "trap, ring 3";
  }
  return "";
}

std::unique_ptr<X87Guest> make_x87_guest(X87GuestMode mode) {
  if (mode == X87GuestMode::Bare) return std::make_unique<BareGuest>(std::make_unique<X87Machine>());
  return std::make_unique<MonitoredGuest>(
      std::make_unique<MonitoredMachine>(),
      mode == X87GuestMode::TrapRing1 ? Deprivilege::Ring1 : Deprivilege::Ring3);
}

}  // namespace ringdown::test
