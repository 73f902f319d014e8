// Handlers that every block may end with, whatever its instructions: stops, exceptions of decoding, falling
// through.
#pragma once

#include "cpu/instruction_table.h"

namespace ringdown {

/// Behind a block that ended without a branch: goes on at the next instruction. Counts as no instruction.
const Operation* fall_through(Processor& cpu, const Operation* op);
/// In place of the first operation of a block whose bytes have changed: leaves to the loop, which decodes
/// them.
const Operation* decode_again(Processor& cpu, const Operation* op);
/// An opcode this processor does not have: #UD.
const Operation* raise_invalid_opcode(Processor& cpu, const Operation* op);
/// More than 15 bytes: #GP(0).
const Operation* raise_instruction_too_long(Processor& cpu, const Operation* op);
/// The policy forbids the instruction to run: leaves to the trap handler.
const Operation* stop_at_sensitive(Processor& cpu, const Operation* op);
/// The handler that runs an operation on privileged state over the physical view.
Handler system_handler(SystemEffect effect);

}  // namespace ringdown
