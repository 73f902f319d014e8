// One `ringdown run`: checks everything, builds the machine and its surroundings, runs it, leaves in order.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "frontend/cli/options.h"
#include "frontend/debug/console.h"
#include "frontend/debug/machine_debug_target.h"
#include "frontend/lab/paging/paging_recorder.h"
#include "frontend/network/host_network.h"
#include "frontend/paging/paging_trace.h"
#include "frontend/paging/paging_watchers.h"
#include "frontend/runner.h"
#include "frontend/serial/host_serial.h"
#include "frontend/serial/stdio_serial.h"
#include "frontend/stop_signals.h"

namespace ringdown {

class Session {
 public:
  explicit Session(Options options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Checks files and options and builds the machine. Nothing is created or changed; the error is one line.
  Result<void> prepare();
  /// Opens what the machine is connected to, runs it and writes what was asked for. Returns the exit status.
  int run();

 private:
  void decide_clock_and_display();
  void set_rtc();
  Result<void> prepare_boot();
  Result<void> prepare_serial();
  Result<void> prepare_network();
  void prepare_debug_console();
  void watch_paging();
  /// What becomes of the shadow at the machine's end is no event.
  void unwatch_paging();
  Result<void> restore();
  Result<void> open_connections();
  Result<void> open_display();
  Result<void> open_debugger();
  void console_line(const std::string& line);
  void toggle_turbo();
  void close_connections();
  Result<void> write_results(const RunEnd& end);
  void notice(const std::string& text);
  void print_error(const std::string& text);

  void stop_by_signal();

  std::atomic<Runner*> running_ = nullptr;
  StopSignals signals_;  // before whatever starts a thread
  Options options_;
  Log log_;
  bool real_time_ = false;
  StdioSerial* stdio_ = nullptr;  // one of serial_, if any
  std::vector<std::unique_ptr<SerialBackend>> serial_;
  std::vector<HostSerial*> host_serial_;  // by port; nullptr without a host's end
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> debug_file_{nullptr, &std::fclose};
  std::unique_ptr<HostNetwork> network_;
  PagingWatchers paging_watchers_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<PagingTrace> paging_trace_;
  std::unique_ptr<PagingRecorder> paging_recorder_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<Console> console_;
  std::unique_ptr<RunnerCompanion> display_;
  std::unique_ptr<GdbCompanion> gdb_;
};

}  // namespace ringdown
