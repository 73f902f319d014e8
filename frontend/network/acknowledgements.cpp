// Looks through a batch of frames from its end, so that each acknowledgement is compared with the next one.
#include "frontend/network/acknowledgements.h"

#include <algorithm>

#include "core/ethernet.h"
#include "core/internet_checksum.h"

namespace ringdown {

namespace {

// Offsets and values of Ethernet, IPv4 (RFC 791) and TCP (RFC 9293).
constexpr std::size_t kType = 12;
constexpr u16 kIpv4 = 0x0800;
constexpr std::size_t kIpLength = 2, kIpFragment = 6, kIpProtocol = 9, kIpAddresses = 12, kIpHeader = 20;
constexpr u16 kFragmented = 0x3fff;  // more fragments, and the offset
constexpr std::byte kTcp{6};
constexpr std::size_t kSequence = 4, kAcknowledgement = 8, kOffsetAndFlags = 12, kTcpHeader = 20;
constexpr u16 kAck = 0x10;

}  // namespace

std::optional<Acknowledgements::Segment> Acknowledgements::segment_of(std::span<const std::byte> frame) {
  if (frame.size() < kEthernetHeaderLength + kIpHeader + kTcpHeader) return std::nullopt;
  const std::span<const std::byte> ip = frame.subspan(kEthernetHeaderLength);
  // Packets with options of IP are rare: they stay.
  if (load_network16(frame, kType) != kIpv4 || ip[0] != std::byte{0x45} || ip[kIpProtocol] != kTcp ||
      (load_network16(ip, kIpFragment) & kFragmented) != 0) {
    return std::nullopt;
  }
  const std::span<const std::byte> tcp = ip.subspan(kIpHeader);
  const u16 offset_and_flags = load_network16(tcp, kOffsetAndFlags);
  if ((offset_and_flags & kAck) == 0) return std::nullopt;
  Segment segment{{}, load_network32(tcp, kSequence), load_network32(tcp, kAcknowledgement), false};
  std::ranges::copy(ip.subspan(kIpAddresses, segment.flow.size()), segment.flow.begin());
  // Options of TCP may tell of selective acknowledgements.
  segment.nothing_else = offset_and_flags == (kTcpHeader / 4 << 12 | kAck) &&
                         load_network16(ip, kIpLength) == kIpHeader + kTcpHeader;
  return segment;
}

void Acknowledgements::find_needless(const FrameBatch& batch) {
  segments_.clear();
  batch.for_each([this](std::span<const std::byte> frame) { segments_.push_back(segment_of(frame)); });
  needless_.assign(segments_.size(), false);
  later_.clear();
  for (std::size_t number = segments_.size(); number-- > 0;) {
    const std::optional<Segment>& segment = segments_[number];
    if (!segment) continue;
    const auto next = std::ranges::find(later_, segment->flow, &Segment::flow);
    if (next == later_.end()) {
      later_.push_back(*segment);
      continue;
    }
    needless_[number] = segment->nothing_else && segment->sequence == next->sequence &&
                        static_cast<s32>(next->acknowledged - segment->acknowledged) > 0;
    if (!needless_[number]) *next = *segment;
  }
}

}  // namespace ringdown
