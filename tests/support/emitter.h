// Collects machine code: hexadecimal bytes and little-endian values.
#pragma once

#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown::test {

class Emitter {
 public:
  Emitter& hex(std::string_view text) {
    u32 value = 0;
    unsigned digits = 0;
    for (const char c : text) {
      if (c == ' ') continue;
      value = value * 16 + static_cast<u32>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
      if (++digits % 2 == 0) {
        bytes.push_back(static_cast<u8>(value));
        value = 0;
      }
    }
    return *this;
  }
  template <class T>
  Emitter& value(T v) {
    for (unsigned i = 0; i < sizeof(T); ++i) bytes.push_back(static_cast<u8>(u64{v} >> (8 * i)));
    return *this;
  }
  Emitter& b(u32 v) { return value(static_cast<u8>(v)); }
  Emitter& w(u32 v) { return value(static_cast<u16>(v)); }
  Emitter& d(u32 v) { return value(v); }

  std::vector<u8> bytes;
};

}  // namespace ringdown::test
