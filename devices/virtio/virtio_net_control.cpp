// Commands to the network device (5.1.6.5).
#include "devices/virtio/virtio_net.h"

namespace ringdown {

namespace {

// Classes.
constexpr u8 kClassReceive = 0;
constexpr u8 kClassMac = 1;
constexpr u8 kClassVlan = 2;
constexpr u8 kClassAnnounce = 3;

// Commands.
constexpr u8 kMacTableSet = 0;
constexpr u8 kMacAddressSet = 1;
constexpr u8 kVlanAdd = 0;
constexpr u8 kVlanDelete = 1;
constexpr u8 kAnnounceAcknowledge = 0;

constexpr u64 kDataAt = 2;  // behind class and command
constexpr std::byte kOk{0};
constexpr std::byte kError{1};

/// At most the whole queue at a time.
constexpr unsigned kBatchCommands = 64;

}  // namespace

void VirtioNet::run_commands() {
  Virtqueue& queue = queue_at(kControl);
  for (unsigned i = 0; i < kBatchCommands; ++i) {
    const Virtqueue::Taken taken = queue.take(chain_);
    if (taken == Virtqueue::Taken::Nothing) break;
    // Neither a command without class and number, nor one without a place for the answer, can be answered.
    if (taken == Virtqueue::Taken::Malformed || chain_.readable.length() < kDataAt ||
        chain_.writable.length() == 0) {
      return fail();
    }
    const std::byte answer = run_command(chain_.readable) ? kOk : kError;
    if (!chain_.writable.write(memory(), 0, std::span(&answer, 1))) return fail();
    queue.push(chain_.head, 1);
  }
  queue.ask_for_notification();
  publish(queue);
}

bool VirtioNet::run_command(const SegmentList& command) {
  std::array<u8, kDataAt> start{};
  if (!command.read(memory(), 0, std::as_writable_bytes(std::span(start)))) return false;
  switch (start[0]) {
    case kClassReceive:
      return negotiated(virtio_net_feature::kControlReceive) && set_receive_mode(start[1], command);
    case kClassMac:
      return set_addresses(start[1], command);
    case kClassVlan:
      return negotiated(virtio_net_feature::kControlVlan) && set_vlan(start[1], command);
    case kClassAnnounce:
      if (start[1] != kAnnounceAcknowledge || !announce_) return false;
      announce_ = false;
      return true;
    default:
      return false;
  }
}

bool VirtioNet::set_receive_mode(u8 command, const SegmentList& data) {
  using Mode = ReceiveFilter::Mode;
  const bool extra = command > static_cast<u8>(Mode::AllMulticast);
  std::byte on{};
  if (command >= ReceiveFilter::kModes || (extra && !negotiated(virtio_net_feature::kControlReceiveExtra)))
    return false;
  if (!data.read(memory(), kDataAt, std::span(&on, 1))) return false;
  filter_.set_mode(static_cast<Mode>(command), on != std::byte{0});
  return true;
}

bool VirtioNet::set_addresses(u8 command, const SegmentList& data) {
  if (command == kMacTableSet)
    return negotiated(virtio_net_feature::kControlReceive) && read_address_lists(data);
  if (command != kMacAddressSet || !negotiated(virtio_net_feature::kControlMac)) return false;
  MacAddress address;
  if (data.length() != kDataAt + address.size() ||
      !data.read(memory(), kDataAt, std::as_writable_bytes(std::span(address)))) {
    return false;
  }
  mac_ = address;
  return true;
}

bool VirtioNet::read_address_lists(const SegmentList& data) {
  u64 at = kDataAt;
  ReceiveFilter::AddressList lists[2];  // unicast, multicast
  for (ReceiveFilter::AddressList& list : lists) {
    u32 count = 0;
    if (!data.read(memory(), at, std::as_writable_bytes(std::span(&count, 1)))) return false;
    at += sizeof count;
    if (data.length() - at < u64{count} * sizeof(MacAddress)) return false;
    // What does not fit is counted by one more, which need not be read.
    const u32 kept = std::min<u32>(count, ReceiveFilter::kMostAddresses + 1);
    for (u32 i = 0; i < kept; ++i) {
      MacAddress address;
      if (!data.read(memory(), at + i * sizeof address, std::as_writable_bytes(std::span(address))))
        return false;
      list.add(address);
    }
    at += u64{count} * sizeof(MacAddress);
  }
  if (at != data.length()) return false;
  filter_.unicast = std::move(lists[0]);
  filter_.multicast = std::move(lists[1]);
  return true;
}

bool VirtioNet::set_vlan(u8 command, const SegmentList& data) {
  u16 vlan = 0;
  if (command != kVlanAdd && command != kVlanDelete) return false;
  if (!data.read(memory(), kDataAt, std::as_writable_bytes(std::span(&vlan, 1)))) return false;
  if (vlan >= ReceiveFilter::kVlans) return false;
  filter_.set_vlan(vlan, command == kVlanAdd);
  return true;
}

}  // namespace ringdown
