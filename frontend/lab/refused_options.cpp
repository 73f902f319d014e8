// Options of a run that an experiment decides itself, or has no use for.
#include "frontend/lab/refused_options.h"

#include <fmt/core.h>

#include <algorithm>

namespace ringdown {

bool names_option(const std::string& argument, std::string_view option) {
  return argument.starts_with(option) && (argument.size() == option.size() || argument[option.size()] == '=');
}

Result<void> refuse_options(std::string_view experiment, const std::vector<std::string>& run,
                            std::span<const std::string_view> refused) {
  for (const std::string& argument : run) {
    const auto named = [&](std::string_view option) { return names_option(argument, option); };
    if (std::ranges::any_of(refused, named)) {
      return Error{fmt::format("lab {}: {}: the laboratory decides that for its runs: leave it out",
                               experiment, argument)};
    }
  }
  return {};
}

}  // namespace ringdown
