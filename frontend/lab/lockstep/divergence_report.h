// A difference between two machines, for a reader and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "frontend/lab/lockstep/lockstep.h"

namespace ringdown {

/// What the two machines are called.
struct SideNames {
  std::string_view reference = "bare";
  std::string_view other = "trap";
};

/// "CS:EIP  bytes  text" of one instruction.
std::string step_line(const StepRecord& step);
/// Where it is, what differs, both states side by side, the history; several lines.
std::string divergence_text(const Divergence& divergence, const SideNames& names);
/// Keys ticks, cs, eip, address, bytes, disassembly, where, events, differences, state, history.
nlohmann::ordered_json divergence_json(const Divergence& divergence, const SideNames& names);

}  // namespace ringdown
