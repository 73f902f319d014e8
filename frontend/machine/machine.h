// The headless PC: memory, processor, monitor and board, run in slices by whoever owns it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/input_seam.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/scheduler.h"
#include "cpu/monitor/monitor.h"
#include "cpu/processor.h"
#include "frontend/machine/board.h"
#include "frontend/machine/machine_config.h"
#include "frontend/machine/machine_counters.h"
#include "frontend/machine/machine_identity.h"

namespace ringdown {

/// Why `Machine::run` returned.
enum class StopReason : u8 {
  Limit,        // the tick limit is reached
  Idle,         // halted: nothing happens before `wake_time`, unless an input comes
  Waiting,      // a disk's data are due and the host is late with them: see `set_disk_wake`
  PowerOff,     // ACPI S5
  Exit,         // isa-debug-exit wrote `exit_code`
  Reset,        // the guest asked for a reset; `reset()` performs it
  TripleFault,  // the processor shut down; `reset()` restarts it
  Breakpoint,   // a debugger's breakpoint
  Watchpoint,   // a debugger's watchpoint: the processor's `watch_hit`
  Invariant,    // guest code was about to run at physical ring 0: a defect of this program
  Refused,      // the paging technique cannot page this guest: `refusal()` says why
};

struct Stop {
  StopReason reason = StopReason::Limit;
  u8 exit_code = 0;
  Picoseconds wake_time = kNeverTime;
};

/// One machine. Every member function is called on the machine's thread; only `inputs().post` is not.
class Machine final : private ProcessorPins, private MachineControl {
 public:
  /// Opens all files and builds the machine, reset and ready to run. Errors name the file or option.
  static Result<std::unique_ptr<Machine>> create(const MachineConfig& config, Log& log);
  ~Machine() override;

  /// Runs until `limit` ticks have retired in total or something else stops it.
  Stop run(Ticks limit);
  /// From now on `run` does not block where the host is late with a disk's data, but returns Waiting: virtual
  /// time stands still. `wake` is called from another thread when it can go on. Without one, `run` blocks.
  void set_disk_wake(std::function<void()> wake);
  /// After Idle: lets virtual time jump to `time` (at most the wake time).
  void skip_to(Picoseconds time) { scheduler_.skip_to(time); }
  /// A hard reset of processor and devices.
  void reset();
  /// What the board does once the processor has shut down: INIT# or, where it cannot be taken, a hard reset.
  void restart();

  Ticks ticks() const { return processor_->ticks(); }
  Scheduler& scheduler() { return scheduler_; }
  InputSeam& inputs() { return inputs_; }
  Processor& processor() { return *processor_; }
  /// nullptr in bare mode.
  Monitor* monitor() { return monitor_.get(); }
  Board& board() { return *board_; }
  GuestMemory& memory() { return memory_; }
  Bus& ports() { return ports_; }
  Bus& device_memory() { return device_memory_; }
  Log& log() { return log_; }
  RunMode mode() const { return config_.mode; }
  const MachineConfig& config() const { return config_; }
  /// After StopReason::Refused: one line for the user.
  const std::string& refusal() const { return refusal_; }

  /// The whole machine as a state file's bytes.
  std::vector<std::byte> save_state();
  /// Restores what `save_state` of a machine of the same configuration wrote; of another one, the error says
  /// what differs. On an error the machine must not run on. `name` is the file's, for error lines.
  Result<void> load_state(std::vector<std::byte> data, const std::string& name);

 private:
  Machine(const MachineConfig& config, Log& log, MemoryStore store, const CpuModel& model);
  void build(BoardMedia media, std::span<const u8> firmware);
  std::vector<Serializable*> components();
  Stop idle() const;
  bool disk_is_late() const;
  bool at_breakpoint() const;
  void change_medium(const std::vector<u8>& payload);
  void set_smi_active(bool active);
  void drive_a20();

  // ProcessorPins
  void set_intr(Level level) override { processor_->set_intr(level); }
  void pulse_nmi() override { processor_->pulse_nmi(); }
  void pulse_smi() override { processor_->pulse_smi(); }
  void pulse_init() override { processor_->pulse_init(); }
  void set_a20(Level level) override;
  // MachineControl
  void request_reset() override;
  void request_processor_reset() override { processor_->pulse_init(); }
  void request_power_off() override;
  void request_exit(u8 code) override;
  void request(StopReason reason, u8 code);
  void refuse(const std::string& what);

  MachineConfig config_;
  const CpuModel model_;
  Log& log_;
  MemoryStore store_;
  Scheduler scheduler_;
  InputSeam inputs_;
  Bus ports_;
  Bus device_memory_;
  GuestMemory memory_;
  std::unique_ptr<Processor> processor_;
  std::unique_ptr<Monitor> monitor_;
  std::unique_ptr<Board> board_;
  std::optional<MachineIdentity> identity_;
  std::optional<MachineCounters> counters_;
  bool waits_for_disks_ = true;
  std::optional<Stop> requested_;
  std::string refusal_;
  Level a20_pin_ = Level::High;
};

}  // namespace ringdown
