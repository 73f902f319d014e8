// The page of `ringdown lab report`.
#pragma once

#include <string>
#include <string_view>

namespace ringdown {

/// The page around the report's data, JSON of any kind. It needs no network and no other file.
std::string report_page(std::string_view json);

}  // namespace ringdown
