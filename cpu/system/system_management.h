// System management mode: its entry by an SMI. RSM, the way back, is an operation like others
// (cpu/system/operations.h).
#pragma once

#include "cpu/system/io_instruction.h"
#include "cpu/system/view.h"

namespace ringdown {

/// Saves the state at SMBASE + FE00h and enters system management mode (Intel SDM vol. 3C, 34.3 to 34.5).
/// `io`: the instruction that caused the SMI, if it was one that accessed a port.
void enter_system_management(SystemView& view, const IoInstruction* io);

}  // namespace ringdown
