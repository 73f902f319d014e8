// The guest reports on the firmware's debug port; the monitor stands back for the tick of one instruction.
#include "frontend/lab/table/probe_run.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "cpu/monitor/interposed_handler.h"
#include "frontend/lab/lab_guests.h"
#include "frontend/machine/machine.h"

namespace ringdown {

namespace {

/// The guest needs a hundredth of it.
constexpr Ticks kPatience = 20'000'000;

/// Makes probes of the guest's lines, "INSTRUCTION|operands|form|address|value".
class ProbeReader {
 public:
  void take(u8 character) {
    if (character != '\n') {
      line_.push_back(static_cast<char>(character));
      return;
    }
    if (std::optional<Probe> probe = read_line()) probes_.push_back(std::move(*probe));
    line_.clear();
  }
  std::vector<Probe> probes() && { return std::move(probes_); }

 private:
  std::optional<Probe> read_line() const {
    constexpr std::size_t kFields = 5;
    std::vector<std::string> fields;
    for (std::size_t begin = 0; begin <= line_.size();) {
      const std::size_t end = std::min(line_.find('|', begin), line_.size());
      fields.push_back(line_.substr(begin, end - begin));
      begin = end + 1;
    }
    if (fields.size() != kFields) return std::nullopt;
    u32 address = 0;
    std::from_chars(fields[3].data(), fields[3].data() + fields[3].size(), address, 16);
    std::string& value = fields[4];
    value.erase(value.find_last_not_of(' ') + 1);
    return Probe{std::move(fields[0]), std::move(fields[1]), std::move(fields[2]), GuestLinear(address),
                 std::move(value)};
  }

  std::string line_;
  std::vector<Probe> probes_;
};

/// Between the processor and the monitor. While the monitor stands back, it does not learn which instruction
/// raised an exception, and so delivers it to the guest.
class StandBack final : public InterposedHandler {
 public:
  explicit StandBack(Monitor& monitor) : InterposedHandler(monitor) { monitor_.interpose(this); }
  StandBack(const StandBack&) = delete;
  StandBack& operator=(const StandBack&) = delete;
  ~StandBack() override { monitor_.interpose(nullptr); }

  void set_active(bool active) { active_ = active; }

  Outcome on_exception(const Fault& fault, const Operation* op) override {
    return monitor_.on_exception(fault, active_ ? nullptr : op);
  }

 private:
  bool active_ = false;
};

/// Runs on until a breakpoint or the end; true at a breakpoint.
bool run_on(Machine& machine) {
  while (true) {
    const Stop stop = machine.run(kPatience);
    if (stop.reason == StopReason::Breakpoint) return true;
    if (stop.reason != StopReason::Idle || stop.wake_time == kNeverTime) return false;
    machine.skip_to(stop.wake_time);
  }
}

Result<Policy> policy_for(const Probe& probe) {
  Policy policy;
  if (probe.form == "-") return policy;
  if (Result<void> known = policy.let_through(probe.form); !known) return known.error();
  return policy;
}

/// Lets the instruction of one probe, at which the machine stands, run on the physical state.
Result<void> let_through(Machine& machine, StandBack& between, const Probe& probe) {
  Result<Policy> policy = policy_for(probe);
  if (!policy) return policy.error();
  machine.processor().clear_breakpoint(probe.address.value);
  between.set_active(true);
  machine.monitor()->set_policy(std::move(*policy));
  machine.run(machine.ticks() + 1);
  machine.monitor()->set_policy(Policy());
  between.set_active(false);
  return {};
}

Result<void> let_each_through(Machine& machine, const std::vector<Probe>& probes) {
  StandBack between(*machine.monitor());
  for (const Probe& probe : probes) machine.processor().set_breakpoint(probe.address.value);
  while (run_on(machine)) {
    const u32 address =
        machine.processor().state.segment(Segment::Cs).base + machine.processor().registers.eip;
    const auto found = std::find_if(probes.begin(), probes.end(),
                                    [&](const Probe& probe) { return probe.address.value == address; });
    if (found == probes.end()) break;
    if (Result<void> done = let_through(machine, between, *found); !done) return done;
  }
  return {};
}

/// Builds the machine, has `drive` run it, and reads its reports.
template <class Drive>
Result<std::vector<Probe>> read_probes(MachineConfig config, Drive drive) {
  ProbeReader reader;
  config.debug_console = [&](u8 character) { reader.take(character); };
  Log log;
  Result<std::unique_ptr<Machine>> machine = Machine::create(config, log);
  if (!machine) return machine.error();
  if (Result<void> driven = drive(**machine); !driven) return driven.error();
  return std::move(reader).probes();
}

}  // namespace

bool is_exception(const std::string& value) { return value.starts_with('#'); }

Result<std::vector<Probe>> run_probes(MachineConfig config) {
  return read_probes(std::move(config), [](Machine& machine) -> Result<void> {
    run_on(machine);
    return {};
  });
}

Result<std::vector<Probe>> run_probes_through(MachineConfig config, const std::vector<Probe>& probes) {
  return read_probes(std::move(config), [&](Machine& machine) { return let_each_through(machine, probes); });
}

}  // namespace ringdown
