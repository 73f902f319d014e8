// One request to a virtio block device on its way: from the driver's chain to the image and back.
#pragma once

#include <vector>

#include "core/archive.h"
#include "core/host_disk_queue.h"
#include "core/scheduler.h"
#include "devices/virtio/descriptor_chain.h"

namespace ringdown {

/// What the last byte of a request says (VIRTIO 1.2, 5.2.6).
enum class BlockStatus : u8 { Ok = 0, IoError = 1, Unsupported = 2 };

class BlockRequest {
 public:
  u16 head = 0;
  Picoseconds due = 0;   // when the driver is told
  SegmentList writable;  // where data and status go
  BlockStatus status = BlockStatus::Ok;
  std::vector<std::byte> data;  // for the driver, in front of the status

  /// The image has work to do before this is done. At most two pieces.
  void await(DiskQueue::Ticket ticket) { tickets_.push_back(ticket); }
  /// `collect` returns without waiting.
  bool ready(DiskQueue& queue) const;
  /// Waits for the image: `status` and `data` are what they come to.
  void collect(DiskQueue& queue);
  /// Nobody will ask.
  void forget(DiskQueue& queue);

  /// Bytes that it keeps busy.
  u64 size() const { return writable.length() + written_; }
  void set_written(u64 bytes) { written_ = bytes; }

  struct Limits {
    std::size_t segments;
    u64 bytes;
  };
  /// Of a request whose outcome was collected.
  void serialize(Archive& archive, const Limits& limits);

 private:
  std::vector<DiskQueue::Ticket> tickets_;
  u64 written_ = 0;  // bytes that go to the image
};

}  // namespace ringdown
