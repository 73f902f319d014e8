// A memory machine behind shadow paging, with two address spaces that share a page table.
#pragma once

#include <catch2/catch.hpp>

#include "mmu/memory_unit.h"
#include "mmu/shadow_paging.h"
#include "tests/unit/mmu/mmu_fixture.h"

namespace ringdown::test {

inline constexpr u32 kDirectory = 0x1000;
inline constexpr u32 kOtherDirectory = 0x3000;
inline constexpr u32 kTable = 0x2000;
inline constexpr u64 kFull = kP | kRw | kUs;
inline constexpr auto kKernel = Privilege::Supervisor;

/// Linear pages 0 to Fh lead to frames 100h to 10Fh in both address spaces.
struct ShadowMachine : MemoryMachine {
  explicit ShadowMachine(const PagingOptions& options, Deprivilege deprivilege = Deprivilege::Ring1)
      : shadow(memory, unit, deprivilege, options) {
    entry32(kDirectory, 0, kTable | kFull);
    entry32(kOtherDirectory, 0, kTable | kFull);
    for (u32 page = 0; page < 16; ++page) entry32(kTable, page, 0x10'0000 | page << 12 | kFull);
    unit.set_address_space(shadow);
    shadow.set_controls(controls32(kDirectory));
  }
  /// No release of tables: what the guest stores to them counts at once.
  explicit ShadowMachine(Deprivilege deprivilege = Deprivilege::Ring1)
      : ShadowMachine(PagingOptions{.sync = ShadowSync::Strict}, deprivilege) {}
  ~ShadowMachine() {
    if (sound) CHECK(shadow.audit().empty());
  }

  AccessStatus store(u32 linear, u32 value, Privilege privilege = kKernel) {
    return unit.write_value(GuestLinear(linear), privilege, value);
  }
  u32 load(u32 linear, Privilege privilege = kKernel) {
    u32 value = 0;
    CHECK(unit.read_value(GuestLinear(linear), privilege, value) == AccessStatus::Done);
    return value;
  }
  bool is_protected(u32 table) { return memory.tracked(HostFrame(table >> 12), Tracking::ShadowedTable); }

  MemoryUnit unit{memory};
  ShadowPaging shadow;
  bool sound = true;  // no fault was put into the shadow
};

}  // namespace ringdown::test
