// NaN operands: which one becomes the result.
#include "cpu/float/classify.h"

namespace ringdown {

Float80 propagate_nan(Float80 operand, FloatEnvironment& environment) {
  const FloatClass c = classify(operand);
  if (c == FloatClass::Unsupported) return invalid_operation(environment);
  if (c == FloatClass::SignalingNan) environment.raise(x87_exception::kInvalid);
  return quieted(operand);
}

Float80 propagate_nan(Float80 a, Float80 b, FloatEnvironment& environment) {
  const FloatClass class_a = classify(a);
  const FloatClass class_b = classify(b);
  if (class_a == FloatClass::Unsupported || class_b == FloatClass::Unsupported) {
    return invalid_operation(environment);
  }
  if (!is_nan(class_b)) return propagate_nan(a, environment);
  if (!is_nan(class_a)) return propagate_nan(b, environment);
  if (class_a == FloatClass::SignalingNan || class_b == FloatClass::SignalingNan) {
    environment.raise(x87_exception::kInvalid);
  }
  if (class_a != class_b) return class_a == FloatClass::QuietNan ? a : b;
  if (a.significand != b.significand) return quieted(a.significand > b.significand ? a : b);
  return quieted(sign_of(a) ? b : a);
}

}  // namespace ringdown
