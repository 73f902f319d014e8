// The far end of a cable that keeps what is sent to it, and frames for the near end.
#pragma once

#include <initializer_list>
#include <vector>

#include "core/ethernet.h"

namespace ringdown::test {

using Frame = std::vector<std::byte>;

class RecordedWire final : public EthernetWire {
 public:
  void transmit(std::span<const std::byte> frame) override {
    frames.emplace_back(frame.begin(), frame.end());
  }

  std::vector<Frame> frames;
};

inline constexpr MacAddress kStation{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
inline constexpr MacAddress kOtherStation{0x52, 0x54, 0x00, 0x65, 0x43, 0x21};
inline constexpr MacAddress kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/// `length` bytes (at least a header) from kOtherStation to `destination`, the rest a pattern of `seed`.
inline Frame frame_to(const MacAddress& destination, std::size_t length, unsigned seed = 1) {
  Frame frame(length);
  for (std::size_t i = 0; i < length; ++i) frame[i] = static_cast<std::byte>(i * 7 + seed);
  for (std::size_t i = 0; i < 6; ++i) {
    frame[i] = static_cast<std::byte>(destination[i]);
    frame[6 + i] = static_cast<std::byte>(kOtherStation[i]);
  }
  return frame;
}

}  // namespace ringdown::test
