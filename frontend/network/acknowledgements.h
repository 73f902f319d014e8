// Thins out TCP's acknowledgements on their way to a guest.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "frontend/network/frame_queue.h"

namespace ringdown {

/// libslirp acknowledges each segment by itself; a guest that has sent many at once would spend more on
/// hearing of them than on sending. An acknowledgement that carries nothing else is needless where a later
/// frame of the same batch acknowledges more (RFC 9293, 3.4: they are cumulative). Duplicates, which tell of
/// loss, and changes of the window alone stay.
class Acknowledgements {
 public:
  /// Calls `visit` with every frame that is needed, in order.
  template <class Visit>
  void for_each_needed(const FrameBatch& batch, Visit visit) {
    find_needless(batch);
    std::size_t number = 0;
    batch.for_each([&](std::span<const std::byte> frame) {
      if (!needless_[number++]) visit(frame);
    });
  }

 private:
  struct Segment {
    std::array<std::byte, 12> flow;  // both addresses and ports
    u32 sequence;
    u32 acknowledged;
    bool nothing_else;
  };
  static std::optional<Segment> segment_of(std::span<const std::byte> frame);
  void find_needless(const FrameBatch& batch);

  std::vector<std::optional<Segment>> segments_;
  std::vector<Segment> later_;  // of each flow the next frame behind the one looked at
  std::vector<bool> needless_;
};

}  // namespace ringdown
