// A line of standard error that tells how far something is, on a terminal.
#pragma once

#include <chrono>
#include <string_view>

namespace ringdown {

/// Written over a few times a second; nothing where standard error is no terminal.
class StatusLine {
 public:
  StatusLine();
  /// Whether it is time to write it again.
  bool due();
  void write(std::string_view text);
  void clear();
  /// Since it was made.
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  const bool terminal_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point shown_{};
};

}  // namespace ringdown
