// How far a long experiment has come, on a terminal.
#pragma once

#include <chrono>
#include <string>

#include "core/types.h"

namespace ringdown {

/// One line of standard error that is written over; nothing where that is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what);
  /// `ticks`: instructions in total. Writes a few times a second.
  void show(Ticks ticks);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  const std::string what_;
  const bool terminal_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point shown_{};
};

}  // namespace ringdown
