// The serial line on this terminal.
#include "frontend/serial/stdio_serial.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace ringdown {

namespace {

constexpr std::chrono::milliseconds kPatience{2000};
constexpr std::string_view kPrompt = "(ringdown) ";
constexpr std::string_view kHelp =
    "\r\n"
    "Ctrl-A h  this help\r\n"
    "Ctrl-A x  ends the machine\r\n"
    "Ctrl-A b  sends a break (magic SysRq)\r\n"
    "Ctrl-A c  opens and closes the console\r\n"
    "Ctrl-A t  holds --speed, or lets the machine run as fast as it can\r\n"
    "Ctrl-A a  sends Ctrl-A\r\n";

std::span<const u8> bytes_of(std::string_view text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

/// A background job that touched its terminal would be stopped by it.
bool in_foreground(int fd) { return tcgetpgrp(fd) == getpgrp(); }

}  // namespace

RawMode::RawMode(int fd) : fd_(fd) {
  termios settings{};
  if (isatty(fd) == 0 || !in_foreground(fd) || tcgetattr(fd, &settings) != 0) return;
  original_ = settings;
  cfmakeraw(&settings);
  tcsetattr(fd, TCSANOW, &settings);
}

RawMode::~RawMode() {
  if (original_) tcsetattr(fd_, TCSANOW, &*original_);
}

Result<void> StdioSerial::open(SerialInput input) {
  input_.emplace(input);
  raw_.emplace(STDIN_FILENO);
  output_.connect(STDOUT_FILENO);
  const bool readable = raw_->active() || isatty(STDIN_FILENO) == 0;
  if (readable) thread_ = std::thread([this] { run(); });
  return {};
}

void StdioSerial::close() {
  if (thread_.joinable()) {
    stop_.ring();
    thread_.join();
  }
  output_.finish(kPatience);
  raw_.reset();
}

std::string with_carriage_returns(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

void StdioSerial::print(std::string_view text, Prompt prompt) {
  std::string out = with_carriage_returns(text);
  if (prompt == Prompt::Yes && console_) out += kPrompt;
  output_.write(bytes_of(out));
}

void StdioSerial::run() {
  std::array<u8, 4096> buffer;
  while (stop_.wait_readable(STDIN_FILENO)) {
    const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return;  // the guest gets no more; it runs on
    const std::span<const u8> bytes = std::span(buffer).first(static_cast<std::size_t>(count));
    if (raw_->active()) {
      typed(bytes);
    } else {
      input_->characters(bytes);
    }
  }
}

void StdioSerial::typed(std::span<const u8> bytes) {
  while (!bytes.empty()) {
    const EscapeKeys::Step step = escape_.take(bytes);
    if (console_) {
      to_console(step.for_guest);
    } else if (!step.for_guest.empty()) {
      input_->characters(step.for_guest);
    }
    act(step.action);
  }
}

void StdioSerial::act(EscapeAction action) {
  switch (action) {
    case EscapeAction::None:
      return;
    case EscapeAction::Quit:
      hooks_.quit();
      return;
    case EscapeAction::Turbo:
      hooks_.toggle_turbo();
      return;
    case EscapeAction::Help:
      output_.write(bytes_of(kHelp));
      return;
    case EscapeAction::Break:
      input_->send_break();
      return;
    case EscapeAction::Console:
      console_ = !console_;
      print(console_ ? "\nConsole: 'help' lists the commands, Ctrl-A c leaves.\n" : "\n", Prompt::Yes);
      return;
  }
}

void StdioSerial::to_console(std::span<const u8> bytes) {
  for (const u8 key : bytes) {
    const LineEditor::Result result = line_.type(key);
    output_.write(bytes_of(result.echo));
    if (result.complete) hooks_.console_line(result.line);
  }
}

}  // namespace ringdown
