// Puts style, scripts and data into a page.
#include "frontend/lab/page_template.h"

#include <algorithm>

namespace ringdown {

std::string fill_page(std::string_view page, std::span<const PagePart> parts) {
  constexpr std::string_view kOpen = "{{";
  constexpr std::string_view kClose = "}}";
  std::string filled;
  while (true) {
    const std::size_t open = page.find(kOpen);
    filled += page.substr(0, open);
    if (open == std::string_view::npos) return filled;
    const std::size_t close = page.find(kClose, open);
    const std::string_view name = page.substr(open + kOpen.size(), close - open - kOpen.size());
    const auto part =
        std::find_if(parts.begin(), parts.end(), [&](const PagePart& p) { return p.name == name; });
    if (part != parts.end()) filled += part->text;
    page.remove_prefix(close + kClose.size());
  }
}

std::string_view embedded_text(const unsigned char* bytes, unsigned size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace ringdown
