// Text in lines of limited width.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringdown {

/// Breaks at spaces; a word that is longer than a line is cut.
std::vector<std::string> wrapped_lines(std::string_view text, std::size_t width);

}  // namespace ringdown
