// The debugger's TCP connection: a thread moves bytes, the machine's thread answers them.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/result.h"
#include "frontend/debug/gdb_session.h"

namespace ringdown {

/// Listens on the local host and serves one debugger at a time. Everything but the waiting happens in
/// `service`, on the machine's thread.
class GdbServer {
 public:
  /// Listens on 127.0.0.1:`port` (0: any free one). `wake` is called on the server's thread whenever
  /// something has arrived. The error names the port.
  static Result<std::unique_ptr<GdbServer>> listen(u16 port, DebugTarget& target, std::function<void()> wake);
  ~GdbServer();
  GdbServer(const GdbServer&) = delete;
  GdbServer& operator=(const GdbServer&) = delete;

  u16 port() const { return port_; }

  /// Answers what has arrived, waiting up to `timeout_ms` for something. A debugger that connects interrupts
  /// the machine; one that goes without detaching lets it run on.
  void service(int timeout_ms);
  /// Tells the debugger that the machine stands still.
  void stopped(const DebugStop& stop);
  /// A debugger is connected.
  bool attached() const { return session_ != nullptr; }
  /// The machine shall run: no debugger, or one that let it run.
  bool machine_runs() const { return session_ == nullptr || session_->running(); }

 private:
  GdbServer(DebugTarget& target, std::function<void()> wake) : target_(target), wake_(std::move(wake)) {}
  Result<void> open(u16 port);
  // The server's thread.
  void run();
  void serve(int connection);
  bool wait_readable(int descriptor) const;
  // The machine's thread.
  void end_session();
  void send(std::string_view bytes);
  void hang_up();

  DebugTarget& target_;
  std::function<void()> wake_;
  u16 port_ = 0;
  int listener_ = -1;
  int stop_pipe_[2] = {-1, -1};

  std::mutex mutex_;  // guards the next four
  std::condition_variable arrived_;
  int connection_ = -1;        // the debugger's socket
  u64 connection_number_ = 0;  // counts connections
  std::string input_;          // received on this one, not yet handled

  std::unique_ptr<GdbSession> session_;
  u64 session_number_ = 0;  // of the connection that the session belongs to
  std::thread thread_;
};

}  // namespace ringdown
