// A machine under nested paging: the guest's tables for the lowest 4 MiB, and helpers that ask the TLB.
#pragma once

#include "mmu/memory_unit.h"
#include "mmu/nested_paging.h"
#include "tests/unit/mmu/mmu_fixture.h"

namespace ringdown::test {

/// Page n leads to frame 100h + n; page 20h to the device, 21h to ROM; 30h is not present. Page 4 is global,
/// slot 1 of the directory a large page.
struct NestedMachine : MemoryMachine {
  static constexpr u32 kDirectory = 0x1000;
  static constexpr u32 kTable = 0x2000;
  static constexpr u32 kGlobalPage = 0x4000;
  static constexpr u32 kDevicePage = 0x20'000;
  static constexpr u32 kRomPage = 0x21'000;
  static constexpr u32 kLargePage = 0x40'0000;
  static constexpr u64 kG = page_entry::Global::kMask;

  NestedMachine() {
    entry32(kDirectory, 0, kTable | kP | kRw | kUs);
    entry32(kDirectory, 1, 0x40'0000 | kP | kRw | kUs | kPs);
    entry32(kDirectory, 2, kTable | kP | kRw | kUs);
    for (u32 page = 0; page < 16; ++page) map(page << kPageShift, 0x100 + page);
    entry32(kTable, kGlobalPage >> kPageShift, 0x104'000 | kP | kRw | kUs | kG);
    entry32(kTable, kDevicePage >> kPageShift, kDevice | kP | kRw | kUs);
    entry32(kTable, kRomPage >> kPageShift, kRom | kP | kRw | kUs);
    unit.set_address_space(paging);
    paging.set_controls(controls32(kDirectory));
  }
  void map(u32 linear, u32 frame) {
    entry32(kTable, linear >> kPageShift, frame << kPageShift | kP | kRw | kUs);
  }
  AccessStatus read(u32 linear, Privilege privilege = Privilege::Supervisor) {
    u32 value = 0;
    return unit.read_value(GuestLinear(linear), privilege, value);
  }
  AccessStatus write(u32 linear, Privilege privilege = Privilege::Supervisor) {
    return unit.write_value(GuestLinear(linear), privilege, u32{1});
  }
  /// The frame that the TLB has for a page; nothing if it has none.
  static constexpr u32 kNone = 0xffff'ffff;
  u32 cached(u32 linear, Privilege privilege = Privilege::Supervisor) const {
    const u8* const host = unit.fast_read(linear, 1, privilege);
    return host == nullptr ? kNone : static_cast<u32>((host - store.page(HostFrame(0))) >> kPageShift);
  }
  /// References of the walk of one access, when the nested tables have all that it needs.
  u64 references(u32 linear, AccessType type = AccessType::Read) {
    paging.resolve(GuestLinear(linear), type, Privilege::Supervisor);
    return paging.resolve(GuestLinear(linear), type, Privilege::Supervisor).walk_references;
  }

  MemoryUnit unit{memory};
  NestedPaging paging{memory, unit};
};

}  // namespace ringdown::test
