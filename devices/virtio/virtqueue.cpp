// Walks descriptors that a driver wrote, trusting none of them, and keeps both rings.
#include "devices/virtio/virtqueue.h"

#include <bit>

namespace ringdown {

namespace {

/// One entry of a descriptor table (2.7.5).
struct Descriptor {
  u64 address;
  u32 length;
  u16 flags;
  u16 next;
};
static_assert(sizeof(Descriptor) == 16);

constexpr u16 kNext = 1;
constexpr u16 kWritable = 2;
constexpr u16 kIndirect = 4;

constexpr u16 kNoInterrupt = 1;     // flags of the driver's ring
constexpr u16 kNoNotification = 1;  // flags of the device's ring
constexpr u64 kIndex = 2;           // offset of the index in either ring
constexpr u64 kLegacyAlignment = 4096;

/// One entry of the device's ring (2.7.8).
struct UsedElement {
  u32 head;
  u32 written;
};

/// `index` has just gone from `before` to `now`: did it pass `event` (2.7.7.2, 2.7.10)?
constexpr bool passed(u16 event, u16 now, u16 before) {
  return static_cast<u16>(now - event - 1) < static_cast<u16>(now - before);
}

}  // namespace

Virtqueue::Virtqueue(const DmaMemory& memory, u16 largest)
    : memory_(memory), largest_(largest), size_(largest) {}

void Virtqueue::set_size(u32 size) {
  if (std::has_single_bit(size) && size <= largest_) size_ = static_cast<u16>(size);
}

void Virtqueue::place_legacy(u32 page) {
  const u64 table = u64{page} * kLegacyAlignment;
  const u64 driver = table + sizeof(Descriptor) * size_;
  const u64 driver_end = driver + 2 * (u64{3} + size_);
  places_ = {table, driver, (driver_end + kLegacyAlignment - 1) & ~(kLegacyAlignment - 1)};
}

void Virtqueue::reset() {
  size_ = largest_;
  places_ = {};
  enabled_ = false;
  next_ = used_ = pushed_ = 0;
  lost_ = false;
}

// --- From the driver --------------------------------------------------------------------------------------

bool Virtqueue::has_chain() const {
  if (!enabled_) return false;
  const std::optional<u16> index = memory_.read_ring<u16>(places_.driver + kIndex);
  return index && *index != next_;
}

Virtqueue::Taken Virtqueue::take(DescriptorChain& chain) {
  if (!enabled_) return Taken::Nothing;
  const std::optional<u16> index = memory_.read_ring<u16>(places_.driver + kIndex);
  if (!index) return Taken::Malformed;
  if (*index == next_) return Taken::Nothing;
  if (static_cast<u16>(*index - next_) > size_) return Taken::Malformed;
  const std::optional<u16> head = memory_.read_ring<u16>(driver_ring(next_));
  if (!head || *head >= size_) return Taken::Malformed;
  chain.clear();
  chain.head = *head;
  if (!walk(chain)) return Taken::Malformed;
  ++next_;
  return Taken::Chain;
}

bool Virtqueue::walk(DescriptorChain& chain) const {
  u64 table = places_.descriptors;
  u32 entries = size_;
  u32 at = chain.head;
  bool inside = false;  // of an indirect table
  // No chain is longer than the queue, whatever tables it leads through (2.7.5.3.1): this also ends loops.
  for (u32 left = size_; left != 0;) {
    const auto descriptor = memory_.read_ring<Descriptor>(table + sizeof(Descriptor) * at);
    if (!descriptor) return false;
    if ((descriptor->flags & kIndirect) != 0) {
      if (!features_.indirect || inside || (descriptor->flags & kNext) != 0) return false;
      if (descriptor->length == 0 || descriptor->length % sizeof(Descriptor) != 0) return false;
      table = descriptor->address;
      entries = descriptor->length / sizeof(Descriptor);
      at = 0;
      inside = true;
      continue;
    }
    --left;
    const bool writable = (descriptor->flags & kWritable) != 0;
    // What the device writes stands behind what it reads (2.7.4.2).
    if (!writable && chain.writable.count() != 0) return false;
    if (!segment_exists(descriptor->address, descriptor->length)) return false;
    (writable ? chain.writable : chain.readable)
        .add({GuestPhysical(descriptor->address), descriptor->length});
    if ((descriptor->flags & kNext) == 0) return true;
    at = descriptor->next;
    if (at >= entries) return false;
  }
  return false;
}

void Virtqueue::ask_for_notification() {
  // Where no ring can be, the next `take` says so.
  if (features_.event_index) {
    (void)memory_.write_ring<u16>(available_event(), next_);
  } else {
    (void)memory_.write_ring<u16>(places_.device, 0);
  }
}

void Virtqueue::need_no_notification() {
  // With event indices, the one that was set before lies behind.
  if (!features_.event_index) (void)memory_.write_ring<u16>(places_.device, kNoNotification);
}

// --- To the driver ----------------------------------------------------------------------------------------

void Virtqueue::push(u16 head, u32 written) {
  const u64 place = device_ring(static_cast<u16>(used_ + pushed_));
  lost_ |= !memory_.write_ring(place, UsedElement{head, written});
  ++pushed_;
}

Virtqueue::Published Virtqueue::publish() {
  if (pushed_ == 0) return Published::Quietly;
  const u16 before = used_;
  used_ = static_cast<u16>(used_ + pushed_);
  pushed_ = 0;
  lost_ |= !memory_.write_ring(places_.device + kIndex, used_);
  if (lost_) return Published::Malformed;
  if (features_.notify_on_empty && !has_chain()) return Published::Interrupt;
  if (features_.event_index) {
    const std::optional<u16> event = memory_.read_ring<u16>(used_event());
    if (!event) return Published::Malformed;
    return passed(*event, used_, before) ? Published::Interrupt : Published::Quietly;
  }
  const std::optional<u16> flags = memory_.read_ring<u16>(places_.driver);
  if (!flags) return Published::Malformed;
  return (*flags & kNoInterrupt) == 0 ? Published::Interrupt : Published::Quietly;
}

void Virtqueue::serialize(Archive& archive) {
  archive(size_, places_.descriptors, places_.driver, places_.device, enabled_, next_, used_, pushed_, lost_);
  if (!archive.loading()) return;
  if (std::has_single_bit(size_) && size_ <= largest_ && pushed_ <= size_) return;
  archive.fail("a virtqueue is inconsistent");
  reset();
}

}  // namespace ringdown
