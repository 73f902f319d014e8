// The microscope: one self-contained HTML page that shows guest and shadow tables at any event of a run.
#pragma once

#include <string>
#include <string_view>

namespace ringdown {

/// The page around what PagingRecorder::json() gave. It needs no network and no other file.
std::string paging_report_html(std::string_view json);

}  // namespace ringdown
