// Where a random guest has its code, tables, handlers and variables.
#pragma once

#include "tests/support/code_machine.h"

namespace ringdown::test::random_guest {

using M = CodeMachine;

/// 88 bytes do not divide a page: some slots cross into the next one.
inline constexpr u32 kSlot = 88;
inline constexpr u32 kSlots = 60, kInnerSlots = 20;
inline constexpr u32 kInner = M::kCode + 0x1c00, kInner16 = M::kCode + 0x2c00;
/// Never unmapped: where exceptions go on, their hash, counters.
inline constexpr u32 kVariables = 0x2'f000;
inline constexpr u32 kResume = kVariables, kHash = kVariables + 4, kInterrupts = kVariables + 8,
                     kSteps = kVariables + 12, kScratch = kVariables + 0x100;
inline constexpr u32 kDataPages = 8;  // from kData, which snippets unmap and protect
inline constexpr u32 kGdtCopy = 0x4'0000, kIdtCopy = 0x4'1000, kSecondTss = 0x4'2000;
/// GDT entries.
inline constexpr u16 kCallGate = M::kFree, kConforming = M::kFree + 8, kEdited = M::kFree + 16,
                     kSecondTask = M::kFree + 24, kTaskGate = M::kFree + 32, kSmall = M::kFree + 40,
                     kInnerGate = M::kFree + 48;
inline constexpr u16 kLocalData = 0x04 | 0x08, kLocalCode = 0x04 | 0x10;
inline constexpr u8 kRecoverVector = 0x31, kServiceVector = 0x30;
inline constexpr u32 kStubs = M::kHandlers + 0x200, kStubSize = 16;
inline constexpr u32 kRecover = M::kHandlers + 0x1800, kReturn = kRecover + 0x100, kCount = kRecover + 0x110,
                     kTrace = kRecover + 0x120, kFarReturn = kRecover + 0x180, kHalt16 = kRecover + 0x190;

inline u32 slot_address(u32 index) { return M::kCode + kSlot * index; }

}  // namespace ringdown::test::random_guest
