// The host's terminal in raw mode, restored when the object goes.
#include "frontend/display/raw_terminal.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ringdown {

namespace {

constexpr const char* kAlternateScreen = "\x1b[?1049h";
constexpr const char* kNormalScreen = "\x1b[?1049l";

}  // namespace

Result<std::unique_ptr<RawTerminal>> RawTerminal::open() {
  termios original{};
  if (isatty(STDOUT_FILENO) == 0 || tcgetattr(STDIN_FILENO, &original) != 0) {
    return Error{"--display terminal: needs a terminal on standard input and output: use --display none"};
  }
  termios raw = original;
  cfmakeraw(&raw);
  if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) {
    return Error{"--display terminal: cannot switch the terminal to raw mode: use --display none"};
  }
  std::unique_ptr<RawTerminal> terminal(new RawTerminal(original));
  terminal->write(kAlternateScreen);
  return terminal;
}

RawTerminal::~RawTerminal() {
  write(kNormalScreen);
  tcsetattr(STDIN_FILENO, TCSANOW, &original_);
}

void RawTerminal::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string RawTerminal::read(int timeout_ms) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (ended_ || poll(&input, 1, timeout_ms) <= 0) return {};
  std::array<char, 256> buffer{};
  const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got == 0 || (got < 0 && errno != EINTR)) ended_ = true;
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

}  // namespace ringdown
