// EFLAGS: status flags kept lazily in two words, control flags as plain bits.
#pragma once

#include <bit>
#include <type_traits>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// EFLAGS bits (Intel SDM vol. 1, 3.4.3).
namespace eflags {
inline constexpr u32 kCf = 1u << 0;
inline constexpr u32 kReserved1 = 1u << 1;
inline constexpr u32 kPf = 1u << 2;
inline constexpr u32 kAf = 1u << 4;
inline constexpr u32 kZf = 1u << 6;
inline constexpr u32 kSf = 1u << 7;
inline constexpr u32 kTf = 1u << 8;
inline constexpr u32 kIf = 1u << 9;
inline constexpr u32 kDf = 1u << 10;
inline constexpr u32 kOf = 1u << 11;
inline constexpr u32 kIopl = 3u << 12;
inline constexpr u32 kIoplShift = 12;
inline constexpr u32 kNt = 1u << 14;
inline constexpr u32 kRf = 1u << 16;
inline constexpr u32 kVm = 1u << 17;
inline constexpr u32 kAc = 1u << 18;
inline constexpr u32 kVif = 1u << 19;
inline constexpr u32 kVip = 1u << 20;
inline constexpr u32 kId = 1u << 21;

inline constexpr u32 kStatus = kCf | kPf | kAf | kZf | kSf | kOf;
/// Not status, yet the processor's own in every mode: no privilege is needed to see or change them.
inline constexpr u32 kControl = kTf | kDf | kNt | kRf | kAc | kId;
/// What a monitor virtualises: these live in PrivilegedState.
inline constexpr u32 kPrivileged = kIf | kIopl | kVm | kVif | kVip;
}  // namespace eflags

/// Status flags are recovered from the last result and its carries when somebody asks. For an addition or
/// subtraction two words are all there is to keep: the result with its carry behind it, and the operands
/// XORed, which XORed with the result give the carries into each bit. What computes otherwise stores words
/// that answer the same questions.
class Flags {
 public:
  bool cf() const { return (result_ & kCarry) != 0; }
  bool of() const { return (((result_ >> 31) ^ (result_ >> 32) ^ (operands_ >> 31)) & 1) != 0; }
  bool af() const { return ((result_ ^ operands_) & 0x10) != 0; }
  bool zf() const { return static_cast<u32>(result_) == 0; }
  bool sf() const { return (((result_ >> 31) ^ (operands_ >> 63)) & 1) != 0; }
  bool pf() const { return (std::popcount((result_ ^ (operands_ >> 32)) & 0xff) & 1) == 0; }
  /// SF differs from OF: less, as signed numbers.
  bool less() const { return (((result_ >> 32) ^ (operands_ >> 31) ^ (operands_ >> 63)) & 1) != 0; }

  /// After an addition or subtraction: `wide` is a + b + carry or a - b - borrow in 64 bits. T is the
  /// unsigned type of the operand width.
  template <class T>
  void set_arithmetic(T a, T b, u64 wide) {
    operands_ = extend<T>(static_cast<T>(a ^ b));
    if constexpr (sizeof(T) == 4) {
      result_ = wide;
    } else {
      constexpr unsigned kBits = 8 * sizeof(T);
      result_ = extend<T>(static_cast<T>(wide)) | ((wide >> kBits) << 32);
    }
  }
  template <class T>
  void set_add(T a, T b) {
    set_arithmetic<T>(a, b, u64{a} + b);
  }
  template <class T>
  void set_subtract(T a, T b) {
    set_arithmetic<T>(a, b, u64{a} - b);
  }
  /// After AND, OR, XOR, TEST: CF, OF and AF are cleared (AF is undefined; processors clear it).
  template <class T>
  void set_logic(T result) {
    result_ = extend<T>(result);
    operands_ = result_;
  }
  /// INC and DEC: as addition or subtraction of 1 (`wide` as above), CF kept.
  template <class T>
  void set_step(T a, u64 wide) {
    const u64 before = result_;
    set_arithmetic<T>(a, T{1}, wide);
    // OF is what the carry and the operands make of it: where the carry changes, so do they.
    const u64 difference = (before ^ result_) & kCarry;
    result_ ^= difference;
    operands_ ^= difference >> 1;
  }
  /// ZF, SF, PF from `result`, the others as given: shifts, rotates, multiplications.
  template <class T>
  void set_result(T result, bool carry, bool overflow, bool auxiliary) {
    const u64 low = extend<T>(result);
    result_ = low | (carry ? kCarry : 0);
    operands_ = low ^ (carry != overflow ? kSign : 0) ^ (auxiliary ? 0x10u : 0u);
  }
  /// CF and OF only (rotates); the rest is kept.
  void set_cf_of(bool carry, bool overflow) {
    result_ = static_cast<u32>(result_) | (carry ? kCarry : 0);
    operands_ = (operands_ & ~kSign) | ((result_ & kSign) ^ (carry != overflow ? kSign : 0));
  }
  /// CF only.
  void set_cf(bool carry) { set_cf_of(carry, of()); }

  /// All status flags from their EFLAGS positions (POPF, SAHF, comparisons of x87 and SSE).
  void assign_status(u32 value) {
    const bool carry = (value & eflags::kCf) != 0;
    const bool overflow = (value & eflags::kOf) != 0;
    result_ = ((value & eflags::kZf) != 0 ? 0u : 0x100u) | (carry ? kCarry : 0);
    operands_ = (carry != overflow ? kSign : 0) | ((value & eflags::kAf) != 0 ? 0x10u : 0u) |
                ((value & eflags::kSf) != 0 ? kInvertSign : 0) |
                ((value & eflags::kPf) != 0 ? 0 : kInvertParity);
  }
  u32 status() const {
    return (cf() ? eflags::kCf : 0u) | (pf() ? eflags::kPf : 0u) | (af() ? eflags::kAf : 0u) |
           (zf() ? eflags::kZf : 0u) | (sf() ? eflags::kSf : 0u) | (of() ? eflags::kOf : 0u);
  }

  /// TF, DF, NT, RF, AC, ID at their EFLAGS positions.
  u32 control() const { return control_; }
  void set_control(u32 bits) { control_ = bits & eflags::kControl; }
  bool df() const { return (control_ & eflags::kDf) != 0; }
  bool tf() const { return (control_ & eflags::kTf) != 0; }

  /// Status and control flags with the always-one bit; the privileged flags are not here.
  u32 value() const { return status() | control_ | eflags::kReserved1; }
  void assign(u32 value) {
    assign_status(value);
    control_ = value & eflags::kControl;
  }

  /// Canonical form, so that equal flags give equal bytes.
  void serialize(Archive& archive) {
    u32 bits = value();
    archive(bits);
    if (archive.loading()) assign(bits);
  }

 private:
  static constexpr u64 kSign = u64{1} << 31;
  static constexpr u64 kCarry = u64{1} << 32;
  static constexpr u64 kInvertParity = u64{1} << 32;
  static constexpr u64 kInvertSign = u64{1} << 63;

  /// Sign-extended to 32 bits.
  template <class T>
  static u64 extend(T result) {
    return static_cast<u32>(static_cast<std::make_signed_t<T>>(result));
  }

  /// Low half: the result, sign-extended from the operand width: ZF, SF and PF. Bit 32: CF. The bits above
  /// mean nothing.
  u64 result_ = 1;
  /// Bits 31 and 4, XORed with the result's: the carry into the sign bit (OF is its difference from CF) and
  /// AF. The upper half is zero unless the flags are a combination that no result gives (POPF, SAHF): bit 63
  /// inverts SF, and byte 4 is XORed into PF's byte.
  u64 operands_ = 1;
  u32 control_ = 0;
};

}  // namespace ringdown
