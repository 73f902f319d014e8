// The page of `ringdown lab report`.
#include "frontend/lab/report/report_page.h"

#include <array>

#include "frontend/lab/page_template.h"

// The files of frontend/lab/report/page/, and Chart.js, embedded by CMake.
#define RINGDOWN_LAB_REPORT_FILES(X) \
  X(page_css)                        \
  X(chart_js)                        \
  X(chart_licence_txt)               \
  X(dom_js)                          \
  X(charts_js)                       \
  X(instructions_js)                 \
  X(violations_js)                   \
  X(journeys_js)                     \
  X(costs_js)                        \
  X(devices_js)                      \
  X(main_js)                         \
  X(page_html)

#define RINGDOWN_LAB_REPORT_FILE(name)                     \
  extern const unsigned char ringdown_lab_report_##name[]; \
  extern const unsigned ringdown_lab_report_##name##_size;
RINGDOWN_LAB_REPORT_FILES(RINGDOWN_LAB_REPORT_FILE)
#undef RINGDOWN_LAB_REPORT_FILE

namespace ringdown {

namespace {

/// JSON that cannot end the element it stands in.
std::string without_tags(std::string_view json) {
  std::string text;
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string report_page(std::string_view json) {
  const std::string data = without_tags(json);
  const std::array parts{
#define RINGDOWN_LAB_REPORT_FILE(id) \
  PagePart{#id, embedded_text(ringdown_lab_report_##id, ringdown_lab_report_##id##_size)},
      RINGDOWN_LAB_REPORT_FILES(RINGDOWN_LAB_REPORT_FILE)
#undef RINGDOWN_LAB_REPORT_FILE
          PagePart{"data", data},
  };
  return fill_page(embedded_text(ringdown_lab_report_page_html, ringdown_lab_report_page_html_size), parts);
}

}  // namespace ringdown
