// Computes references with MPFR.
#include "tests/instruction/x87_transcendental/reference.h"

#include "cpu/float/classify.h"

namespace ringdown::test {

namespace {

constexpr mpfr_rnd_t kNearest = MPFR_RNDN;

/// π/2 as its leading 66 bits: 3243F6A8885A308D3h × 2^-65.
void set_half_pi(Real& half_pi) {
  mpfr_set_str(half_pi.get(), "3243F6A8885A308D3", 16, kNearest);
  mpfr_div_2ui(half_pi.get(), half_pi.get(), 65, kNearest);
}

/// Reduces x to x - k × π/2 with the nearest k; returns k modulo 4.
unsigned reduce(Real& x) {
  Real half_pi, quotient;
  set_half_pi(half_pi);
  mpfr_div(quotient.get(), x.get(), half_pi.get(), kNearest);
  mpfr_rint(quotient.get(), quotient.get(), kNearest);
  mpfr_mul(half_pi.get(), half_pi.get(), quotient.get(), kNearest);
  mpfr_sub(x.get(), x.get(), half_pi.get(), kNearest);
  return static_cast<unsigned>(mpfr_get_si(quotient.get(), kNearest) & 3);
}

/// sin(x + quadrant × π/2), of the exact π.
void sine_in_quadrant(const Real& x, unsigned quadrant, Real& result) {
  if ((quadrant & 1) != 0) {
    mpfr_cos(result.get(), x.get(), kNearest);
  } else {
    mpfr_sin(result.get(), x.get(), kNearest);
  }
  if ((quadrant & 2) != 0) mpfr_neg(result.get(), result.get(), kNearest);
}

void trigonometric(Transcendental function, Float80 argument, Real& result) {
  Real x(argument);
  const unsigned quadrant = reduce(x);
  const unsigned cosine_quadrant = (quadrant + 1) & 3;
  if (function == Transcendental::Fcos) return sine_in_quadrant(x, cosine_quadrant, result);
  sine_in_quadrant(x, quadrant, result);
  if (function != Transcendental::Fptan) return;
  Real cosine;
  sine_in_quadrant(x, cosine_quadrant, cosine);
  mpfr_div(result.get(), result.get(), cosine.get(), kNearest);
}

}  // namespace

Real::Real(Float80 finite) : Real() {
  mpfr_set_ui_2exp(value_, finite.significand, exponent_field(finite) - float80::kBias - 63, kNearest);
  if (sign_of(finite)) mpfr_neg(value_, value_, kNearest);
}

void exact_result(Transcendental function, const Arguments& arguments, Real& result) {
  const Real x(arguments.x), y(arguments.y);
  Real ln2;
  mpfr_const_log2(ln2.get(), kNearest);
  switch (function) {
    case Transcendental::F2xm1:
      mpfr_mul(result.get(), x.get(), ln2.get(), kNearest);
      mpfr_expm1(result.get(), result.get(), kNearest);
      return;
    case Transcendental::Fyl2x:
      mpfr_log2(result.get(), x.get(), kNearest);
      mpfr_mul(result.get(), result.get(), y.get(), kNearest);
      return;
    case Transcendental::Fyl2xp1:
      mpfr_log1p(result.get(), x.get(), kNearest);
      mpfr_div(result.get(), result.get(), ln2.get(), kNearest);
      mpfr_mul(result.get(), result.get(), y.get(), kNearest);
      return;
    case Transcendental::Fpatan:
      mpfr_atan2(result.get(), y.get(), x.get(), kNearest);
      return;
    case Transcendental::Fsin:
    case Transcendental::Fcos:
    case Transcendental::Fptan:
    case Transcendental::Fsincos:
      return trigonometric(function, arguments.x, result);
  }
}

double error_in_ulps(Float80 computed, const Real& exact) {
  Real error;
  const Real value(computed);
  mpfr_sub(error.get(), value.get(), exact.get(), kNearest);
  mpfr_abs(error.get(), error.get(), kNearest);
  // MPFR's exponent is that of a significand from 1/2 to 1.
  mpfr_mul_2si(error.get(), error.get(), 64 - mpfr_get_exp(exact.get()), kNearest);
  return mpfr_get_d(error.get(), MPFR_RNDU);
}

bool is_correctly_rounded(Float80 computed, const Real& exact, Rounding rounding) {
  constexpr mpfr_rnd_t kModes[]{MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ};
  const Real value(computed);
  mpfr_t rounded;
  mpfr_init2(rounded, 64);
  mpfr_set(rounded, exact.get(), kModes[static_cast<unsigned>(rounding)]);
  const bool equal = mpfr_equal_p(rounded, value.get()) != 0;
  mpfr_clear(rounded);
  return equal;
}

}  // namespace ringdown::test
