// Text in lines of limited width.
#include "frontend/lab/wrapped_lines.h"

#include <algorithm>

namespace ringdown {

std::vector<std::string> wrapped_lines(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > width) {
      const std::size_t space = text.rfind(' ', width);
      length = space == std::string_view::npos || space == 0 ? width : space;
    }
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(std::min(text.find_first_not_of(' ', length), text.size()));
  }
  return lines;
}

}  // namespace ringdown
