// The words behind an experiment's name.
#include "frontend/lab/named_choices.h"

#include <fmt/core.h>

#include "frontend/lab/lab_guests.h"
#include "frontend/lab/suggestions.h"

namespace ringdown {

Result<NamedChoices> read_choices(std::string_view experiment, std::string_view what,
                                  std::span<const std::string_view> names,
                                  const std::vector<std::string>& words) {
  NamedChoices choices;
  for (const std::string& word : words) {
    const auto name = std::ranges::find(names, word);
    if (name != names.end()) {
      const auto index = static_cast<std::size_t>(name - names.begin());
      if (std::ranges::find(choices.chosen, index) == choices.chosen.end()) choices.chosen.push_back(index);
      continue;
    }
    if (find_lab_guest(word) == nullptr) {
      std::vector<std::string_view> known(names.begin(), names.end());
      for (const LabGuest& guest : lab_guests()) known.push_back(guest.name);
      return Error{
          fmt::format("lab {0}: {1}: neither {2} nor a guest{3}: 'ringdown lab {0} --help' lists both",
                      experiment, word, what, suggestions(word, known))};
    }
    if (choices.guest)
      return Error{fmt::format("lab {}: {}: a second guest: leave one out", experiment, word)};
    choices.guest = word;
  }
  return choices;
}

}  // namespace ringdown
