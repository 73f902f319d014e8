// Where things lie in the experiment machine. Most of what could be moved lies at two places at once, so that
// a move changes nothing but where it is looked for.
#pragma once

#include "core/types.h"

namespace ringdown::classify {

inline constexpr u32 kRamSize = 0x10'0000;

// The machine's tables; every second one is the other place. All below kTablesEnd is compared with what it
// was.
inline constexpr u32 kInterruptVectors[2] = {0x0000, 0x0100};
inline constexpr u32 kIdt[2] = {0x0200, 0x0400};
inline constexpr u32 kGdt[2] = {0x0800, 0x0a00};
inline constexpr u32 kLdt[2] = {0x0c00, 0x0d00};
inline constexpr u32 kTss[2] = {0x0e00, 0x1000};
inline constexpr u32 kOtherTask = 0x1200;
inline constexpr u32 kTablesEnd = 0x1300;

// By where the root is, and by whether the program's pages lie in other frames.
inline constexpr u32 kPageDirectory[2][2] = {{0x3000, 0x5000}, {0x4000, 0x6000}};
inline constexpr u32 kPageTable[2] = {0x7000, 0x8000};

/// Segments of the program begin here; in real and virtual-8086 mode at the first.
inline constexpr u32 kProgram[2] = {0x4'0000, 0x6'0000};
/// What is added to a linear address of the program for the other frames.
inline constexpr u32 kOtherFrames = 0x4'0000;

// Offsets in the program's segments: a page of code and, beyond the reach of bit offsets of 16 bits, a page
// of data.
inline constexpr u32 kCode = 0x1000, kHandler = 0x1800, kOtherHandler = 0x1840;
inline constexpr u32 kDataPage = 0x4000, kData = 0x4400, kStack = 0x4b80;
/// Tops of the stacks of rings 0, 1 and 2 in the TSS, 0x100 apart; elsewhere: that much lower.
inline constexpr u32 kInnerStacks = 0x4d80, kInnerStackDistance = 0x100, kStacksElsewhere = 0x40;

// Tables.
inline constexpr u16 kGdtLimit = 0xff, kShortGdtLimit = 0x9f;
inline constexpr u32 kVectors = 64;
inline constexpr u16 kIdtLimit = 8 * kVectors - 1, kShortIdtLimit = kIdtLimit / 2;
inline constexpr u32 kLdtLimit = 0x1f, kShortLdtLimit = 0x17;
inline constexpr u32 kRedirectionMap = 0x68, kIoMap = 0x88, kIoMapBytes = 0x104;
inline constexpr u32 kTssLimit = kIoMap + kIoMapBytes - 1, kShortTssLimit = 0x67;

// Selectors.
inline constexpr u16 kCode0 = 0x08, kData0 = 0x10, kData3 = 0x18, kCode1 = 0x20, kData1 = 0x28, kCode2 = 0x30,
                     kData2 = 0x38, kCode3 = 0x40, kConforming = 0x48, kReadOnly = 0x50, kAbsent = 0x58,
                     kGate3 = 0x60, kTask = 0x68, kLocalTable = 0x70, kTask2 = 0x78, kLocalTableAgain = 0x80,
                     kTaskAgain = 0x88, kGate1 = 0x90, kGate0 = 0x98, kTaskGate = 0xa0, kOtherLocal = 0xa8,
                     kExecuteOnly = 0xb0, kTask2Again = 0xb8;
inline constexpr u16 kLocalData3 = 0x0f, kLocalData0 = 0x14, kLocalCode3 = 0x1f;

}  // namespace ringdown::classify
