// gdb's hands on a machine.
#include "frontend/machine_debug_target.h"

#include "frontend/debug_registers.h"
#include "frontend/guest_linear.h"

namespace ringdown {

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
  DebugStop report;
  report.reason =
      stop.reason == StopReason::TripleFault ? DebugStop::Reason::Shutdown : DebugStop::Reason::Breakpoint;
  server_->stopped(report);
  return true;
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

bool GdbCompanion::set_breakpoint(BreakKind kind, GuestLinear address, u32) {
  // The processor compares addresses: no guest byte changes, so both kinds are the same.
  if (kind != BreakKind::Software && kind != BreakKind::Hardware) return false;
  breakpoints_.insert(address.value);
  machine_.processor().set_breakpoint(address.value);
  return true;
}

void GdbCompanion::remove_breakpoint(BreakKind kind, GuestLinear address, u32) {
  if (kind != BreakKind::Software && kind != BreakKind::Hardware) return;
  breakpoints_.erase(address.value);
  machine_.processor().clear_breakpoint(address.value);
}

bool GdbCompanion::resume(ResumeKind kind) {
  switch (kind) {
    case ResumeKind::Continue:
      runner_.resume();
      return true;
    case ResumeKind::Step:
      runner_.step(1, [this](const Stop&) {
        // The server holds the machine from here on.
        runner_.resume();
        DebugStop stop;
        stop.reason = DebugStop::Reason::Stepped;
        server_->stopped(stop);
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
  runner_.cancel_step();
  runner_.resume();
}

}  // namespace ringdown
