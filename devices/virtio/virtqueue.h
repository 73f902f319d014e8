// A split virtqueue (VIRTIO 1.2, 2.7): the descriptor table, the driver's ring and the device's.
#pragma once

#include "core/archive.h"
#include "core/dma_memory.h"
#include "devices/virtio/descriptor_chain.h"

namespace ringdown {

/// What was negotiated about rings.
struct RingFeatures {
  bool indirect = false;         // descriptors may lead to tables of descriptors
  bool event_index = false;      // both sides say by index when they want to be told
  bool notify_on_empty = false;  // the driver is told when its ring has run empty, whatever it asked for
};

class Virtqueue {
 public:
  /// `largest` is a power of two, at most 32768.
  Virtqueue(const DmaMemory& memory, u16 largest);

  // --- What the driver sets up ---

  /// Guest-physical addresses.
  struct Places {
    u64 descriptors = 0;
    u64 driver = 0;  // the available ring
    u64 device = 0;  // the used ring
  };

  u16 largest() const { return largest_; }
  u16 size() const { return size_; }
  /// Ignored unless it is a power of two of at most `largest`.
  void set_size(u32 size);
  const Places& places() const { return places_; }
  void set_places(const Places& places) { places_ = places; }
  /// All three parts behind each other, as the legacy interface has them (2.7.2): `page` counts 4096 bytes.
  void place_legacy(u32 page);
  bool enabled() const { return enabled_; }
  void set_enabled(bool enabled) { enabled_ = enabled; }
  void set_features(RingFeatures features) { features_ = features; }
  /// As at power-on, but for the features.
  void reset();

  // --- What the device does ---

  enum class Taken : u8 { Chain, Nothing, Malformed };
  /// The next chain that the driver offers. A malformed one, or a ring that is not in memory, cannot be gone
  /// on from.
  Taken take(DescriptorChain& chain);
  /// Something can be taken, or is malformed. Without effects, and false where no ring can be.
  bool has_chain() const;
  /// The last `chains` were not taken after all. Only while none of them has been returned.
  void put_back(u16 chains) { next_ = static_cast<u16>(next_ - chains); }

  /// Returns a chain to the driver, with how many bytes were written to it; it sees that after `publish`.
  void push(u16 head, u32 written);
  /// What was pushed since the last `publish` is not returned after all.
  void drop_pushed() { pushed_ = 0; }
  enum class Published : u8 { Quietly, Interrupt, Malformed };
  /// Shows the driver everything that was pushed, and says whether it wants an interrupt for it.
  Published publish();

  /// The driver is to notify the device of the next chain; or need not, until it is asked again. With event
  /// indices it may notify nonetheless.
  void ask_for_notification();
  void need_no_notification();

  void serialize(Archive& archive);

 private:
  /// Follows the descriptors from `chain.head` on.
  bool walk(DescriptorChain& chain) const;
  u16 mask() const { return static_cast<u16>(size_ - 1); }
  u64 driver_ring(u16 index) const { return places_.driver + 4 + u64{2} * (index & mask()); }
  u64 device_ring(u16 index) const { return places_.device + 4 + u64{8} * (index & mask()); }
  /// When the driver wants an interrupt (event index).
  u64 used_event() const { return places_.driver + 4 + u64{2} * size_; }
  /// When the device wants a notification (event index).
  u64 available_event() const { return places_.device + 4 + u64{8} * size_; }

  const DmaMemory& memory_;
  const u16 largest_;
  RingFeatures features_;
  u16 size_;
  Places places_;
  bool enabled_ = false;
  u16 next_ = 0;       // index in the driver's ring of what is taken next
  u16 used_ = 0;       // the device's ring as it is published
  u16 pushed_ = 0;     // and what is not yet
  bool lost_ = false;  // something could not be pushed: the ring is not in memory
};

}  // namespace ringdown
