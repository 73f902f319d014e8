// How far a long experiment has come, on a terminal.
#pragma once

#include <string>

#include "core/types.h"
#include "frontend/status_line.h"

namespace ringdown {

class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)) {}
  /// `ticks`: instructions in total. Writes a few times a second.
  void show(Ticks ticks);
  void clear() { line_.clear(); }

 private:
  const std::string what_;
  StatusLine line_;
};

}  // namespace ringdown
