// What the laboratory's kernels say on their consoles, bare and with their instruction let through.
#pragma once

#include <string>

#include "core/result.h"
#include "frontend/lab/lab_guests.h"

namespace ringdown {

struct KernelStory {
  std::string end;     // how the run ended, in words
  std::string output;  // on port 402h
};

/// Runs the guest to its end, at its own privilege, or under the monitor at ring 1 with its instruction let
/// through. The error is that of the machine that could not be built.
Result<KernelStory> tell_bare(const LabGuest& guest);
Result<KernelStory> tell_let_through(const LabGuest& guest);

}  // namespace ringdown
