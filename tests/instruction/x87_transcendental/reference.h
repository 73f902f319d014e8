// Transcendental functions to some 400 bits, by MPFR: a second opinion that shares nothing with the
// processor's fixed-point series.
#pragma once

#include <mpfr.h>

#include "tests/instruction/x87_transcendental/transcendental_cases.h"

namespace ringdown::test {

/// An MPFR number of kBits.
class Real {
 public:
  static constexpr mpfr_prec_t kBits = 400;

  Real() { mpfr_init2(value_, kBits); }
  explicit Real(Float80 finite);
  ~Real() { mpfr_clear(value_); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;

  mpfr_ptr get() { return value_; }
  mpfr_srcptr get() const { return value_; }

 private:
  mpfr_t value_;
};

/// The exact result in ST(0) or, of FPTAN and FSINCOS, the one in ST(1). Trigonometric functions are those of
/// the argument reduced by a multiple of the 66-bit π/2 (SDM vol. 1, 8.3.8).
void exact_result(Transcendental function, const Arguments& arguments, Real& result);

/// |computed - exact| in units of the last of the exact result's 64 bits (SDM vol. 1, 8.3.10).
double error_in_ulps(Float80 computed, const Real& exact);

/// Whether `computed` is the exact result rounded to 64 bits.
bool is_correctly_rounded(Float80 computed, const Real& exact, Rounding rounding);

}  // namespace ringdown::test
