// The guest's screen in a window or in this terminal, refreshed between slices.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "frontend/display/raw_terminal.h"
#include "frontend/display/sdl_window.h"
#include "frontend/display/terminal_display.h"
#include "frontend/runner.h"

namespace ringdown {

/// Says when another picture is due: about 60 times a second, whatever the slices are.
class FrameClock {
 public:
  bool due();

 private:
  std::chrono::steady_clock::time_point next_{};
};

class WindowCompanion final : public RunnerCompanion {
 public:
  /// Opens the window; the error says that there is no display.
  static Result<std::unique_ptr<WindowCompanion>> open(Machine& machine, Runner& runner);
  void turn() override;

 private:
  WindowCompanion(Machine& machine, Runner& runner, std::unique_ptr<SdlWindow> window)
      : machine_(machine), runner_(runner), window_(std::move(window)) {}
  void update_status();

  Machine& machine_;
  Runner& runner_;
  std::unique_ptr<SdlWindow> window_;
  FrameClock frames_;
  std::chrono::steady_clock::time_point status_time_{};
  Ticks status_ticks_ = 0;
};

class TerminalCompanion final : public RunnerCompanion {
 public:
  /// Takes the terminal; the error says that there is none.
  static Result<std::unique_ptr<TerminalCompanion>> open(Machine& machine, Runner& runner);
  ~TerminalCompanion() override;
  void turn() override;

 private:
  TerminalCompanion(Machine& machine, Runner& runner, std::unique_ptr<RawTerminal> terminal);
  /// Reads keys and draws pages, so that a slow terminal does not hold the machine up.
  void run();

  Machine& machine_;
  Runner& runner_;
  std::unique_ptr<RawTerminal> terminal_;
  FrameClock frames_;
  std::mutex mutex_;
  bool page_is_new_ = false;      // guarded by mutex_, as the next
  std::optional<TextPage> page_;  // none in graphics modes
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace ringdown
