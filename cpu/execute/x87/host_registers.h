// Where the x87 registers are: in X87State, or on the host's unit, which then runs the guest's instructions.
#pragma once

namespace ringdown {
class Processor;
}

namespace ringdown::x87 {

/// Moves registers, tags and status onto the host's unit. False, with nothing changed, if there is none, if
/// an instruction would find the unit not available, or if an exception is unmasked: the host's masked
/// responses are the guest's, its traps are not.
[[nodiscard]] bool move_to_host(Processor& cpu);

/// Moves them back into X87State, before anything but the handlers of host_handlers.h looks at it and before
/// the block is left. Control word and pointers are always there.
void move_to_memory(Processor& cpu);

}  // namespace ringdown::x87
