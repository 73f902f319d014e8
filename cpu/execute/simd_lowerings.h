// Lowering functions of the MMX, SSE and SSE2 instructions.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {}
