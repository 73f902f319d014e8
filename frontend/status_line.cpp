// One line, written over.
#include "frontend/status_line.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace ringdown {

StatusLine::StatusLine() : terminal_(isatty(STDERR_FILENO) != 0) {}

bool StatusLine::due() {
  constexpr std::chrono::milliseconds kEvery{200};
  return terminal_ && Clock::now() - shown_ >= kEvery;
}

void StatusLine::write(std::string_view text) {
  shown_ = Clock::now();
  fmt::print(stderr, "\r{}\x1b[K", text);
  std::fflush(stderr);
}

void StatusLine::clear() {
  if (shown_ != Clock::time_point{}) fmt::print(stderr, "\r\x1b[K");
}

double StatusLine::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

}  // namespace ringdown
