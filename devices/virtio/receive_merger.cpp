// Compares headers and joins payloads.
#include "devices/virtio/receive_merger.h"

#include <algorithm>

#include "core/internet_checksum.h"
#include "devices/virtio/packet_checksums.h"

namespace ringdown {

namespace {

// Offsets within the headers.
constexpr std::size_t kIpv4TotalLength = 2;
constexpr std::size_t kIpv4Identification = 4;
constexpr std::size_t kIpv4Checksum = 10;
constexpr std::size_t kIpv6PayloadLength = 4;
constexpr std::size_t kTcpSequence = 4;
constexpr std::size_t kTcpAcknowledgement = 8;
constexpr std::size_t kTcpFlags = 13;
constexpr std::size_t kTcpChecksum = 16;

constexpr std::byte kPush{0x08};
constexpr std::byte kAcknowledges{0x10};

/// Ethernet with a VLAN tag, IPv4 and TCP, both with all their options, is the longest.
constexpr std::size_t kLongestHeaders = 14 + 4 + 60 + 60;
/// The length of an IPv4 packet is a 16-bit number.
constexpr std::size_t kLongestPacket = 65535;

/// Headers without what may differ between segments.
std::vector<std::byte> common_part(std::span<const std::byte> frame, const SegmentHeaders& headers) {
  std::vector<std::byte> common(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(headers.length));
  const auto clear = [&common](std::size_t at) { store_network16(common, at, 0); };
  if (headers.network == NetworkProtocol::Ipv4) {
    clear(headers.network_start + kIpv4TotalLength);
    clear(headers.network_start + kIpv4Identification);
    clear(headers.network_start + kIpv4Checksum);
  } else {
    clear(headers.network_start + kIpv6PayloadLength);
  }
  store_network32(common, headers.transport_start + kTcpSequence, 0);
  store_network32(common, headers.transport_start + kTcpAcknowledgement, 0);
  common[headers.transport_start + kTcpFlags] &= ~kPush;
  clear(headers.transport_start + kTcpChecksum);
  return common;
}

}  // namespace

ReceiveMerger::Taken ReceiveMerger::begin(std::span<const std::byte> frame) {
  const auto segment = whole_tcp_segment(frame);
  if (!segment || segment->headers.length > kLongestHeaders) return Taken::No;
  const std::byte flags = frame[segment->headers.transport_start + kTcpFlags];
  if ((flags & ~kPush) != kAcknowledges) return Taken::No;
  frame_.assign(frame.begin(), frame.end());
  headers_ = segment->headers;
  end_ = static_cast<u32>(segment->end);
  segment_size_ = static_cast<u16>(segment->end - segment->headers.length);
  segments_ = 1;
  return (flags & kPush) != std::byte{0} ? Taken::Last : Taken::Held;
}

ReceiveMerger::Taken ReceiveMerger::add(std::span<const std::byte> frame) {
  const auto segment = whole_tcp_segment(frame);
  if (!segment || segment->headers.length != headers_.length ||
      common_part(frame, segment->headers) != common_part(frame_, headers_)) {
    return Taken::No;
  }
  const std::size_t tcp = headers_.transport_start;
  const auto number = [&](std::span<const std::byte> from, std::size_t field) {
    return load_network32(from, tcp + field);
  };
  const std::size_t held = end_ - headers_.length;
  const std::size_t payload = segment->end - headers_.length;
  const u32 acknowledged = number(frame, kTcpAcknowledgement) - number(frame_, kTcpAcknowledgement);
  if (number(frame, kTcpSequence) != number(frame_, kTcpSequence) + static_cast<u32>(held)) return Taken::No;
  if (held == 0 && payload == 0) {
    const bool later = acknowledged != 0 && acknowledged < u32{1} << 31;
    return later ? begin(frame) : Taken::No;
  }
  if (acknowledged != 0 || held == 0 || payload == 0 || payload > segment_size_ ||
      end_ - headers_.network_start + payload > kLongestPacket) {
    return Taken::No;
  }
  frame_.resize(end_);
  const auto data = frame.subspan(headers_.length, payload);
  frame_.insert(frame_.end(), data.begin(), data.end());
  end_ = static_cast<u32>(frame_.size());
  ++segments_;
  const std::byte push = frame[tcp + kTcpFlags] & kPush;
  frame_[tcp + kTcpFlags] |= push;
  return push != std::byte{0} || payload < segment_size_ ? Taken::Last : Taken::Held;
}

void ReceiveMerger::finish() {
  if (!joined()) return;
  write_segment_headers(frame_, headers_, {0, 0, true});
  insert_partial_checksums(frame_, headers_);
}

void ReceiveMerger::serialize(Archive& archive) {
  archive(frame_, headers_.network, headers_.network_start, headers_.transport_start, headers_.length, end_,
          segment_size_, segments_);
  if (!archive.loading() || frame_.empty()) return;
  const bool possible = headers_.network <= NetworkProtocol::Ipv6 && headers_.length <= kLongestHeaders &&
                        headers_.network_start <= headers_.transport_start &&
                        headers_.transport_start <= headers_.length && fits(headers_) &&
                        headers_.length <= end_ && end_ <= frame_.size() &&
                        end_ - headers_.network_start <= kLongestPacket &&
                        frame_.size() <= kLongestPacket + 18 && (!joined() || end_ == frame_.size());
  if (possible) return;
  archive.fail("a packet that is being joined is impossible");
  clear();
}

}  // namespace ringdown
