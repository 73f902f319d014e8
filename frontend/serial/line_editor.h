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
  Result type(u8 key);

 private:
  std::string line_;
};

}  // namespace ringdown
