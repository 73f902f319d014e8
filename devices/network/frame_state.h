// A frame as part of a saved state.
#pragma once

#include <vector>

#include "core/archive.h"
#include "core/ethernet.h"

namespace ringdown {

/// Its length, then its bytes; a length that no cable carries is refused.
inline void serialize_frame(Archive& archive, std::vector<std::byte>& frame) {
  u32 length = static_cast<u32>(frame.size());
  archive(length);
  if (length > kLongestFrame) {
    archive.fail("a frame is longer than any on the cable");
    length = 0;
  }
  frame.resize(length);
  archive.bytes(frame);
}

}  // namespace ringdown
