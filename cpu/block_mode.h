// The mode bits that change what code bytes mean: part of every block's identity.
#pragma once

#include "core/types.h"

namespace ringdown {

struct BlockMode {
  bool code32 : 1 = false;     // CS.D
  bool stack32 : 1 = false;    // SS.B
  bool paragraph : 1 = false;  // real or virtual-8086 mode
  bool flat_code : 1 = false;  // CS: base 0, no limit
  bool flat_data : 1 = false;  // DS, ES, SS: base 0, no limit, writable
  bool single : 1 = false;     // one instruction per block
  bool code64k : 1 = false;    // CS: limit FFFFh, so that every block that fits in 64 KiB is within it
  u8 reserved : 1 = 0;
  u8 policy = 0;  // the monitor's decode policy; 0 without a monitor

  friend bool operator==(const BlockMode&, const BlockMode&) = default;
  /// All bits as a number, for hashing.
  u16 value() const {
    return static_cast<u16>((code32 ? 1 : 0) | (stack32 ? 2 : 0) | (paragraph ? 4 : 0) | (flat_code ? 8 : 0) |
                            (flat_data ? 16 : 0) | (single ? 32 : 0) | (code64k ? 64 : 0) | (policy << 8));
  }
};
// `reserved` keeps the byte full.
static_assert(sizeof(BlockMode) == 2, "a new bit must enter value()");

}  // namespace ringdown
