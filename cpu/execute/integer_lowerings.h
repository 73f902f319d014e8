// Lowering functions of the integer instructions.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {}
