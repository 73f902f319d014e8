// Requests of the block device, and when they are answered.
#include "devices/virtio/virtio_block.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

namespace ringdown {

namespace {

using namespace virtio_block_feature;

constexpr u64 kFeatures =
    kSizeMaximum | kSegmentMaximum | kGeometry | kBlockSize | kFlush | kTopology | kConfigWce;
constexpr u16 kQueueSizes[] = {VirtioBlock::kQueueSize};

// Kinds of requests (5.2.6). Those of the legacy interface may have a bit set that asks for a barrier.
constexpr u32 kRead = 0;
constexpr u32 kWrite = 1;
constexpr u32 kFlushCache = 4;
constexpr u32 kGetId = 8;
constexpr u32 kBarrier = u32{1} << 31;
constexpr std::size_t kIdLength = 20;

/// Device configuration (5.2.4), as far as features say that it is there.
struct Configuration {
  u64 capacity;
  u32 size_max;
  u32 seg_max;
  u16 cylinders;
  u8 heads;
  u8 sectors;
  u32 block_size;
  u8 physical_block_exponent;
  u8 alignment_offset;
  u16 minimum_io_blocks;
  u32 optimal_io_blocks;
  u8 writeback;
};
constexpr u32 kWriteback = 32;
static_assert(offsetof(Configuration, writeback) == kWriteback);

/// Blocks of images are of this size (docs/images.md); none is smaller on a host's disk.
constexpr u8 kPhysicalBlockExponent = 3;

// A disk of that geometry is what BIOSes and the IDE disks of this board take it for.
constexpr u8 kHeads = 16;
constexpr u8 kSectorsPerTrack = 63;
constexpr u64 kMostCylinders = 16383;

}  // namespace

VirtioBlock::VirtioBlock(GuestMemory& memory, Scheduler& scheduler, Log& log,
                         std::unique_ptr<DiskImage> image, Picoseconds latency, unsigned number)
    : VirtioDevice(memory, kFeatures | (image->read_only() ? kReadOnly : 0), kQueueSizes),
      scheduler_(scheduler),
      log_(log),
      image_(std::move(image)),
      // Never at the same instant, where the machine could not wait for the image between two events.
      latency_(std::max<Picoseconds>(latency, 1)),
      number_(number),
      event_(scheduler.add(fmt::format("virtio-blk{}", number), 0, [this](Picoseconds) { complete_due(); })) {
}

// --- Configuration ----------------------------------------------------------------------------------------

u8 VirtioBlock::read_config(u32 offset) const {
  const u64 cylinders = image_.sectors() / (u64{kHeads} * kSectorsPerTrack);
  const Configuration configuration{image_.sectors(),
                                    kLargestSegment,
                                    kMostSegments,
                                    static_cast<u16>(std::min(cylinders, kMostCylinders)),
                                    kHeads,
                                    kSectorsPerTrack,
                                    kSectorSize,
                                    kPhysicalBlockExponent,
                                    0,
                                    1,
                                    0,
                                    static_cast<u8>(writes_back())};
  std::array<u8, sizeof configuration> bytes;
  std::memcpy(bytes.data(), &configuration, sizeof configuration);
  return offset <= kWriteback ? bytes[offset] : 0;
}

void VirtioBlock::write_config(u32 offset, u8 value) {
  if (offset == kWriteback && negotiated(kConfigWce)) write_cache_ = value != 0;
}

/// Whether writes may stay in a cache until they are flushed: only where the driver knows how (5.2.6.2).
bool VirtioBlock::writes_back() const { return negotiated(kConfigWce) ? write_cache_ : negotiated(kFlush); }

// --- Beginning --------------------------------------------------------------------------------------------

void VirtioBlock::queue_notified(u32) { begin_requests(); }

void VirtioBlock::begin_requests() {
  Virtqueue& queue = queue_at(0);
  while (requests_.size() < kMostRequests && bytes_ < kMostBytes) {
    const Virtqueue::Taken taken = queue.take(chain_);
    if (taken == Virtqueue::Taken::Nothing) return queue.ask_for_notification();
    if (taken == Virtqueue::Taken::Malformed || !begin(chain_)) return fail();
  }
  // The rest is taken when one of these is done.
  queue.need_no_notification();
}

bool VirtioBlock::begin(const DescriptorChain& chain) {
  std::array<std::byte, sizeof(Header)> bytes;
  if (chain.writable.length() == 0 || !chain.readable.read(memory(), 0, bytes)) return false;
  BlockRequest request;
  request.head = chain.head;
  request.writable = chain.writable;
  request.due = later(scheduler_.now(), latency_);
  begin_work(request, std::bit_cast<Header>(bytes), chain.readable);
  bytes_ += request.size();
  requests_.push_back(std::move(request));
  if (requests_.size() == 1) scheduler_.schedule(event_, requests_.front().due);
  return true;
}

void VirtioBlock::begin_work(BlockRequest& request, const Header& header, const SegmentList& readable) {
  switch (header.type & ~kBarrier) {
    case kRead:
      return begin_read(request, header.sector);
    case kWrite:
      return begin_write(request, header.sector, readable);
    case kFlushCache:
      return request.await(image_.flush());
    case kGetId:
      return identify(request);
    default:
      log_.write(LogCategory::Disk, "virtio-blk{}: request {} is not supported", number_, header.type);
      request.status = BlockStatus::Unsupported;
  }
}

bool VirtioBlock::within_disk(u64 sector, u64 bytes) const {
  const u64 count = bytes / kSectorSize;
  return bytes % kSectorSize == 0 && bytes <= kLargestRequest && sector <= image_.sectors() &&
         count <= image_.sectors() - sector;
}

std::vector<std::byte> VirtioBlock::buffer(u64 size) {
  std::vector<std::byte> bytes = std::exchange(spare_, {});
  bytes.resize(size);
  return bytes;
}

void VirtioBlock::begin_read(BlockRequest& request, u64 sector) {
  const u64 length = request.writable.length() - 1;
  if (!within_disk(sector, length)) {
    request.status = BlockStatus::IoError;
  } else if (length != 0) {
    request.await(image_.read(sector, buffer(length)));
  }
}

void VirtioBlock::begin_write(BlockRequest& request, u64 sector, const SegmentList& readable) {
  const u64 length = readable.length() - sizeof(Header);
  std::vector<std::byte> data;
  if (within_disk(sector, length) && !image_.read_only()) {
    data = buffer(length);
    if (!readable.read(memory(), sizeof(Header), data)) data.clear();
  }
  if (data.size() != length) {
    request.status = BlockStatus::IoError;
  } else if (length != 0) {
    request.set_written(length);
    request.await(image_.write(sector, std::move(data)));
    if (!writes_back()) request.await(image_.flush());
  }
}

void VirtioBlock::identify(BlockRequest& request) const {
  const std::string id = fmt::format("RINGDOWN-VIRTIO-{}", number_);
  request.data.resize(std::min<u64>(kIdLength, request.writable.length() - 1));
  std::ranges::copy(std::as_bytes(std::span(id)).first(std::min(id.size(), request.data.size())),
                    request.data.begin());
}

// --- Ending -----------------------------------------------------------------------------------------------

bool VirtioBlock::waits_for_image() {
  if (!scheduler_.scheduled(event_)) return false;
  const Picoseconds now = scheduler_.now();
  return std::ranges::any_of(
      requests_, [&](const BlockRequest& request) { return request.due <= now && !request.ready(image_); });
}

void VirtioBlock::complete_due() {
  const Picoseconds now = scheduler_.now();
  Virtqueue& queue = queue_at(0);
  while (!requests_.empty() && requests_.front().due <= now) {
    BlockRequest request = std::move(requests_.front());
    requests_.pop_front();
    bytes_ -= request.size();
    request.collect(image_);
    // Without bus mastering nothing reaches the driver any more; it has to reset the device.
    if (!running() || !answer(request)) return fail();
  }
  if (!requests_.empty()) scheduler_.schedule(event_, requests_.front().due);
  publish(queue);
  if (running()) begin_requests();
}

bool VirtioBlock::answer(BlockRequest& request) {
  const auto status = static_cast<std::byte>(request.status);
  const u64 status_at = request.writable.length() - 1;
  if (!request.writable.write(memory(), 0, request.data) ||
      !request.writable.write(memory(), status_at, std::span(&status, 1))) {
    return false;
  }
  // Of what was written, only the part up to a gap counts (2.7.8.2).
  const bool whole = request.data.size() == status_at;
  queue_at(0).push(request.head, static_cast<u32>(request.data.size() + (whole ? 1 : 0)));
  spare_ = std::move(request.data);
  return true;
}

void VirtioBlock::stopped() {
  for (BlockRequest& request : requests_) request.forget(image_);
  requests_.clear();
  bytes_ = 0;
  scheduler_.cancel(event_);
  write_cache_ = true;
}

// --- State ------------------------------------------------------------------------------------------------

void VirtioBlock::serialize(Archive& archive) {
  VirtioDevice::serialize(archive);
  u64 sectors = image_.sectors();
  u64 count = requests_.size();
  archive(sectors, write_cache_, count);
  if (sectors != image_.sectors()) archive.fail("the image of a virtio disk has another size");
  if (archive.loading()) {
    for (BlockRequest& request : requests_) request.forget(image_);
    if (count > kMostRequests) archive.fail("too many requests to a disk");
    requests_.clear();
    requests_.resize(archive.failed() ? 0 : count);
  }
  bytes_ = 0;
  for (BlockRequest& request : requests_) {
    // A state holds what the image's work came to, so that it goes on wherever the image was at.
    request.collect(image_);
    request.serialize(archive, {kQueueSize, kLargestRequest});
    if (archive.failed()) break;
    bytes_ += request.size();
  }
  if (!archive.failed()) return;
  requests_.clear();
  bytes_ = 0;
}

}  // namespace ringdown
