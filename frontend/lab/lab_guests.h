// The laboratory's own guests, by name, and what an experiment calls a GUEST.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/types.h"
#include "frontend/cli/options.h"

namespace ringdown {

/// A guest in the firmware's place (roms/lab/).
struct LabGuest {
  std::string_view name;
  std::string_view summary;  // a line of a list
  std::span<const u8> rom;
  /// What it comes to grief over, let through, as `--let-through list` names it; empty for none in
  /// particular.
  std::string_view instruction;
};

std::span<const LabGuest> lab_guests();
/// The one of that name, or nullptr.
const LabGuest* find_lab_guest(std::string_view name);
/// A line for each, for help texts.
std::string lab_guest_list();

/// A machine with it: 16 MiB, and its policy in force from where it enters what is to be looked at (linear
/// 0F00h: `testkit.inc`).
MachineConfig lab_guest_config(const LabGuest& guest);

/// What a GUEST means: the name of one of the laboratory's own, or, with no name, options of `ringdown run`.
/// The error begins with "lab EXPERIMENT" and suggests the nearest names.
Result<Options> read_guest(std::string_view experiment, const std::optional<std::string>& name,
                           const std::vector<std::string>& run);

}  // namespace ringdown
