// gdb's hands on a machine.
#include "frontend/debug/machine_debug_target.h"

#include <algorithm>
#include <optional>

#include "frontend/debug/debug_registers.h"
#include "frontend/machine/guest_linear.h"

namespace ringdown {

namespace {

constexpr std::size_t kMostWatchpoints = 64;
constexpr u32 kLongestWatch = 4096;

std::optional<Processor::Watchpoint::Kind> watch_kind(BreakKind kind) {
  switch (kind) {
    case BreakKind::WriteWatch:
      return Processor::Watchpoint::Kind::Write;
    case BreakKind::ReadWatch:
      return Processor::Watchpoint::Kind::Read;
    case BreakKind::AccessWatch:
      return Processor::Watchpoint::Kind::Access;
    case BreakKind::Software:
    case BreakKind::Hardware:
      break;
  }
  return {};
}

BreakKind break_kind(Processor::Watchpoint::Kind kind) {
  switch (kind) {
    case Processor::Watchpoint::Kind::Write:
      return BreakKind::WriteWatch;
    case Processor::Watchpoint::Kind::Read:
      return BreakKind::ReadWatch;
    case Processor::Watchpoint::Kind::Access:
      break;
  }
  return BreakKind::AccessWatch;
}

}  // namespace

Result<void> GdbCompanion::listen(u16 port) {
  Result<std::unique_ptr<GdbServer>> server = GdbServer::listen(port, *this, [this] { runner_.ring(); });
  if (!server) return server.error();
  server_ = std::move(*server);
  return {};
}

void GdbCompanion::ended(int status) {
  DebugStop stop;
  stop.reason = DebugStop::Reason::Ended;
  stop.exit_code = static_cast<u8>(status);
  server_->stopped(stop);
}

void GdbCompanion::turn() {
  server_->service(0);
  if (!interrupted_) return;
  interrupted_ = false;
  runner_.cancel_step();
  server_->stopped({});
}

bool GdbCompanion::stopped(const Stop& stop) {
  if (!server_->attached()) return false;
  server_->stopped(report_of(stop));
  return true;
}

DebugStop GdbCompanion::report_of(const Stop& stop) {
  DebugStop report;
  switch (stop.reason) {
    case StopReason::TripleFault:
      report.reason = DebugStop::Reason::Shutdown;
      break;
    case StopReason::Breakpoint:
      report.reason = DebugStop::Reason::Breakpoint;
      break;
    case StopReason::Watchpoint:
      report.reason = DebugStop::Reason::Watchpoint;
      report.kind = break_kind(machine_.processor().watch_hit().kind);
      report.address = GuestLinear(machine_.processor().watch_hit().linear);
      break;
    case StopReason::Limit:
    case StopReason::Idle:
    case StopReason::Waiting:
    case StopReason::PowerOff:
    case StopReason::Exit:
    case StopReason::Reset:
    case StopReason::Refused:
    case StopReason::Invariant:
      report.reason = DebugStop::Reason::Stepped;
      break;
  }
  return report;
}

DebugRegisterValue GdbCompanion::read_register(DebugRegister reg) {
  return read_debug_register(machine_.processor(), reg);
}

bool GdbCompanion::write_register(DebugRegister reg, const DebugRegisterValue& value) {
  return write_debug_register(machine_.processor(), reg, value);
}

std::size_t GdbCompanion::read_memory(GuestLinear address, std::span<u8> data) {
  return read_linear(machine_, address, data);
}

bool GdbCompanion::write_memory(GuestLinear address, std::span<const u8> data) {
  return write_linear(machine_, address, data);
}

bool GdbCompanion::set_breakpoint(BreakKind kind, GuestLinear address, u32 length) {
  Processor& processor = machine_.processor();
  if (const auto watched = watch_kind(kind)) {
    const Processor::Watchpoint watchpoint{address.value, length, *watched};
    if (length == 0 || length > kLongestWatch || watchpoints_.size() >= kMostWatchpoints) return false;
    if (std::find(watchpoints_.begin(), watchpoints_.end(), watchpoint) != watchpoints_.end()) return true;
    watchpoints_.push_back(watchpoint);
    processor.set_watchpoint(watchpoint);
    return true;
  }
  // The processor compares addresses: no guest byte changes, so both kinds are the same.
  breakpoints_.insert(address.value);
  processor.set_breakpoint(address.value);
  return true;
}

void GdbCompanion::remove_breakpoint(BreakKind kind, GuestLinear address, u32 length) {
  Processor& processor = machine_.processor();
  if (const auto watched = watch_kind(kind)) {
    const Processor::Watchpoint watchpoint{address.value, length, *watched};
    std::erase(watchpoints_, watchpoint);
    processor.clear_watchpoint(watchpoint);
    return;
  }
  breakpoints_.erase(address.value);
  processor.clear_breakpoint(address.value);
}

bool GdbCompanion::resume(ResumeKind kind) {
  switch (kind) {
    case ResumeKind::Continue:
      runner_.resume();
      return true;
    case ResumeKind::Step:
      runner_.step(1, [this](const Stop& stop) {
        // The server holds the machine from here on.
        runner_.resume();
        server_->stopped(report_of(stop));
      });
      return true;
    case ResumeKind::ReverseContinue:
    case ResumeKind::ReverseStep:
      return false;
  }
  return false;
}

void GdbCompanion::detached() {
  for (const u32 address : breakpoints_) machine_.processor().clear_breakpoint(address);
  breakpoints_.clear();
  for (const Processor::Watchpoint& watchpoint : watchpoints_)
    machine_.processor().clear_watchpoint(watchpoint);
  watchpoints_.clear();
  runner_.cancel_step();
  runner_.resume();
}

}  // namespace ringdown
