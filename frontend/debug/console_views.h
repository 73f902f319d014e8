// What the console shows: registers, code, memory, translations, traps, policy.
#pragma once

#include <string>

#include "frontend/machine/machine.h"

namespace ringdown {

std::string registers_view(Machine& machine);
/// `count` instructions of the guest's current code size.
std::string disassembly_view(Machine& machine, GuestLinear address, u64 count);
std::string memory_view(Machine& machine, GuestLinear address, u32 count);
/// " present writable user ...": the flags of a guest's entry that are set.
std::string entry_flags(u64 entry);
/// The guest's own table entries, what they grant, and the shadow entry.
std::string walk_view(Machine& machine, GuestLinear address);
std::string traps_view(Machine& machine);
std::string policy_view(Machine& machine);

}  // namespace ringdown
