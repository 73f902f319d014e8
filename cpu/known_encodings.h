// Remembers what instructions were decoded and lowered to, by the bytes that decide it.
#pragma once

#include <vector>

#include "cpu/encoding.h"

namespace ringdown {

/// Two direct-mapped tables: programs use a few thousand encodings, and in few ways. A key of 0 is none's.
class KnownEncodings {
 public:
  KnownEncodings() : decoded_(kDecoded), lowered_(kLowered) {}

  const Encoding* find(u64 key) const {
    const Decoded& entry = decoded_[slot(key, kDecoded)];
    return key != 0 && entry.key == key ? &entry.encoding : nullptr;
  }
  void keep(u64 key, const Encoding& encoding) {
    if (key != 0) decoded_[slot(key, kDecoded)] = {key, encoding};
  }

  /// What an encoding became in one way of lowering it (`way` tells them apart); nullptr if it is not known.
  const Operation* find_lowered(u64 key, u32 way) const {
    const Lowered& entry = lowered_[slot(key ^ u64{way} * kSpread, kLowered)];
    return key != 0 && entry.key == key && entry.way == way ? &entry.op : nullptr;
  }
  void keep_lowered(u64 key, u32 way, const Operation& op) {
    if (key != 0) lowered_[slot(key ^ u64{way} * kSpread, kLowered)] = {key, way, op};
  }

 private:
  static constexpr std::size_t kDecoded = 4096;
  static constexpr std::size_t kLowered = 8192;
  static constexpr u64 kSpread = 0x9e37'79b9'7f4a'7c15u;

  struct Decoded {
    u64 key = 0;
    Encoding encoding;
  };
  struct Lowered {
    u64 key = 0;
    u32 way = 0;
    Operation op;
  };
  static std::size_t slot(u64 key, std::size_t count) { return (key * kSpread >> 40) % count; }

  std::vector<Decoded> decoded_;
  std::vector<Lowered> lowered_;
};

}  // namespace ringdown
