// Where a frame's TCP or UDP packet is, and the checksums that it carries.
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

/// The frame has a whole TCP or UDP packet, and its checksum is right.
bool transport_checksum_right(std::span<const std::byte> frame);

}  // namespace ringdown
