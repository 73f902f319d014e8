// The guest's screen in a window or in this terminal.
#include "frontend/display/display_companions.h"

#include <fmt/core.h>

#include "frontend/display/terminal_keys.h"

namespace ringdown {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFrame{16};
constexpr std::chrono::milliseconds kStatus{1000};
constexpr int kTerminalWaitMilliseconds = 15;

const char* mode_name(const Machine& machine) { return machine.mode() == RunMode::Bare ? "bare" : "trap"; }

}  // namespace

bool FrameClock::due() {
  const Clock::time_point now = Clock::now();
  if (now < next_) return false;
  next_ = now + kFrame;
  return true;
}

Result<std::unique_ptr<WindowCompanion>> WindowCompanion::open(Machine& machine, Runner& runner) {
  Result<std::unique_ptr<SdlWindow>> window = SdlWindow::open(machine.inputs(), "Ringdown");
  if (!window) return window.error();
  return std::unique_ptr<WindowCompanion>(new WindowCompanion(machine, runner, std::move(*window)));
}

void WindowCompanion::turn() {
  if (!frames_.due()) return;
  if (window_->closed()) runner_.quit();
  if (window_->take_turbo_key()) runner_.set_turbo(!runner_.turbo());
  if (window_->wants_frame()) window_->show(machine_.board().vga().render());
  update_status();
}

void WindowCompanion::update_status() {
  const Clock::time_point now = Clock::now();
  if (now - status_time_ < kStatus) return;
  const double seconds = std::chrono::duration<double>(now - status_time_).count();
  const double mips = static_cast<double>(machine_.ticks() - status_ticks_) / seconds / 1e6;
  status_time_ = now;
  status_ticks_ = machine_.ticks();
  window_->set_status(
      runner_.paused() ? fmt::format("{}, paused", mode_name(machine_))
                       : fmt::format("{}, {:.0f} MIPS, {}", mode_name(machine_), mips, runner_.speed_text()));
}

Result<std::unique_ptr<TerminalCompanion>> TerminalCompanion::open(Machine& machine, Runner& runner) {
  Result<std::unique_ptr<RawTerminal>> terminal = RawTerminal::open();
  if (!terminal) return terminal.error();
  return std::unique_ptr<TerminalCompanion>(new TerminalCompanion(machine, runner, std::move(*terminal)));
}

TerminalCompanion::TerminalCompanion(Machine& machine, Runner& runner, std::unique_ptr<RawTerminal> terminal)
    : machine_(machine), runner_(runner), terminal_(std::move(terminal)), thread_([this] { run(); }) {}

TerminalCompanion::~TerminalCompanion() {
  stop_ = true;
  thread_.join();
}

void TerminalCompanion::turn() {
  if (!frames_.due()) return;
  std::optional<TextPage> page = machine_.board().vga().text_page();
  const std::lock_guard lock(mutex_);
  page_ = std::move(page);
  page_is_new_ = true;
}

void TerminalCompanion::run() {
  TerminalDisplay display;
  TerminalKeys keys;
  while (!stop_) {
    const std::string typed = terminal_->read(kTerminalWaitMilliseconds);
    for (std::vector<u8>& codes : typed.empty() ? keys.flush() : keys.parse(typed)) {
      machine_.inputs().post(InputChannel::Keyboard, std::move(codes));
    }
    if (keys.leave_requested() || terminal_->ended()) {
      runner_.quit();
      break;
    }
    std::optional<TextPage> page;
    {
      const std::lock_guard lock(mutex_);
      if (!page_is_new_) continue;
      page_is_new_ = false;
      page = page_;
    }
    terminal_->write(display.update(page));
  }
  terminal_->write(display.finish());
}

}  // namespace ringdown
