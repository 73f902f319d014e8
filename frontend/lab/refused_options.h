// Options of a run that an experiment decides itself, or has no use for.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace ringdown {

/// Whether `argument` is "--name" or "--name=value".
bool names_option(const std::string& argument, std::string_view option);

/// What makes no sense for a guest that is run to be looked at, whatever is looked for.
inline constexpr std::array<std::string_view, 23> kOfOneRun{
    "--mode",    "--serial",   "--display",  "--clock",      "--gdb",           "--paused",
    "--stats",   "--summary",  "--debugcon", "--save-state", "--load-state",    "--record",
    "--replay",  "--log",      "--config",   "--no-reboot",  "--paging-report", "--net",
    "--forward", "--restrict", "--tftp",     "--bootfile",   "--pcap"};

/// The error names the first of `run` that is among `refused`.
Result<void> refuse_options(std::string_view experiment, const std::vector<std::string>& run,
                            std::span<const std::string_view> refused);

}  // namespace ringdown
