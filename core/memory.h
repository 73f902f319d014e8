// Guest memory: the backing store, the machine's memory map, and the one seam through which RAM is written.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "core/archive.h"
#include "core/bus.h"
#include "core/host_mapping.h"
#include "core/types.h"

namespace ringdown {

/// RAM and ROM of one machine: a single contiguous shareable host mapping (a memfd on Linux).
class MemoryStore {
 public:
  /// `ram_size` and `rom_size` in bytes, multiples of 4 KiB; RAM comes first. Fresh pages read zero.
  static Result<MemoryStore> create(u64 ram_size, u64 rom_size);

  u64 ram_size() const { return ram_size_; }
  u64 rom_size() const { return rom_size_; }
  u32 frame_count() const { return static_cast<u32>((ram_size_ + rom_size_) >> kPageShift); }
  HostFrame first_rom_frame() const { return HostFrame(static_cast<u32>(ram_size_ >> kPageShift)); }
  bool is_rom(HostFrame frame) const { return frame >= first_rom_frame(); }
  /// The first frame at or after `frame` whose page may hold something other than zeros; frame_count() if
  /// none.
  HostFrame next_touched(HostFrame frame) const;
  /// Start of a page. Writing here goes past write tracking: only GuestMemory and the TLB may.
  u8* page(HostFrame frame) const { return mapping_.data() + (static_cast<u64>(frame.value) << kPageShift); }

 private:
  MemoryStore(HostMapping mapping, u64 ram_size, u64 rom_size)
      : mapping_(std::move(mapping)), ram_size_(ram_size), rom_size_(rom_size) {}
  HostMapping mapping_;
  u64 ram_size_;
  u64 rom_size_;
};

/// Why a frame must not be written behind the machine's back.
enum class Tracking : u8 {
  Code = 1,             // the block cache holds operations decoded from it
  PageTable = 2,        // the processor's own paging unit derived translations from it
  DescriptorTable = 4,  // shadow descriptors were derived from it
  ShadowedTable = 8,    // shadow page tables were derived from it, or a guest registered it as a page table
};

/// Told of writes to tracked frames and of changes of the map.
class MemoryObserver {
 public:
  virtual ~MemoryObserver() = default;
  /// Bytes [offset, offset + length) of a frame with tracking of a kind that the observer is for were
  /// written.
  virtual void frame_written(HostFrame frame, u32 offset, u32 length) = 0;
  /// Whether it would do anything when told of that write.
  virtual bool concerns(HostFrame /*frame*/, u32 /*offset*/, u32 /*length*/) const { return true; }
  /// A frame gained its first tracking of a kind: cached write permission to it must go.
  virtual void tracking_added(HostFrame frame) = 0;
  /// Guest-physical addresses now lead elsewhere (A20, PAM, SMRAM, a BAR, the VGA window).
  virtual void map_changed() = 0;
};

/// The guest-physical address space. Every write to guest RAM that is not the processor's own fast path goes
/// through `write`; the fast path may be used only for frames without tracking.
class GuestMemory : public Serializable {
 public:
  /// `devices` answers where the map says Device.
  GuestMemory(MemoryStore& store, Bus& devices);

  /// Where the reads and writes of a 4 KiB page go.
  struct Page {
    static constexpr u32 kDevice = 0xffff'ffff;   // to the device bus
    static constexpr u32 kDiscard = 0xffff'fffe;  // writes only: dropped (ROM)
    u32 read_frame = kDevice;
    u32 write_frame = kDevice;
    friend bool operator==(const Page&, const Page&) = default;
  };

  /// Maps [start, start + length) (page multiples below 4 GiB) and tells the observers if anything changed.
  /// Frames count up from the given one; kDevice and kDiscard stay what they are.
  void map(GuestPhysical start, u64 length, Page first);
  void map_ram(GuestPhysical start, u64 length, HostFrame first) {
    map(start, length, {first.value, first.value});
  }
  void map_rom(GuestPhysical start, u64 length, HostFrame first) {
    map(start, length, {first.value, Page::kDiscard});
  }
  void map_device(GuestPhysical start, u64 length) { map(start, length, {}); }

  /// The page that `address` leads to after A20. Addresses at or above 4 GiB are device space.
  Page page(GuestPhysical address) const {
    const u64 number = (address.value & a20_mask_) >> kPageShift;
    return number < pages_.size() ? pages_[number] : Page{};
  }
  /// The address on the device bus.
  GuestPhysical apply_a20(GuestPhysical address) const { return GuestPhysical(address.value & a20_mask_); }
  void set_a20(bool enabled);
  bool a20() const { return a20_mask_ == ~u64{0}; }

  MemoryStore& store() { return store_; }
  const MemoryStore& store() const { return store_; }
  Bus& devices() { return devices_; }

  /// DMA, loaders, debuggers and page walks: reads RAM and ROM; device pages through the bus.
  void read(GuestPhysical address, std::span<std::byte> data) const;
  /// The seam: writes RAM, tells observers of tracked frames; ROM drops; device pages are on the bus.
  void write(GuestPhysical address, std::span<const std::byte> data);
  /// Writes one frame's bytes with tracking; `offset + data.size()` stays within the page.
  void write_frame(HostFrame frame, u32 offset, std::span<const std::byte> data);
  /// Tells the observers that the caller has just stored to a frame that had the tracking `kinds`.
  void notify_written(HostFrame frame, u32 offset, u32 length, u8 kinds);
  /// Whether a store to a tracked frame would matter to any of them.
  bool concerns_observers(HostFrame frame, u32 offset, u32 length) const;

  template <class T>
  T read_value(GuestPhysical address) const {
    T value;
    read(address, std::as_writable_bytes(std::span<T, 1>(&value, 1)));
    return value;
  }
  template <class T>
  void write_value(GuestPhysical address, T value) {
    write(address, std::as_bytes(std::span<const T, 1>(&value, 1)));
  }

  /// Bit set of Tracking.
  u8 tracking(HostFrame frame) const { return tracking_[frame.value]; }
  bool tracked(HostFrame frame, Tracking kind) const {
    return (tracking_[frame.value] & static_cast<u8>(kind)) != 0;
  }
  void track(HostFrame frame, Tracking kind);
  void untrack(HostFrame frame, Tracking kind);

  /// `kinds`: of the frames whose writes the observer is told of. Of the rest all observers are told.
  void add_observer(MemoryObserver& observer, std::initializer_list<Tracking> kinds);
  void remove_observer(MemoryObserver& observer);

  /// Saves RAM (zlib, zero pages left out), the A20 gate. The map itself is rebuilt by the devices that
  /// program it. Restoring writes through the seam.
  ChunkTag chunk_tag() const override { return ChunkTag("RAM "); }
  void serialize(Archive& archive) override;

 private:
  void tell_map_changed();
  void save_ram(Archive& archive);
  void load_ram(Archive& archive);

  MemoryStore& store_;
  Bus& devices_;
  std::vector<Page> pages_;
  std::vector<u8> tracking_;
  u64 a20_mask_ = ~u64{0};
  struct Registration {
    MemoryObserver* observer;
    u8 kinds;
  };
  std::vector<Registration> observers_;
};

}  // namespace ringdown
