// Configuration and reception of the network device.
#include "devices/virtio/virtio_net.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "devices/virtio/packet_checksums.h"

namespace ringdown {

namespace {

using namespace virtio_net_feature;

constexpr u64 kFeatures = kChecksum | kGuestChecksum | kMac | kGuestTso4 | kGuestTso6 | kHostTso4 |
                          kHostTso6 | kHostEcn | kMergeableBuffers | kStatus | kControlQueue |
                          kControlReceive | kControlVlan | kControlReceiveExtra | kGuestAnnounce |
                          kControlMac;
constexpr u16 kQueueSizes[] = {256, 256, 64};

// Device configuration (5.1.4).
constexpr u32 kStatusAt = 6;
constexpr u8 kLinkUp = 1;
constexpr u8 kAnnounce = 2;

// In the header of a received packet.
constexpr u8 kNeedsChecksum = 1;  // only the pseudo header's sum is there
constexpr u8 kDataValid = 2;      // the checksum was found right
constexpr u8 kTcp4 = 1;
constexpr u8 kTcp6 = 4;
constexpr std::size_t kBuffersAt = 10;

}  // namespace

VirtioNet::VirtioNet(GuestMemory& memory, Scheduler& scheduler, EthernetWire& wire, const MacAddress& mac,
                     unsigned number)
    : VirtioDevice(memory, kFeatures, kQueueSizes),
      scheduler_(scheduler),
      wire_(wire),
      permanent_mac_(mac),
      transmit_event_(
          scheduler.add(fmt::format("virtio-net{}", number), 0, [this](Picoseconds) { transmit_batch(); })),
      // It does nothing: inputs are looked at where events are due.
      receive_event_(scheduler.add(fmt::format("virtio-net{}", number), 1, [](Picoseconds) {})),
      merge_event_(
          scheduler.add(fmt::format("virtio-net{}", number), 2, [this](Picoseconds) { deliver_merged(); })),
      mac_(mac),
      packet_(kLargestPacket + kLongNetHeader),
      segment_(kLongestFrame) {}

std::size_t VirtioNet::header_length() const {
  return modern() || negotiated(kMergeableBuffers) ? kLongNetHeader : kShortNetHeader;
}

// --- Configuration ----------------------------------------------------------------------------------------

u8 VirtioNet::read_config(u32 offset) const {
  if (offset < mac_.size()) return mac_[offset];
  if (offset == kStatusAt) return static_cast<u8>((link_ ? kLinkUp : 0) | (announce_ ? kAnnounce : 0));
  return 0;
}

void VirtioNet::write_config(u32 offset, u8 value) {
  // Drivers of the legacy interface set the address here where there is no command for it (5.1.4.3).
  if (!modern() && !negotiated(kControlMac) && offset < mac_.size()) mac_[offset] = value;
}

void VirtioNet::set_link(bool up) {
  if (up == link_) return;
  link_ = up;
  announce_ = up && negotiated(kGuestAnnounce);
  if (negotiated(kStatus)) config_changed();
}

void VirtioNet::started() {
  queue_at(kTransmit).ask_for_notification();
  queue_at(kControl).ask_for_notification();
  queue_at(kReceive).need_no_notification();
  if (negotiated(kControlVlan)) filter_.filter_vlans();
  starved_since_ = scheduler_.now();
}

void VirtioNet::stopped() {
  scheduler_.cancel(transmit_event_);
  scheduler_.cancel(receive_event_);
  scheduler_.cancel(merge_event_);
  merger_.clear();
  mac_ = permanent_mac_;
  filter_.reset();
  announce_ = starved_ = false;
  starved_since_ = 0;
}

void VirtioNet::queue_notified(u32 index) {
  switch (index) {
    case kReceive:
      if (!starved_) break;
      starved_ = false;
      queue_at(kReceive).need_no_notification();
      deliver_merged();
      // Frames may be waiting.
      scheduler_.schedule_after(receive_event_, 1);
      break;
    case kTransmit:
      if (!scheduler_.scheduled(transmit_event_)) transmit_batch();
      break;
    case kControl:
      run_commands();
      break;
    default:
      break;
  }
}

// --- Receiving --------------------------------------------------------------------------------------------

bool VirtioNet::accepts_frame() const {
  if (!receiving()) return true;
  const bool stuck = starved_ && !merger_.empty();
  if (queue_at(kReceive).has_chain() && !stuck) return true;
  return scheduler_.now() - starved_since_ > kPatience;
}

VirtioNetHeader VirtioNet::describe(std::span<const std::byte> frame) const {
  VirtioNetHeader header;
  if (negotiated(kGuestChecksum) && transport_checksum_right(frame)) header.flags = kDataValid;
  return header;
}

VirtioNetHeader VirtioNet::describe_merged() const {
  const SegmentHeaders& headers = merger_.headers();
  if (!merger_.joined()) return {.flags = kDataValid};
  return {.flags = kNeedsChecksum,
          .segmentation = headers.network == NetworkProtocol::Ipv4 ? kTcp4 : kTcp6,
          .header_length = static_cast<u16>(headers.length),
          .segment_size = merger_.segment_size(),
          .checksum_start = static_cast<u16>(headers.transport_start),
          .checksum_offset = static_cast<u16>(tcp::kChecksum)};
}

/// Drivers that take large packets of one protocol take them of the other.
bool VirtioNet::merges_segments() const {
  return negotiated(kGuestTso4) && negotiated(kGuestTso6) && negotiated(kGuestChecksum);
}

void VirtioNet::receive(std::span<const std::byte> frame) {
  if (!receiving() || !link_ || frame.size() < kEthernetHeaderLength || frame.size() > kLongestFrame) return;
  if (!filter_.passes(frame, mac_)) return;
  if (!merges_segments()) {
    deliver(describe(frame), frame);
    return;
  }
  using Taken = ReceiveMerger::Taken;
  const auto segment = whole_tcp_segment(frame);
  const bool beginning = merger_.empty();
  Taken taken = beginning ? merger_.begin(frame, segment) : merger_.add(frame, segment);
  if (taken == Taken::No && !beginning) {
    deliver_merged();
    // Whoever waited for it has waited long enough.
    merger_.clear();
    taken = merger_.begin(frame, segment);
  }
  if (taken == Taken::No) deliver(segment ? VirtioNetHeader{.flags = kDataValid} : describe(frame), frame);
  if (taken == Taken::Last) deliver_merged();
  if (taken == Taken::Held && !scheduler_.scheduled(merge_event_))
    scheduler_.schedule_after(merge_event_, kMergeTime);
}

void VirtioNet::deliver_merged() {
  scheduler_.cancel(merge_event_);
  if (merger_.empty() || !receiving()) return;
  merger_.finish();
  // Without room it waits until the driver has told of more.
  if (deliver(describe_merged(), merger_.frame()) != Delivered::NoBuffers) merger_.clear();
}

VirtioNet::Delivered VirtioNet::deliver(const VirtioNetHeader& header, std::span<const std::byte> frame) {
  std::memcpy(packet_.data(), &header, header_length());
  std::memcpy(packet_.data() + header_length(), frame.data(), frame.size());
  Virtqueue& queue = queue_at(kReceive);
  const Delivered delivered = fill_buffers(header_length() + frame.size());
  if (delivered == Delivered::Yes) publish(queue);
  if (running() && (delivered == Delivered::NoBuffers || !queue.has_chain())) note_starvation();
  return delivered;
}

VirtioNet::Delivered VirtioNet::fill_buffers(std::size_t length) {
  Virtqueue& queue = queue_at(kReceive);
  const std::span<const std::byte> packet = std::span(packet_).first(length);
  u16 taken = 0;
  for (std::size_t done = 0; done < length; ++taken) {
    DescriptorChain& chain = taken == 0 ? first_chain_ : chain_;
    const Virtqueue::Taken result = queue.take(chain);
    if (result == Virtqueue::Taken::Malformed) {
      fail();
      return Delivered::Lost;
    }
    // The buffers stay where they do not hold the whole packet.
    const bool may_go_on = taken == 0 || negotiated(kMergeableBuffers);
    if (result == Virtqueue::Taken::Nothing || !may_go_on) {
      queue.put_back(static_cast<u16>(taken + (result == Virtqueue::Taken::Chain ? 1 : 0)));
      queue.drop_pushed();
      return may_go_on ? Delivered::NoBuffers : Delivered::Lost;
    }
    const std::size_t part = std::min<u64>(chain.writable.length(), length - done);
    const bool holds_header = taken != 0 || part >= header_length();
    if (part == 0 || !holds_header || !chain.writable.write(memory(), 0, packet.subspan(done, part))) {
      fail();
      return Delivered::Lost;
    }
    queue.push(chain.head, static_cast<u32>(part));
    done += part;
  }
  if (header_length() == kLongNetHeader)
    first_chain_.writable.write(memory(), kBuffersAt, std::as_bytes(std::span(&taken, 1)));
  return Delivered::Yes;
}

void VirtioNet::note_starvation() {
  starved_ = true;
  starved_since_ = scheduler_.now();
  queue_at(kReceive).ask_for_notification();
}

void VirtioNet::serialize(Archive& archive) {
  VirtioDevice::serialize(archive);
  archive(mac_, filter_, merger_, link_, announce_, starved_, starved_since_);
}

}  // namespace ringdown
