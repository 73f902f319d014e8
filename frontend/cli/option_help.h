// The texts that --help and the lists print.
#pragma once

#include <string>

namespace ringdown {

/// `ringdown --help`.
std::string overview_text();
std::string version_text();
/// `ringdown run --help`, around the list of options.
std::string help_text(const std::string& options);
/// `--let-through list`, `--cpu list`, `--log list`.
std::string let_through_list();
std::string cpu_list();
std::string log_list();

}  // namespace ringdown
