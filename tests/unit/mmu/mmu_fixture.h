// A machine of memory only: RAM, a ROM, a device window, and helpers that build page tables in it.
#pragma once

#include <cstdlib>
#include <vector>

#include "core/memory.h"
#include "mmu/guest_paging.h"
#include "mmu/page_entry.h"

namespace ringdown::test {

/// Entry bits by the manual's names, for building tables.
inline constexpr u64 kP = page_entry::Present::kMask;
inline constexpr u64 kRw = page_entry::Writable::kMask;
inline constexpr u64 kUs = page_entry::User::kMask;
inline constexpr u64 kA = page_entry::Accessed::kMask;
inline constexpr u64 kD = page_entry::Dirty::kMask;
inline constexpr u64 kPs = page_entry::PageSize::kMask;
inline constexpr u64 kNx = page_entry::NoExecute::kMask;

/// Remembers each access it gets.
class RecordingDevice final : public BusRange {
 public:
  struct Access {
    u32 offset;
    Width width;
    u64 value;
    bool write;
    friend bool operator==(const Access&, const Access&) = default;
  };
  u64 read(u32 offset, Width width) override {
    accesses.push_back({offset, width, 0, false});
    return u64{0x1122'3344'5566'7788} & open_bus(width);
  }
  void write(u32 offset, Width width, u64 value) override {
    accesses.push_back({offset, width, value, true});
  }

  std::vector<Access> accesses;
};

/// RAM at 0, a device at kDevice, ROM at kRom, nothing elsewhere.
struct MemoryMachine {
  static constexpr u64 kRamSize = u64{8} << 20;
  static constexpr u64 kRomSize = u64{64} << 10;
  static constexpr u32 kDevice = 0xf000'0000;
  static constexpr u32 kDeviceSize = 0x1'0000;
  static constexpr u32 kRom = 0xfff0'0000;

  MemoryMachine() {
    memory.map_ram(GuestPhysical(0), kRamSize, HostFrame(0));
    memory.map_rom(GuestPhysical(kRom), kRomSize, store.first_rom_frame());
    if (!bus.attach(kDevice, kDeviceSize, device, "test", Width::Qword)) std::abort();
  }

  void entry32(u32 table, u32 slot, u64 value) {
    memory.write_value(GuestPhysical(table + slot * 4), static_cast<u32>(value));
  }
  void entry_pae(u32 table, u32 slot, u64 value) {
    memory.write_value(GuestPhysical(table + slot * 8), value);
  }
  u32 entry32(u32 table, u32 slot) { return memory.read_value<u32>(GuestPhysical(table + slot * 4)); }
  u64 entry_pae(u32 table, u32 slot) { return memory.read_value<u64>(GuestPhysical(table + slot * 8)); }

  Log log;
  Bus bus{"memory", log};
  RecordingDevice device;
  MemoryStore store = std::move(*MemoryStore::create(kRamSize, kRomSize));
  GuestMemory memory{store, bus};
};

inline PagingControls controls32(u32 cr3) {
  PagingControls controls;
  controls.paging = true;
  controls.write_protect = true;
  controls.page_size_extension = true;
  controls.cr3 = cr3;
  return controls;
}

inline PagingControls controls_pae(u32 directory) {
  PagingControls controls = controls32(0);
  controls.physical_address_extension = true;
  controls.no_execute = true;
  controls.pdpte = {directory | kP, 0, 0, 0};
  return controls;
}

/// Remembers what it was told to invalidate.
class RecordingCache final : public TranslationCache {
 public:
  void invalidate(GuestLinear linear, u32 count, Reach) override {
    for (u32 i = 0; i < count; ++i) pages.push_back(linear + (i << kPageShift));
  }
  void invalidate_all() override { ++flushes; }
  void revoke_write(HostFrame) override {}
  bool holds(GuestLinear, u32, Reach) const override { return false; }
  void for_each_kept(const std::function<void(const KeptTranslation&)>&) const override {}
  SpanSet supervisor_spans() const override { return {}; }
  void switch_context(u32, bool, const SpanSet&) override {}

  std::vector<GuestLinear> pages;
  u32 flushes = 0;
};

}  // namespace ringdown::test
