// Bytes of packets, written in hexadecimal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown::test {

/// "c0 a8" or "c0a8".
inline std::vector<std::byte> packet(std::string_view hexadecimal) {
  std::vector<std::byte> bytes;
  std::string digits;
  for (const char c : hexadecimal) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

}  // namespace ringdown::test
