// One debugger's conversation in the gdb remote protocol, without the connection it runs over.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "frontend/debug/debug_target.h"
#include "frontend/debug/gdb_packet.h"

namespace ringdown {

/// Turns requests into calls of a DebugTarget and stops into replies (gdb manual, appendix "gdb Remote Serial
/// Protocol"). Lives on the machine's thread.
class GdbSession {
 public:
  explicit GdbSession(DebugTarget& target) : target_(target) {}

  /// Bytes from the debugger; returns bytes for it. May resume, interrupt or kill the target.
  std::string receive(std::string_view bytes);
  /// The target has stopped: returns what the debugger is told, nothing if it did not wait for a stop.
  std::string stopped(const DebugStop& stop);

  /// The debugger let the machine run and waits for it to stop.
  bool running() const { return running_; }
  /// The debugger has detached or killed: the connection can be closed, and a machine that was not killed
  /// runs on.
  bool finished() const { return finished_; }

 private:
  std::string reply(std::string_view payload);
  /// The reply's payload; none if the reply comes later, when the target stops.
  std::optional<std::string> handle(std::string_view packet);
  std::optional<std::string> handle_v(std::string_view packet);
  std::string handle_query(std::string_view packet);
  std::string handle_set(std::string_view packet);
  std::optional<std::string> resume(ResumeKind kind);
  std::optional<std::string> resume_at(std::string_view packet, ResumeKind kind);
  std::optional<std::string> continue_actions(std::string_view actions);

  std::string read_all_registers();
  std::string write_all_registers(std::string_view text);
  std::string read_one_register(std::string_view text);
  std::string write_one_register(std::string_view text);
  std::string read_memory(std::string_view text);
  std::string write_memory(std::string_view text, bool binary);
  std::string change_breakpoint(std::string_view packet);
  std::string read_features(std::string_view text);
  std::string run_monitor_command(std::string_view text);
  std::string stop_reply(const DebugStop& stop);

  DebugTarget& target_;
  gdb::PacketReader reader_;
  std::string last_reply_;  // framed, for a negative acknowledgement
  DebugStop last_stop_;
  bool acknowledges_ = true;
  bool running_ = false;
  /// gdb sends an interrupt that is typed as it resumes the machine ahead of the packet that resumes.
  bool interrupt_pending_ = false;
  bool finished_ = false;
};

}  // namespace ringdown
