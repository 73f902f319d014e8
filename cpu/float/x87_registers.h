// The fields of the x87 control and status words and the exception bits both share.
#pragma once

#include "core/field.h"
#include "core/types.h"

namespace ringdown {

/// Rounding control (Intel SDM vol. 1, table 4-8), with the encoding of the RC field.
enum class Rounding : u8 { Nearest, Down, Up, Zero };
/// Precision control (vol. 1, table 8-2). The reserved encoding acts as extended precision.
enum class Precision : u8 { Single, Reserved, Double, Extended };

/// x87 exceptions, at the bit where the status word has the flag and the control word the mask.
namespace x87_exception {
inline constexpr u8 kInvalid = 0x01;
inline constexpr u8 kDenormal = 0x02;
inline constexpr u8 kZeroDivide = 0x04;
inline constexpr u8 kOverflow = 0x08;
inline constexpr u8 kUnderflow = 0x10;
inline constexpr u8 kPrecision = 0x20;
inline constexpr u8 kAll = 0x3F;
/// Detected before the operation: unmasked, they leave destination and stack unchanged (vol. 1, 8.6).
inline constexpr u8 kBeforeOperation = kInvalid | kDenormal | kZeroDivide;
}  // namespace x87_exception

/// Fields of the control word (vol. 1, figure 8-6).
namespace x87_control {
using Masks = Field<u16, 0, 6, u8>;
using PrecisionControl = Field<u16, 8, 2, Precision>;
using RoundingControl = Field<u16, 10, 2, Rounding>;
/// Value after FNINIT: everything masked, extended precision, round to nearest.
inline constexpr u16 kInitial = 0x037F;
/// Bit 6 always reads as one.
inline constexpr u16 kReservedOne = 0x0040;
/// The bits FLDCW can change: masks, PC, RC and the infinity control (kept, without effect since the 387).
inline constexpr u16 kWritable = 0x1F3F;
}  // namespace x87_control

/// Fields of the status word (vol. 1, figure 8-4).
namespace x87_status {
using Flags = Field<u16, 0, 6, u8>;
using StackFault = Field<u16, 6>;
using ErrorSummary = Field<u16, 7>;
using C0 = Field<u16, 8>;
using C1 = Field<u16, 9>;
using C2 = Field<u16, 10>;
using Top = Field<u16, 11, 3, u8>;
using C3 = Field<u16, 14>;
using Busy = Field<u16, 15>;
}  // namespace x87_status

}  // namespace ringdown
