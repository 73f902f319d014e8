// What a mistyped name may have meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ringdown {

/// " (did you mean 'a' or 'b'?)" with the names nearest to `word` (at most three, within a third of its
/// length, at least two edits); empty if none is near.
std::string suggestions(std::string_view word, std::span<const std::string_view> names);

}  // namespace ringdown
