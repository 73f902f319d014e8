// The counters of --stats as tests compare them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "frontend/machine/machine.h"

namespace ringdown::test {

/// Everything that --stats would tell of the machine now, without the keys that measure the host.
nlohmann::json statistics_of(Machine& machine);

/// Says which counters differ, a line each; empty if none does.
std::string difference(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace ringdown::test
