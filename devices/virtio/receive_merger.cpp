// Compares headers and joins payloads.
#include "devices/virtio/receive_merger.h"

#include <algorithm>

#include "core/ethernet.h"
#include "core/internet_checksum.h"

namespace ringdown {

namespace {

/// Ethernet with a VLAN tag, IPv4 and TCP, both with all their options, is the longest.
constexpr std::size_t kLongestLinkHeader = kEthernetHeaderLength + ethernet_type::kTagLength;
constexpr std::size_t kLongestHeaders = kLongestLinkHeader + 60 + 60;
/// The length of an IPv4 packet is a 16-bit number.
constexpr std::size_t kLongestPacket = 65535;

/// Whether two frames with these headers agree but for what differs between the segments of a stream.
bool agree(std::span<const std::byte> a, std::span<const std::byte> b, const SegmentHeaders& headers) {
  const auto same = [&](std::size_t from, std::size_t to) {
    return std::ranges::equal(a.subspan(from, to - from), b.subspan(from, to - from));
  };
  constexpr std::size_t kWord = sizeof(u16);
  const std::size_t ip = headers.network_start;
  const std::size_t tcp_start = headers.transport_start;
  const std::size_t sequence = tcp_start + tcp::kSequence;
  const bool network = headers.network == NetworkProtocol::Ipv4
                           ? same(0, ip + ipv4::kTotalLength) &&
                                 same(ip + ipv4::kFragment, ip + ipv4::kChecksum) &&
                                 same(ip + ipv4::kAddresses, sequence)
                           : same(0, ip + ipv6::kPayloadLength) && same(ip + ipv6::kNextHeader, sequence);
  const std::size_t flags = tcp_start + tcp::kFlags;
  const std::size_t checksum = tcp_start + tcp::kChecksum;
  return network && same(tcp_start + tcp::kAcknowledgement, flags) &&
         ((a[flags] ^ b[flags]) & ~tcp::kPush) == std::byte{0} && same(flags + 1, checksum) &&
         same(checksum + kWord, headers.length);
}

u32 sequence_of(std::span<const std::byte> frame, const SegmentHeaders& headers) {
  return load_network32(frame, headers.transport_start + tcp::kSequence);
}

}  // namespace

ReceiveMerger::Taken ReceiveMerger::begin(std::span<const std::byte> frame,
                                          const std::optional<TcpSegment>& segment) {
  if (!segment || segment->headers.length > kLongestHeaders || segment->end == segment->headers.length)
    return Taken::No;
  const std::byte flags = frame[segment->headers.transport_start + tcp::kFlags];
  if ((flags & ~tcp::kPush) != tcp::kAcknowledges) return Taken::No;
  frame_.assign(frame.begin(), frame.end());
  headers_ = segment->headers;
  end_ = static_cast<u32>(segment->end);
  segment_size_ = static_cast<u16>(segment->end - segment->headers.length);
  segments_ = 1;
  return (flags & tcp::kPush) != std::byte{0} ? Taken::Last : Taken::Held;
}

ReceiveMerger::Taken ReceiveMerger::add(std::span<const std::byte> frame,
                                        const std::optional<TcpSegment>& segment) {
  if (!segment || segment->headers != headers_ || !agree(frame, frame_, headers_)) return Taken::No;
  const u32 held = end_ - static_cast<u32>(headers_.length);
  const std::size_t payload = segment->end - headers_.length;
  if (sequence_of(frame, headers_) != sequence_of(frame_, headers_) + held || payload == 0 ||
      payload > segment_size_ || end_ - headers_.network_start + payload > kLongestPacket) {
    return Taken::No;
  }
  frame_.resize(end_);
  const auto data = frame.subspan(headers_.length, payload);
  frame_.insert(frame_.end(), data.begin(), data.end());
  end_ = static_cast<u32>(frame_.size());
  ++segments_;
  const std::size_t flags = headers_.transport_start + tcp::kFlags;
  const std::byte push = frame[flags] & tcp::kPush;
  frame_[flags] |= push;
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
  const bool possible =
      headers_.network <= NetworkProtocol::Ipv6 && headers_.length <= kLongestHeaders &&
      headers_.network_start <= headers_.transport_start && headers_.transport_start <= headers_.length &&
      fits(headers_) && headers_.length < end_ && segment_size_ != 0 && end_ <= frame_.size() &&
      end_ - headers_.network_start <= kLongestPacket &&
      frame_.size() <= kLongestPacket + kLongestLinkHeader && (!joined() || end_ == frame_.size());
  if (possible) return;
  archive.fail("a packet that is being joined is impossible");
  clear();
}

}  // namespace ringdown
