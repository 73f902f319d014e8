// Prints numbers of the 80-bit format.
#pragma once

#include <fmt/format.h>

#include <string>

#include "core/float80.h"

namespace ringdown::test {

/// 20 hexadecimal digits: sign and exponent, then the significand.
inline std::string to_string(Float80 value) {
  return fmt::format("{:04X}{:016X}", value.sign_exponent, value.significand);
}

}  // namespace ringdown::test
