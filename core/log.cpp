// Log categories by name, and the count of what guests asked for that does not exist here.
#include "core/log.h"

namespace ringdown {

namespace {

constexpr std::array kNames{
#define RINGDOWN_LOG_NAME(id, name, text) std::string_view(name),
    RINGDOWN_LOG_CATEGORIES(RINGDOWN_LOG_NAME)
#undef RINGDOWN_LOG_NAME
};

}  // namespace

std::string_view name_of(LogCategory category) { return kNames[static_cast<std::size_t>(category)]; }

Result<void> Log::enable_list(std::string_view list) {
  static_assert(kNames.size() <= std::tuple_size_v<decltype(enabled_)>);
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    bool known = false;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (word != "all" && word != kNames[i]) continue;
      enabled_[i] = true;
      known = true;
    }
    if (!known) {
      std::string names = "all";
      for (const std::string_view name : kNames) names.append(", ").append(name);
      return Error{fmt::format("'{}' is no log category: choose from {}", word, names)};
    }
  }
  return {};
}

void Log::unimplemented(LogCategory category, const std::string& what) {
  u64& count = unimplemented_[what];
  if (++count == 1 && sink_) sink_(category, "not implemented: " + what);
}

}  // namespace ringdown
