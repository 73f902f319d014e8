// How far a long experiment has come.
#include "frontend/lab/lockstep/progress_line.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace ringdown {

ProgressLine::ProgressLine(std::string what)
    : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) != 0) {}

void ProgressLine::show(Ticks ticks) {
  constexpr std::chrono::milliseconds kEvery{200};
  const Clock::time_point now = Clock::now();
  if (!terminal_ || now - shown_ < kEvery) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  fmt::print(stderr, "\r{}: {} million instructions, {:.1f} million a second\x1b[K", what_, ticks / 1'000'000,
             static_cast<double>(ticks) / seconds / 1e6);
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (shown_ != Clock::time_point{}) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace ringdown
