// Makes random steps of paging: table edits, accesses, invalidations and loads of control registers.
#pragma once

#include <array>
#include <random>

#include "tests/unit/mmu/paging_trial.h"

namespace ringdown::test {

/// Which paging modes a guest uses.
struct Flavour {
  bool none = false;
  bool bits32 = false;
  bool pse = false;
  bool pae = false;
};

class PagingGenerator {
 public:
  PagingGenerator(u32 seed, Flavour flavour);
  PagingStep next();

 private:
  u32 below(std::size_t limit) { return static_cast<u32>(random_() % limit); }
  bool chance(u32 percent) { return below(100) < percent; }
  u32 table_frame() { return kFirstTableFrame + below(kTableFrames); }
  u32 data_frame() { return 0x100 + below(24); }
  u32 root_frame();
  bool pae() const { return controls_.physical_address_extension && controls_.paging; }
  u32 slots() const { return pae() ? 512 : 1024; }
  /// Few slots, so that stores hit what is in use; the last one makes directories recursive.
  u32 slot() { return chance(10) ? slots() - 1 : below(5); }
  u32 linear_page();
  u64 entry();

  PagingControls random_controls();
  PagingStep controls_step() const { return {.kind = StepKind::Controls, .controls = controls_}; }
  PagingStep change_controls();
  PagingStep access();
  PagingStep dma();
  /// Many stores to one frame without a use in between: a table that has become something else.
  PagingStep flood();
  PagingStep invlpg() { return {.kind = StepKind::Invlpg, .address = linear_page()}; }

  std::mt19937 random_;
  Flavour flavour_;
  PagingControls controls_;
  std::array<u32, 6> recent_pages_{};
  std::array<PagingRoot, 3> recent_roots_{};
  bool first_ = true;
  u32 flood_left_ = 0;
  u32 flood_address_ = 0;
};

}  // namespace ringdown::test
