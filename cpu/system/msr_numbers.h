// Numbers of the model-specific registers that the models here have (Intel SDM vol. 4).
#pragma once

#include "core/types.h"

namespace ringdown::msr {

inline constexpr u32 kP5McAddress = 0x000;
inline constexpr u32 kP5McType = 0x001;
inline constexpr u32 kTsc = 0x010;
inline constexpr u32 kP5Cesr = 0x011;  // then CTR0, CTR1
inline constexpr u32 kPlatformId = 0x017;
inline constexpr u32 kApicBase = 0x01b;
inline constexpr u32 kHardPowerOn = 0x02a;
inline constexpr u32 kFrequencyId = 0x02c;
inline constexpr u32 kMicrocodeTrigger = 0x079;
inline constexpr u32 kMicrocodeSignature = 0x08b;
inline constexpr u32 kP6Counter0 = 0x0c1;  // then C2h
inline constexpr u32 kMtrrCapability = 0x0fe;
inline constexpr u32 kSysenterCs = 0x174;
inline constexpr u32 kSysenterEsp = 0x175;
inline constexpr u32 kSysenterEip = 0x176;
inline constexpr u32 kMachineCheckCapability = 0x179;
inline constexpr u32 kMachineCheckStatus = 0x17a;
inline constexpr u32 kP6EventSelect0 = 0x186;  // then 187h
inline constexpr u32 kMiscEnable = 0x1a0;
inline constexpr u32 kDebugControl = 0x1d9;
inline constexpr u32 kMtrrVariable0 = 0x200;  // base and mask alternate up to 20Fh
inline constexpr u32 kMtrrFix64K = 0x250;
inline constexpr u32 kMtrrFix16K80000 = 0x258;
inline constexpr u32 kMtrrFix16KA0000 = 0x259;
inline constexpr u32 kMtrrFix4K = 0x268;  // up to 26Fh
inline constexpr u32 kPat = 0x277;
inline constexpr u32 kMtrrDefaultType = 0x2ff;
inline constexpr u32 kNetburstCounter0 = 0x300;  // up to 311h
inline constexpr u32 kTscDeadline = 0x6e0;
inline constexpr u32 kEfer = 0xc000'0080;

}  // namespace ringdown::msr
