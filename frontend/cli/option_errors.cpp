// Boost's own texts name the option, but no remedy and not always in one style.
#include "frontend/cli/option_errors.h"

#include <fmt/core.h>

namespace ringdown {

namespace po = boost::program_options;

Error describe_option_error(const po::error& error, const std::string& remedy) {
  if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
    return Error{fmt::format("{}: no such option: {}", unknown->get_option_name(), remedy)};
  }
  if (const auto* named = dynamic_cast<const po::error_with_option_name*>(&error)) {
    if (dynamic_cast<const po::multiple_occurrences*>(named) != nullptr) {
      return Error{fmt::format("{}: given more than once: keep one", named->get_option_name())};
    }
    if (const auto* syntax = dynamic_cast<const po::invalid_syntax*>(named)) {
      if (syntax->kind() == po::invalid_syntax::missing_parameter) {
        return Error{fmt::format("{}: its value is missing: {}", named->get_option_name(), remedy)};
      }
    }
  }
  return Error{fmt::format("{}: {}", error.what(), remedy)};
}

}  // namespace ringdown
