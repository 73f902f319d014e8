// The page of the microscope.
#include "frontend/lab/paging/paging_report.h"

#include <array>

#include "frontend/lab/page_template.h"

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

std::string paging_report_html(std::string_view json) {
  const std::array parts{
#define RINGDOWN_REPORT_FILE(id) \
  PagePart{#id, embedded_text(ringdown_report_##id, ringdown_report_##id##_size)},
      RINGDOWN_REPORT_FILES(RINGDOWN_REPORT_FILE)
#undef RINGDOWN_REPORT_FILE
          PagePart{"data", json},
  };
  return fill_page(embedded_text(ringdown_report_page_html, ringdown_report_page_html_size), parts);
}

}  // namespace ringdown
