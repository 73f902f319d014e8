// Editing one line on a raw terminal: echo, backspace, Ctrl-U, Enter.
#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace ringdown {

class LineEditor {
 public:
  struct Result {
    std::string echo;
    bool complete = false;
    std::string line;  // when complete
  };
  /// Special keys, and a terminal's answers to what the guest asks it, come as escape sequences: they are
  /// skipped.
  Result type(u8 key);

 private:
  enum class Sequence : u8 { None, Begun, Inside };
  bool skips(u8 key);

  Sequence sequence_ = Sequence::None;
  std::string line_;
};

}  // namespace ringdown
