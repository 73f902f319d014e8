// Puts style, scripts and data into the page.
#include "frontend/lab/paging/paging_report.h"

#include <array>

// The files of frontend/lab/paging/report/, embedded by CMake.
#define RINGDOWN_REPORT_FILES(X) \
  X(page_css)                    \
  X(model_js)                    \
  X(words_js)                    \
  X(grids_js)                    \
  X(translation_js)              \
  X(heat_js)                     \
  X(timeline_js)                 \
  X(main_js)                     \
  X(page_html)

#define RINGDOWN_REPORT_FILE(name)                     \
  extern const unsigned char ringdown_report_##name[]; \
  extern const unsigned ringdown_report_##name##_size;
RINGDOWN_REPORT_FILES(RINGDOWN_REPORT_FILE)
#undef RINGDOWN_REPORT_FILE

namespace ringdown {

namespace {

std::string_view text_of(const unsigned char* bytes, unsigned size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// The content of one of the page's files, or the data.
std::string_view part(std::string_view name, std::string_view json) {
#define RINGDOWN_REPORT_FILE(id) \
  if (name == #id) return text_of(ringdown_report_##id, ringdown_report_##id##_size);
  RINGDOWN_REPORT_FILES(RINGDOWN_REPORT_FILE)
#undef RINGDOWN_REPORT_FILE
  return name == "data" ? json : std::string_view();
}

}  // namespace

std::string paging_report_html(std::string_view json) {
  // The page names its parts: {{page_css}}.
  constexpr std::string_view kOpen = "{{";
  constexpr std::string_view kClose = "}}";
  std::string page;
  std::string_view rest = part("page_html", json);
  while (true) {
    const std::size_t open = rest.find(kOpen);
    page += rest.substr(0, open);
    if (open == std::string_view::npos) return page;
    const std::size_t close = rest.find(kClose, open);
    page += part(rest.substr(open + kOpen.size(), close - open - kOpen.size()), json);
    rest.remove_prefix(close + kClose.size());
  }
}

}  // namespace ringdown
