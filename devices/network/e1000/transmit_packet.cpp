// Frames out of descriptors: legacy and extended, whole or segmented, with checksums and VLAN tags put in.
#include <algorithm>

#include "core/ethernet.h"
#include "core/internet_checksum.h"
#include "core/packet_segmentation.h"
#include "devices/network/e1000/transmitter.h"
#include "devices/network/ethernet_crc.h"

namespace ringdown::e1000 {

namespace {

constexpr std::size_t kTagPlace = 12;
constexpr std::size_t kCheckSequence = 4;

SegmentHeaders headers_of(const Context& context) {
  return {context.ipv4() ? NetworkProtocol::Ipv4 : NetworkProtocol::Ipv6,
          context.tcp() ? TransportProtocol::Tcp : TransportProtocol::Udp, context.ip_start(),
          context.transport_start(), context.header_length()};
}

/// Ends in context descriptors are those of the last byte, and zero is the end of the frame.
std::size_t end_of(std::size_t last, std::size_t length) { return last == 0 ? length : last + 1; }

void insert_checksums(const Context& context, u64 options, std::span<std::byte> frame) {
  if (InsertTransportChecksum::get(options)) {
    insert_checksum(
        frame, {context.transport_start(), end_of(context.transport_end(), frame.size()),
                context.transport_checksum(), context.tcp() ? ZeroChecksum::Keep : ZeroChecksum::AllOnes});
  }
  if (InsertIpChecksum::get(options)) {
    insert_checksum(frame,
                    {context.ip_start(), end_of(context.ip_end(), frame.size()), context.ip_checksum()});
  }
}

}  // namespace

bool Transmitter::consume() {
  const u64 high = descriptor_->high;
  const bool extended = Extended::get(high);
  if (extended && DescriptorType::get(high) == kContextType) {
    take_context();
    return true;
  }
  if (!packet_.open) begin_packet();
  const std::size_t length = extended ? DataLength::get(high) : LegacyLength::get(high);
  if (!packet_.segmented()) {
    take_data(length);
  } else if (!take_segments(length)) {
    return false;
  }
  if (EndOfPacket::get(high)) end_packet();
  return true;
}

void Transmitter::take_context() {
  (SegmentationEnable::get(descriptor_->high) ? segmentation_context_ : checksum_context_).raw = *descriptor_;
}

void Transmitter::begin_packet() {
  packet_ = {};
  packet_.open = true;
  packet_.first = descriptor_->high;
  packet_.context = packet_.segmented() ? segmentation_context_ : checksum_context_;
  header_.clear();
  frame_.clear();
}

void Transmitter::take_data(std::size_t length) {
  if (packet_.given_up) return;
  if (length > kMostData - std::min(kMostData, frame_.size())) {
    packet_.given_up = true;
    return;
  }
  around_.bus.read(descriptor_->low, frame_.extend(length));
}

bool Transmitter::take_segments(std::size_t length) {
  const Context& context = packet_.context;
  const std::size_t full = context.header_length() + context.segment_size();
  const bool possible = context.segment_size() != 0 && full <= kMostData && fits(headers_of(context));
  packet_.given_up |= !possible;
  while (consumed_ < length && !packet_.given_up) {
    const std::size_t rest = length - consumed_;
    std::span<std::byte> place;
    if (header_.size() < context.header_length()) {
      place = header_.extend(std::min(rest, context.header_length() - header_.size()));
    } else {
      if (frame_.size() == 0) frame_.append(header_.bytes());
      // A full segment waits for a byte behind it: until then it may be the last one.
      if (frame_.size() >= full) {
        send_segment(false);
        return false;
      }
      place = frame_.extend(std::min(rest, full - frame_.size()));
    }
    around_.bus.read(descriptor_->low + consumed_, place);
    consumed_ += static_cast<u32>(place.size());
  }
  return true;
}

void Transmitter::end_packet() {
  if (packet_.segmented()) {
    packet_.given_up |= header_.size() < packet_.context.header_length();
    if (!packet_.given_up) {
      if (frame_.size() == 0) frame_.append(header_.bytes());
      send_segment(true);
    }
    around_.statistics.count(packet_.given_up ? Offset::Tsctfc : Offset::Tsctc);
  } else if (!packet_.given_up) {
    send_packet();
  }
  packet_ = {};
  header_.clear();
  frame_.clear();
}

void Transmitter::send_segment(bool last) {
  const Context& context = packet_.context;
  const SegmentHeaders headers = headers_of(context);
  const std::size_t length = frame_.size();
  if (length < headers.length || !fits(headers)) {
    packet_.given_up = true;
    return;
  }
  const std::span<std::byte> frame = frame_.bytes();
  write_segment_headers(frame, headers, {packet_.segment, packet_.offset, last});
  // Drivers leave the length out of the pseudo header's sum, since it differs from segment to segment.
  if (InsertTransportChecksum::get(packet_.first) && context.transport_checksum() + sizeof(u16) <= length) {
    InternetChecksum pseudo(load_network16(frame, context.transport_checksum()));
    pseudo.add(static_cast<u16>(length - headers.transport_start));
    store_network16(frame, context.transport_checksum(), pseudo.sum());
  }
  insert_checksums(context, packet_.first, frame);
  insert_tag(packet_.first);
  put_on_wire();

  ++packet_.segment;
  packet_.offset += static_cast<u32>(length - headers.length);
  frame_.clear();
}

void Transmitter::send_packet() {
  const u64 last = descriptor_->high;
  const std::span<std::byte> frame = frame_.bytes();
  if (Extended::get(last)) {
    insert_checksums(packet_.context, packet_.first, frame);
  } else if (LegacyInsertChecksum::get(last)) {
    insert_checksum(frame, {LegacyChecksumStart::get(last), frame.size(), ChecksumOffset::get(last)});
  }
  if (!InsertCheckSequence::get(last)) {
    // The driver has put one there. Where it is wrong, whoever is on the wire drops the frame.
    if (!ends_with_check_sequence(frame)) return;
    frame_.shorten(kCheckSequence);
  }
  insert_tag(last);
  put_on_wire();
}

void Transmitter::insert_tag(u64 options) {
  if (!VlanEnable::get(options) || !around_.registers.get<VlanMode>(Offset::Ctrl)) return;
  if (frame_.size() < kEthernetHeaderLength || frame_.room() < kTagLength) return;
  std::array<std::byte, kTagLength> tag;
  store_network16(tag, 0, static_cast<u16>(around_.registers[Offset::Vet]));
  store_network16(tag, 2, Special::get(options));
  frame_.insert(kTagPlace, tag);
}

}  // namespace ringdown::e1000
