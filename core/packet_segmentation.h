// Cutting a large TCP or UDP packet into frames, as adapters do it for their drivers.
#pragma once

#include <cstddef>
#include <span>

#include "core/internet_headers.h"
#include "core/types.h"

namespace ringdown {

/// Where the headers are in the prototype that every segment begins with.
struct SegmentHeaders {
  NetworkProtocol network = NetworkProtocol::Ipv4;
  TransportProtocol transport = TransportProtocol::Tcp;
  std::size_t network_start = 0;
  std::size_t transport_start = 0;
  std::size_t length = 0;  // of all of them: the payload begins here

  friend bool operator==(const SegmentHeaders&, const SegmentHeaders&) = default;
};

/// Whether the fields that differ from segment to segment lie within `headers.length` bytes.
bool fits(const SegmentHeaders& headers);

/// Which part of the payload a segment carries.
struct SegmentPlace {
  u32 number = 0;  // counted from the first segment, 0
  u32 offset = 0;  // of its first byte in the whole payload
  bool last = false;
};

/// Turns the prototype at the start of `frame`, behind which this segment's payload stands, into this
/// segment's headers: lengths, the identification of IPv4, TCP's sequence number; FIN and PSH stay in the
/// last one alone. Checksums are left as they are. The headers must fit.
void write_segment_headers(std::span<std::byte> frame, const SegmentHeaders& headers,
                           const SegmentPlace& place);

}  // namespace ringdown
