// gdb's hands on a machine that a runner drives.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "frontend/debug/debug_target.h"
#include "frontend/debug/gdb_server.h"
#include "frontend/runner.h"

namespace ringdown {

/// Serves gdb between the slices of a runner: holds the machine while the debugger wants it to stand still.
class GdbCompanion final : public RunnerCompanion, private DebugTarget {
 public:
  /// Executes a line typed after gdb's `monitor`; returns its output.
  using MonitorCommand = std::function<std::string(std::string_view line)>;

  GdbCompanion(Machine& machine, Runner& runner, MonitorCommand command)
      : machine_(machine), runner_(runner), command_(std::move(command)) {}

  /// Listens on the local host. The error names the port.
  Result<void> listen(u16 port);
  u16 port() const { return server_->port(); }
  /// The run is over: a debugger is told so.
  void ended(int status);

  void turn() override;
  bool holds() const override { return !server_->machine_runs(); }
  bool stopped(const Stop& stop) override;

 private:
  DebugRegisterValue read_register(DebugRegister reg) override;
  bool write_register(DebugRegister reg, const DebugRegisterValue& value) override;
  std::size_t read_memory(GuestLinear address, std::span<u8> data) override;
  bool write_memory(GuestLinear address, std::span<const u8> data) override;
  bool set_breakpoint(BreakKind kind, GuestLinear address, u32 length) override;
  void remove_breakpoint(BreakKind kind, GuestLinear address, u32 length) override;
  bool resume(ResumeKind kind) override;
  void interrupt() override { interrupted_ = true; }
  void detached() override;
  void kill() override { runner_.quit(); }
  std::string monitor_command(std::string_view line) override { return command_(line); }

  Machine& machine_;
  Runner& runner_;
  MonitorCommand command_;
  bool interrupted_ = false;
  DebugStop report_of(const Stop& stop);

  std::set<u32> breakpoints_;
  std::vector<Processor::Watchpoint> watchpoints_;
  std::unique_ptr<GdbServer> server_;  // last: its thread goes first
};

}  // namespace ringdown
