// The block device (VIRTIO 1.2, 5.2): sectors of an image through one queue.
#pragma once

#include <deque>
#include <memory>

#include "core/host_disk_queue.h"
#include "core/log.h"
#include "core/scheduler.h"
#include "devices/virtio/block_request.h"
#include "devices/virtio/virtio_device.h"

namespace ringdown {

/// Feature bits (5.2.3).
namespace virtio_block_feature {
inline constexpr u64 kSizeMaximum = virtio_feature(1);
inline constexpr u64 kSegmentMaximum = virtio_feature(2);
inline constexpr u64 kGeometry = virtio_feature(4);
inline constexpr u64 kReadOnly = virtio_feature(5);
inline constexpr u64 kBlockSize = virtio_feature(6);
inline constexpr u64 kFlush = virtio_feature(9);
inline constexpr u64 kTopology = virtio_feature(10);
inline constexpr u64 kConfigWce = virtio_feature(11);
}  // namespace virtio_block_feature

/// The host begins with a request when the driver makes it; the driver is told after a fixed virtual time.
class VirtioBlock final : public VirtioDevice {
 public:
  static constexpr u16 kPciDevice = 0x1001;
  static constexpr u16 kSubsystem = 2;
  static constexpr u16 kPciClass = 0x0100;

  /// What drivers are told, and what a request may therefore have at most.
  static constexpr u16 kQueueSize = 128;
  static constexpr u32 kMostSegments = kQueueSize - 2;  // beside the request's header and its status
  static constexpr u32 kLargestSegment = u32{64} << 10;
  static constexpr u64 kLargestRequest = u64{kMostSegments} * kLargestSegment;
  /// Requests, and their bytes, that are under way at a time; the others wait in the queue.
  static constexpr std::size_t kMostRequests = 64;
  static constexpr u64 kMostBytes = kLargestRequest;

  /// Takes the image over. `number` among the machine's virtio disks; `latency` of a request in virtual time.
  VirtioBlock(GuestMemory& memory, Scheduler& scheduler, Log& log, std::unique_ptr<DiskImage> image,
              Picoseconds latency, unsigned number);

  /// A request is due and its image is late.
  bool waits_for_image();
  /// `wake` is called from another thread when that has become false.
  void set_wake(std::function<void()> wake) { image_.set_wake(std::move(wake)); }
  /// Waits until everything written is on the host's disk.
  Result<void> flush_image() { return image_.flush_now(); }

  // VirtioDevice.
  u8 read_config(u32 offset) const override;
  void write_config(u32 offset, u8 value) override;
  /// The image itself is no part of the state; restoring refuses an image of another size.
  void serialize(Archive& archive) override;

 private:
  /// The start of each request (5.2.6).
  struct Header {
    u32 type;
    u32 reserved;
    u64 sector;
  };

  void queue_notified(u32 index) override;
  void stopped() override;

  bool writes_back() const;
  /// Begins with what the driver has queued, as far as there is room for it.
  void begin_requests();
  /// False if the chain is no request.
  bool begin(const DescriptorChain& chain);
  void begin_work(BlockRequest& request, const Header& header, const SegmentList& readable);
  void begin_read(BlockRequest& request, u64 sector);
  void begin_write(BlockRequest& request, u64 sector, const SegmentList& readable);
  bool within_disk(u64 sector, u64 bytes) const;
  void identify(BlockRequest& request) const;
  void complete_due();
  /// False if the driver's memory is gone.
  bool answer(BlockRequest& request);
  std::vector<std::byte> buffer(u64 size);

  Scheduler& scheduler_;
  Log& log_;
  DiskQueue image_;
  const Picoseconds latency_;
  const unsigned number_;
  EventId event_;

  bool write_cache_ = true;  // as the driver asks for by CONFIG_WCE
  std::deque<BlockRequest> requests_;
  u64 bytes_ = 0;  // of all of them

  // Scratch: holds nothing between calls.
  DescriptorChain chain_;
  std::vector<std::byte> spare_;
};

}  // namespace ringdown
