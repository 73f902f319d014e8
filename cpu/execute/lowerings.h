// The lowering functions that the instruction table names, by chapter.
#pragma once

#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/simd_lowerings.h"
#include "cpu/execute/x87/x87_lowerings.h"
