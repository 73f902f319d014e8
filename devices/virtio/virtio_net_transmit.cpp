// Transmission of the network device: checksums and segmentation are done here for the driver (5.1.6.2).
#include <algorithm>
#include <bit>

#include "core/internet_checksum.h"
#include "core/packet_segmentation.h"
#include "devices/virtio/packet_checksums.h"
#include "devices/virtio/virtio_net.h"

namespace ringdown {

namespace {

constexpr u8 kNeedsChecksum = 1;  // in a header that is transmitted

// Kinds of segmentation.
constexpr u8 kNone = 0;
constexpr u8 kTcp4 = 1;
constexpr u8 kTcp6 = 4;
constexpr u8 kEcn = 0x80;

/// A packet that would become more segments is dropped: 64 bytes of payload in each are fewer than any driver
/// asks for.
constexpr std::size_t kMostSegments = 1024;

constexpr Picoseconds kPicosecondsPerByte = 8 * kPicosecondsPerSecond / VirtioNet::kBitsPerSecond;

}  // namespace

void VirtioNet::transmit_batch() {
  Virtqueue& queue = queue_at(kTransmit);
  if (!running() || !queue.enabled()) return;
  u64 bytes = 0;
  for (unsigned frames = 0; frames < kBatchFrames && bytes < kBatchBytes;) {
    const Virtqueue::Taken taken = queue.take(chain_);
    if (taken == Virtqueue::Taken::Malformed) return fail();
    if (taken == Virtqueue::Taken::Nothing) {
      queue.ask_for_notification();
      return publish(queue);
    }
    frames += transmit(chain_);
    if (!running()) return;  // it led to no memory
    bytes += std::max<u64>(chain_.readable.length(), kShortestFrame);
    queue.push(chain_.head, 0);
  }
  queue.need_no_notification();
  publish(queue);
  const u64 paid = std::min(bytes, kBatchBytes + packet_.size());
  if (running()) scheduler_.schedule_after(transmit_event_, paid * kPicosecondsPerByte);
}

unsigned VirtioNet::transmit(const DescriptorChain& chain) {
  const u64 length = chain.readable.length();
  const std::size_t front = header_length();
  if (length < front + kEthernetHeaderLength || length - front > kLargestPacket) return 1;
  std::array<std::byte, kLongNetHeader> bytes{};
  const std::span<std::byte> packet = std::span(packet_).first(length - front);
  if (!chain.readable.read(memory(), 0, std::span(bytes).first(front)) ||
      !chain.readable.read(memory(), front, packet)) {
    fail();
    return 1;
  }
  const auto header = std::bit_cast<VirtioNetHeader>(bytes);
  if (!link_) return 1;
  if (header.segmentation != kNone) return transmit_segments(packet, header);
  if ((header.flags & kNeedsChecksum) != 0) {
    const std::size_t field = std::size_t{header.checksum_start} + header.checksum_offset;
    insert_checksum(packet, {header.checksum_start, packet.size(), field, ZeroChecksum::AllOnes});
  }
  send(packet);
  return 1;
}

unsigned VirtioNet::transmit_segments(std::span<std::byte> packet, const VirtioNetHeader& header) {
  const u8 kind = header.segmentation & ~kEcn;
  const NetworkProtocol protocol = kind == kTcp6 ? NetworkProtocol::Ipv6 : NetworkProtocol::Ipv4;
  if (kind != kTcp4 && kind != kTcp6) return 1;
  // The driver's length of the headers is a hint (5.1.6.2.1): they say it themselves.
  const auto headers = tcp_headers(packet, protocol, header.checksum_start);
  if (!headers || header.segment_size == 0) return 1;
  const std::size_t payload = packet.size() - headers->length;
  const std::size_t count = (payload + header.segment_size - 1) / header.segment_size;
  if (count > kMostSegments || headers->length + header.segment_size > segment_.size()) return 1;
  for (u32 number = 0; number < count; ++number) {
    const std::size_t offset = std::size_t{number} * header.segment_size;
    const std::size_t size = std::min<std::size_t>(header.segment_size, payload - offset);
    const std::span<std::byte> segment = std::span(segment_).first(headers->length + size);
    std::copy_n(packet.begin(), headers->length, segment.begin());
    std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(headers->length + offset), size,
                segment.begin() + static_cast<std::ptrdiff_t>(headers->length));
    write_segment_headers(segment, *headers, {number, static_cast<u32>(offset), number + 1 == count});
    // It goes with the first segment alone (RFC 3168, 6.1.2).
    if (number != 0) segment[headers->transport_start + tcp::kFlags] &= ~tcp::kWindowReduced;
    insert_packet_checksums(segment, *headers);
    send(segment);
  }
  return std::max(1u, static_cast<unsigned>(count));
}

void VirtioNet::send(std::span<const std::byte> frame) {
  if (frame.size() > kLongestFrame) return;
  if (frame.size() >= kShortestFrame) return wire_.transmit(frame);
  std::array<std::byte, kShortestFrame> padded{};
  std::ranges::copy(frame, padded.begin());
  wire_.transmit(padded);
}

}  // namespace ringdown
