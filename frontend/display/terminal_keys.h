// Keys typed into a terminal as scan codes: plain characters and the escape sequences of special keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown {

/// Parses what a terminal in raw mode sends (xterm and VT220 sequences).
class TerminalKeys {
 public:
  /// One scan code sequence per key. Ctrl-] asks to leave and sends nothing.
  std::vector<std::vector<u8>> parse(std::string_view input);
  /// No more input came for a while: an escape that waits for its sequence was the key itself.
  std::vector<std::vector<u8>> flush();
  bool leave_requested() const { return leave_requested_; }

 private:
  bool take_sequence(std::vector<std::vector<u8>>& keys);

  std::string pending_;  // an unfinished escape sequence
  bool leave_requested_ = false;
};

}  // namespace ringdown
