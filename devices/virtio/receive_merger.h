// Joins the segments of a TCP stream that come close together into one large packet, as the driver allows.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/archive.h"
#include "devices/virtio/packet_checksums.h"

namespace ringdown {

/// Only what can be cut into the same segments again is joined: they follow each other, their headers agree,
/// and all but the last are of one size.
class ReceiveMerger {
 public:
  bool empty() const { return frame_.empty(); }
  void clear() { frame_.clear(); }

  enum class Taken : u8 {
    No,    // it has to be delivered by itself, behind what is held
    Held,  // more may follow
    Last,  // what is held is complete
  };
  // Both: `segment` is what whole_tcp_segment() says of the frame.
  /// Holds a frame to which others may be joined. Only while nothing is held.
  Taken begin(std::span<const std::byte> frame, const std::optional<TcpSegment>& segment);
  Taken add(std::span<const std::byte> frame, const std::optional<TcpSegment>& segment);

  /// Makes what is held one packet, which may be done again after more was added.
  void finish();
  std::span<const std::byte> frame() const { return frame_; }
  /// It is more than one segment: the driver is told where the headers are, and the size of the segments.
  bool joined() const { return segments_ > 1; }
  const SegmentHeaders& headers() const { return headers_; }
  u16 segment_size() const { return segment_size_; }

  void serialize(Archive& archive);

 private:
  std::vector<std::byte> frame_;  // with its padding, as long as it is alone
  SegmentHeaders headers_;
  u32 end_ = 0;           // of the packet within it
  u16 segment_size_ = 0;  // payload of the first segment
  u16 segments_ = 0;
};

}  // namespace ringdown
