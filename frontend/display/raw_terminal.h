// The host's terminal in raw mode, restored when the object goes.
#pragma once

#include <termios.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

namespace ringdown {

/// Standard input and output as a screen and a keyboard: no echo, no line editing, no signals from keys, the
/// alternate screen.
class RawTerminal {
 public:
  /// The error says that standard input or output is no terminal.
  static Result<std::unique_ptr<RawTerminal>> open();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  /// Writes all of `text`.
  void write(std::string_view text);
  /// Waits up to `timeout_ms` for input; empty if none came or it ended.
  std::string read(int timeout_ms);
  /// Input ended: the terminal has gone.
  bool ended() const { return ended_; }

 private:
  explicit RawTerminal(const termios& original) : original_(original) {}

  termios original_;
  bool ended_ = false;
};

}  // namespace ringdown
