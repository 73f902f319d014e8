// The headers of TCP packets that are cut or joined, and the checksums of packets.
#pragma once

#include <optional>
#include <span>

#include "core/packet_segmentation.h"

namespace ringdown {

/// The headers of a TCP packet of that protocol whose TCP header is at `transport_start`; nothing if they are
/// not there as a whole.
std::optional<SegmentHeaders> tcp_headers(std::span<const std::byte> frame, NetworkProtocol protocol,
                                          std::size_t transport_start);

/// Writes the checksums of IPv4 and TCP into a frame that is as long as its packet.
void insert_packet_checksums(std::span<std::byte> frame, const SegmentHeaders& headers);
/// The same, but of TCP only the sum of the pseudo header, from which whoever needs the checksum goes on.
void insert_partial_checksums(std::span<std::byte> frame, const SegmentHeaders& headers);

/// A whole TCP segment whose checksums are right.
struct TcpSegment {
  SegmentHeaders headers;
  std::size_t end = 0;  // behind the payload; what the frame has behind it is padding
};
std::optional<TcpSegment> whole_tcp_segment(std::span<const std::byte> frame);

/// The frame has a whole TCP or UDP packet, and its checksum is right.
bool transport_checksum_right(std::span<const std::byte> frame);

}  // namespace ringdown
