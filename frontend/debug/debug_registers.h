// A debugger's registers, read from and written to a machine: always the guest's own view.
#pragma once

#include "frontend/debug/debug_target.h"

namespace ringdown {

class Processor;

DebugRegisterValue read_debug_register(Processor& processor, DebugRegister reg);
/// False if the register cannot be written from outside: what privilege protects would need the checks and
/// effects of the instruction that loads it.
bool write_debug_register(Processor& processor, DebugRegister reg, const DebugRegisterValue& value);

}  // namespace ringdown
