// Checks names of sensitive instructions.
#include "frontend/lab/instruction_names.h"

#include <fmt/core.h>

#include "cpu/monitor/policy.h"
#include "frontend/lab/suggestions.h"

namespace ringdown {

Result<void> check_instruction_names(std::string_view who, std::string_view list) {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    Policy policy;
    if (word.empty() || !policy.let_through(word)) {
      return Error{
          fmt::format("{}: '{}' is no sensitive unprivileged instruction{}: 'ringdown run "
                      "--let-through list' prints them",
                      who, word, suggestions(word, Policy::names()))};
    }
    if (comma == std::string_view::npos) return {};
    list.remove_prefix(comma + 1);
  }
}

}  // namespace ringdown
