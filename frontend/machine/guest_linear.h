// Linear memory of a guest as debuggers and tests see it: no accessed bits, no device registers, past write protection.
#pragma once

#include <span>
#include <vector>

#include "core/types.h"

namespace ringdown {

class Machine;

/// Reads up to the first byte that has no translation or lies in a device; returns how many.
std::size_t read_linear(Machine& machine, GuestLinear address, std::span<u8> data);
/// Writes RAM through the seam; nothing unless all bytes lead to RAM.
bool write_linear(Machine& machine, GuestLinear address, std::span<const u8> data);

}  // namespace ringdown
