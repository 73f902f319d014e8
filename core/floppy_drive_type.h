// Types of floppy drives, as set-up memory, firmware and drivers tell them apart.
#pragma once

#include "core/types.h"

namespace ringdown {

/// The numbers of CMOS byte 10h: IBM PC/AT Technical Reference; 5 came with later BIOSes.
enum class FloppyDriveType : u8 { None = 0, Kb360 = 1, Mb1_2 = 2, Kb720 = 3, Mb1_44 = 4, Mb2_88 = 5 };

}  // namespace ringdown
