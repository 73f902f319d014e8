// Bits of CR0, CR4, DR6, DR7 and EFER, and the MSR numbers (Intel SDM vol. 3A, 2.5 and 17.2; vol. 4).
#pragma once

#include "core/types.h"

namespace ringdown {

namespace cr0 {
inline constexpr u32 kPe = 1u << 0;
inline constexpr u32 kMp = 1u << 1;
inline constexpr u32 kEm = 1u << 2;
inline constexpr u32 kTs = 1u << 3;
inline constexpr u32 kEt = 1u << 4;
inline constexpr u32 kNe = 1u << 5;
inline constexpr u32 kWp = 1u << 16;
inline constexpr u32 kAm = 1u << 18;
inline constexpr u32 kNw = 1u << 29;
inline constexpr u32 kCd = 1u << 30;
inline constexpr u32 kPg = 1u << 31;
}  // namespace cr0

namespace cr4 {
inline constexpr u32 kVme = 1u << 0;
inline constexpr u32 kPvi = 1u << 1;
inline constexpr u32 kTsd = 1u << 2;
inline constexpr u32 kDe = 1u << 3;
inline constexpr u32 kPse = 1u << 4;
inline constexpr u32 kPae = 1u << 5;
inline constexpr u32 kMce = 1u << 6;
inline constexpr u32 kPge = 1u << 7;
inline constexpr u32 kPce = 1u << 8;
inline constexpr u32 kOsfxsr = 1u << 9;
inline constexpr u32 kOsxmmexcpt = 1u << 10;
inline constexpr u32 kUmip = 1u << 11;
}  // namespace cr4

namespace dr6 {
inline constexpr u32 kB0 = 1u << 0;  // B1, B2, B3 follow
inline constexpr u32 kBd = 1u << 13;
inline constexpr u32 kBs = 1u << 14;
inline constexpr u32 kBt = 1u << 15;
inline constexpr u32 kReset = 0xffff'0ff0u;
}  // namespace dr6

namespace dr7 {
inline constexpr u32 kGd = 1u << 13;
inline constexpr u32 kReset = 0x400u;
}  // namespace dr7

/// IA32_DEBUGCTL (Intel SDM vol. 3B, 17.4.1).
namespace debug_control {
inline constexpr u64 kLbr = u64{1} << 0;
inline constexpr u64 kBtf = u64{1} << 1;
}  // namespace debug_control

namespace efer {
inline constexpr u64 kNxe = u64{1} << 11;
}  // namespace efer

}  // namespace ringdown
