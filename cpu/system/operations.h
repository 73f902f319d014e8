// The operations on privileged state that the instruction table names.
#pragma once

#include "cpu/system/view.h"

namespace ringdown {}
