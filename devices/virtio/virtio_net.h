// The network device (VIRTIO 1.2, 5.1): one pair of queues for frames, one queue for commands.
#pragma once

#include <array>
#include <vector>

#include "core/ethernet.h"
#include "core/scheduler.h"
#include "devices/virtio/receive_filter.h"
#include "devices/virtio/receive_merger.h"
#include "devices/virtio/virtio_device.h"

namespace ringdown {

/// Feature bits (5.1.3).
namespace virtio_net_feature {
inline constexpr u64 kChecksum = virtio_feature(0);
inline constexpr u64 kGuestChecksum = virtio_feature(1);
inline constexpr u64 kMac = virtio_feature(5);
inline constexpr u64 kGuestTso4 = virtio_feature(7);
inline constexpr u64 kGuestTso6 = virtio_feature(8);
inline constexpr u64 kHostTso4 = virtio_feature(11);
inline constexpr u64 kHostTso6 = virtio_feature(12);
inline constexpr u64 kHostEcn = virtio_feature(13);
inline constexpr u64 kMergeableBuffers = virtio_feature(15);
inline constexpr u64 kStatus = virtio_feature(16);
inline constexpr u64 kControlQueue = virtio_feature(17);
inline constexpr u64 kControlReceive = virtio_feature(18);
inline constexpr u64 kControlVlan = virtio_feature(19);
inline constexpr u64 kControlReceiveExtra = virtio_feature(20);
inline constexpr u64 kGuestAnnounce = virtio_feature(21);
inline constexpr u64 kControlMac = virtio_feature(23);
}  // namespace virtio_net_feature

/// The header in front of every frame in a buffer (5.1.6). The last field is there with mergeable buffers, or
/// to modern drivers.
struct VirtioNetHeader {
  u8 flags = 0;
  u8 segmentation = 0;
  u16 header_length = 0;
  u16 segment_size = 0;
  u16 checksum_start = 0;
  u16 checksum_offset = 0;
  u16 buffers = 0;
};
inline constexpr std::size_t kShortNetHeader = 10;
inline constexpr std::size_t kLongNetHeader = 12;
static_assert(sizeof(VirtioNetHeader) == kLongNetHeader);
/// 64 KiB of IP behind a header with a VLAN tag: the largest packet that either side hands over.
inline constexpr std::size_t kLargestPacket = 65535 + kEthernetHeaderLength + 4;

class VirtioNet final : public VirtioDevice, public EthernetPort {
 public:
  static constexpr u16 kPciDevice = 0x1000;
  static constexpr u16 kSubsystem = 1;
  static constexpr u16 kPciClass = 0x0200;
  enum Queue : u32 { kReceive, kTransmit, kControl };

  /// What a transmission may do at a time; the rest follows as fast as the wire takes it.
  static constexpr unsigned kBatchFrames = 64;
  static constexpr u64 kBatchBytes = u64{128} << 10;
  static constexpr u64 kBitsPerSecond = 10'000'000'000;
  /// How long frames wait for a driver whose ring has run empty; after that they are lost, as on any adapter.
  static constexpr Picoseconds kPatience = milliseconds(50);
  /// How long a segment is held for others to be joined to it.
  static constexpr Picoseconds kMergeTime = microseconds(50);

  /// `number` of the adapter within the machine.
  VirtioNet(GuestMemory& memory, Scheduler& scheduler, EthernetWire& wire, const MacAddress& mac,
            unsigned number);

  // EthernetPort.
  bool accepts_frame() const override;
  void receive(std::span<const std::byte> frame) override;
  void set_link(bool up) override;

  // VirtioDevice.
  u8 read_config(u32 offset) const override;
  void write_config(u32 offset, u8 value) override;
  void serialize(Archive& archive) override;

 private:
  void queue_notified(u32 index) override;
  void started() override;
  void stopped() override;

  std::size_t header_length() const;

  // Receiving.
  bool receiving() const { return running() && queue_at(kReceive).enabled(); }
  VirtioNetHeader describe(std::span<const std::byte> frame) const;
  VirtioNetHeader describe_merged() const;
  bool merges_segments() const;
  void deliver_merged();
  enum class Delivered : u8 { Yes, NoBuffers, Lost };
  Delivered deliver(const VirtioNetHeader& header, std::span<const std::byte> frame);
  /// Puts the packet that is staged into buffers.
  Delivered fill_buffers(std::size_t length);
  void note_starvation();

  // Transmitting: virtio_net_transmit.cpp.
  void transmit_batch();
  /// Frames that went out for a chain, at least 1.
  unsigned transmit(const DescriptorChain& chain);
  unsigned transmit_segments(std::span<std::byte> packet, const VirtioNetHeader& header);
  void send(std::span<const std::byte> frame);

  // Commands: virtio_net_control.cpp.
  void run_commands();
  bool run_command(const SegmentList& command);
  bool set_receive_mode(u8 command, const SegmentList& data);
  bool set_addresses(u8 command, const SegmentList& data);
  bool read_address_lists(const SegmentList& data);
  bool set_vlan(u8 command, const SegmentList& data);

  Scheduler& scheduler_;
  EthernetWire& wire_;
  const MacAddress permanent_mac_;
  EventId transmit_event_;
  EventId receive_event_;
  EventId merge_event_;

  MacAddress mac_;
  ReceiveFilter filter_;
  ReceiveMerger merger_;
  bool link_ = true;
  bool announce_ = false;  // the driver is to tell its neighbours where it is
  bool starved_ = false;   // the receive queue ran empty, and the driver was asked to say when it is not
  Picoseconds starved_since_ = 0;  // when it ran empty last

  // Scratch: holds nothing between calls.
  DescriptorChain chain_;
  DescriptorChain first_chain_;
  std::vector<std::byte> packet_;
  std::vector<std::byte> segment_;
};

}  // namespace ringdown
