// Values by name, and the lines of common mistakes.
#include "frontend/cli/option_reader.h"

#include <fmt/core.h>

namespace ringdown {

Error missing_name(std::string_view option) {
  return Error{fmt::format("--{}: the name is empty: name a file", option)};
}

Error OptionReader::unknown_choice(std::string_view option, std::string_view word, std::string_view known) {
  return Error{fmt::format("--{} {}: use {}", option, word, known)};
}

std::optional<OptionReader::Text> OptionReader::text(const char* name) const {
  if (!given(name)) return {};
  return values_[name].as<Text>();
}

OptionReader::Texts OptionReader::texts(const char* name) const {
  return given(name) ? values_[name].as<Texts>() : Texts();
}

OptionReader::Text OptionReader::path(const char* name) {
  const std::optional<Text> value = text(name);
  if (value && value->empty()) fail(missing_name(name));
  return value.value_or("");
}

}  // namespace ringdown
