// Looks through a batch of frames from its end, so that each acknowledgement is compared with the next one.
#include "frontend/network/acknowledgements.h"

#include <algorithm>

#include "core/ethernet.h"
#include "core/internet_checksum.h"
#include "core/internet_headers.h"

namespace ringdown {

std::optional<Acknowledgements::Segment> Acknowledgements::segment_of(std::span<const std::byte> frame) {
  if (frame.size() < kEthernetHeaderLength ||
      load_network16(frame, ethernet_type::kField) != ethernet_type::kIpv4) {
    return std::nullopt;
  }
  const auto packet = find_transport(frame, NetworkProtocol::Ipv4, kEthernetHeaderLength);
  if (!packet || packet->transport != TransportProtocol::Tcp) return std::nullopt;
  // Packets with options of IP are rare: they stay.
  if (packet->transport_start != kEthernetHeaderLength + ipv4::kShortest) return std::nullopt;
  const std::span<const std::byte> header = frame.subspan(packet->transport_start);
  if ((header[tcp::kFlags] & tcp::kAcknowledges) == std::byte{0}) return std::nullopt;
  Segment segment{
      {}, load_network32(header, tcp::kSequence), load_network32(header, tcp::kAcknowledgement), false};
  // The ports stand behind the addresses.
  std::ranges::copy(frame.subspan(kEthernetHeaderLength + ipv4::kAddresses, segment.flow.size()),
                    segment.flow.begin());
  // Options of TCP may tell of selective acknowledgements.
  segment.nothing_else = header[tcp::kFlags] == tcp::kAcknowledges &&
                         tcp_header_length(header) == tcp::kShortest &&
                         packet->end == packet->transport_start + tcp::kShortest;
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
