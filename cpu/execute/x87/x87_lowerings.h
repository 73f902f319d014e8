// Lowering functions of the x87 instructions.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {}
