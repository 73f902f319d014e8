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

/// Status flags are recovered from the last result and its carries: ZF, SF and PF from `result_`, the others
/// from `carries_`, whose bit 31 is CF, bit 30 the carry into the sign bit (OF is their difference), bit 3
/// AF. To hold combinations that no result gives (POPF, SAHF), bit 0 inverts SF and byte 1 is XORed into PF's
/// byte.
class Flags {
 public:
  bool cf() const { return (carries_ >> 31) != 0; }
  bool of() const { return ((carries_ ^ (carries_ << 1)) >> 31) != 0; }
  bool af() const { return (carries_ & 8u) != 0; }
  bool zf() const { return result_ == 0; }
  bool sf() const { return ((result_ >> 31) ^ (carries_ & 1u)) != 0; }
  bool pf() const { return (std::popcount((result_ ^ (carries_ >> 8)) & 0xffu) & 1) == 0; }

  /// After `result = a + b (+ carry)`; T is the unsigned type of the operand width.
  template <class T>
  void set_add(T a, T b, T result) {
    set<T>(result, (a & b) | ((a | b) & static_cast<T>(~result)));
  }
  /// After `result = a - b (- borrow)`.
  template <class T>
  void set_subtract(T a, T b, T result) {
    const T not_a = static_cast<T>(~a);
    set<T>(result, (not_a & b) | ((not_a | b) & result));
  }
  /// After AND, OR, XOR, TEST: CF, OF and AF are cleared (AF is undefined; processors clear it).
  template <class T>
  void set_logic(T result) {
    result_ = extend(result);
    carries_ = 0;
  }
  /// INC and DEC: as addition or subtraction of 1, CF kept.
  template <class T>
  void set_increment(T a, T result) {
    const bool carry = cf();
    set_add<T>(a, T{1}, result);
    set_cf_keep_of(carry);
  }
  template <class T>
  void set_decrement(T a, T result) {
    const bool carry = cf();
    set_subtract<T>(a, T{1}, result);
    set_cf_keep_of(carry);
  }
  /// ZF, SF, PF from `result`, the others as given: shifts, rotates, multiplications.
  template <class T>
  void set_result(T result, bool carry, bool overflow, bool auxiliary) {
    result_ = extend(result);
    carries_ = carry_word(carry, overflow, auxiliary);
  }
  /// CF and OF only (rotates); the rest is kept.
  void set_cf_of(bool carry, bool overflow) {
    carries_ = (carries_ & 0x3fff'ffffu) | carry_word(carry, overflow, false);
  }
  /// CF only.
  void set_cf(bool carry) { set_cf_of(carry, of()); }

  /// All status flags from their EFLAGS positions (POPF, SAHF, comparisons of x87 and SSE).
  void assign_status(u32 value) {
    result_ = (value & eflags::kZf) != 0 ? 0u : 0x100u;
    carries_ =
        carry_word((value & eflags::kCf) != 0, (value & eflags::kOf) != 0, (value & eflags::kAf) != 0) |
        ((value & eflags::kSf) != 0 ? 1u : 0u) | ((value & eflags::kPf) != 0 ? 0u : 0x100u);
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
  template <class T>
  static u32 extend(T result) {
    return static_cast<u32>(static_cast<s32>(static_cast<std::make_signed_t<T>>(result)));
  }
  template <class T>
  void set(T result, T carry_vector) {
    result_ = extend(result);
    const u32 carries = carry_vector;
    carries_ = ((carries << (32 - 8 * sizeof(T))) & 0xc000'0000u) | (carries & 8u);
  }
  static u32 carry_word(bool carry, bool overflow, bool auxiliary) {
    return (carry ? 0x8000'0000u : 0u) | (carry != overflow ? 0x4000'0000u : 0u) | (auxiliary ? 8u : 0u);
  }
  void set_cf_keep_of(bool carry) {
    const bool overflow = of();
    carries_ = (carries_ & 0x3fff'ffffu) | carry_word(carry, overflow, false);
  }

  u32 result_ = 1;
  u32 carries_ = 0;
  u32 control_ = 0;
};

}  // namespace ringdown
