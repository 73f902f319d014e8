// The words behind an experiment's name: what it is to look at, by names, and the guest.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace ringdown {

struct NamedChoices {
  std::vector<std::size_t> chosen;   // indices of names, in the words' order, each once
  std::optional<std::string> guest;  // a guest of the laboratory's own
};

/// `what` is what the names name: "a journey". The error suggests the nearest names.
Result<NamedChoices> read_choices(std::string_view experiment, std::string_view what,
                                  std::span<const std::string_view> names,
                                  const std::vector<std::string>& words);

/// The same for an enumeration, all of which `all` lists; `name_of` knows their names.
template <class Choice>
struct Choices {
  std::vector<Choice> chosen;
  std::optional<std::string> guest;
};
template <class Choice, std::size_t N>
Result<Choices<Choice>> read_choices(std::string_view experiment, std::string_view what,
                                     const std::array<Choice, N>& all,
                                     const std::vector<std::string>& words) {
  std::array<std::string_view, N> names;
  std::ranges::transform(all, names.begin(), [](Choice choice) { return name_of(choice); });
  const Result<NamedChoices> named =
      read_choices(experiment, what, std::span<const std::string_view>(names), words);
  if (!named) return named.error();
  Choices<Choice> choices{{}, named->guest};
  for (const std::size_t index : named->chosen) choices.chosen.push_back(all[index]);
  return choices;
}

}  // namespace ringdown
