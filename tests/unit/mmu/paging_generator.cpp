// The steps and their odds.
#include "tests/unit/mmu/paging_generator.h"

#include <utility>

namespace ringdown::test {

PagingGenerator::PagingGenerator(u32 seed, Flavour flavour) : random_(seed), flavour_(flavour) {
  controls_ = random_controls();
}

PagingStep PagingGenerator::next() {
  if (std::exchange(first_, false)) return controls_step();
  if (flood_left_ != 0) return flood();
  const u32 dice = below(1000);
  if (dice < 620) return access();
  if (dice < 940) return dma();
  if (dice < 955) return invlpg();
  if (dice < 990) return change_controls();
  if (dice < 993)
    return {.kind = StepKind::Fill, .address = table_frame() << 12, .size = kPageSize, .value = 0};
  if (dice < 996) return flood();
  if (dice < 999)
    return {.kind = below(2) != 0 ? StepKind::Protect : StepKind::Unprotect, .address = data_frame()};
  return {.kind = below(8) == 0 ? StepKind::A20 : StepKind::Invlpg};
}

PagingControls PagingGenerator::random_controls() {
  PagingControls controls;
  PagingMode mode = PagingMode::None;
  do {
    mode = static_cast<PagingMode>(below(3));
  } while ((mode == PagingMode::None && !flavour_.none) || (mode == PagingMode::Bits32 && !flavour_.bits32) ||
           (mode == PagingMode::Pae && !flavour_.pae));
  controls.paging = mode != PagingMode::None;
  controls.physical_address_extension = mode == PagingMode::Pae;
  controls.page_size_extension = flavour_.pse && chance(90);
  controls.wide_large_pages = chance(80);
  controls.write_protect = chance(70);
  controls.no_execute = chance(70);
  controls.cr3 = root_frame() << 12;
  for (u64& pointer : controls.pdpte) pointer = chance(85) ? u64{root_frame()} << 12 | kP : 0;
  return controls;
}

u32 PagingGenerator::root_frame() {
  return chance(97) ? kFirstTableFrame + below(kRootFrames) : MemoryMachine::kRom >> 12;
}

PagingStep PagingGenerator::change_controls() {
  const PagingControls fresh = random_controls();
  switch (below(8)) {
    case 0:
      controls_ = fresh;
      break;
    case 1:
      controls_.write_protect = !controls_.write_protect;
      break;
    case 2:
      controls_.no_execute = fresh.no_execute;
      break;
    case 3:
      controls_.page_size_extension = fresh.page_size_extension;
      break;
    default: {
      // Often one of the last few roots again: one that may have translations.
      PagingRoot& root = recent_roots_[below(recent_roots_.size())];
      if (chance(25) || root == PagingRoot{}) root = fresh.root();
      controls_.cr3 = root.cr3;
      controls_.pdpte = root.pdpte;
    }
  }
  return controls_step();
}

u32 PagingGenerator::linear_page() {
  const u32 shift = pae() ? 21 : 22;
  const u32 gib = pae() ? below(4) : 0;
  return gib << 30 | slot() << shift | slot() << 12;
}

PagingStep PagingGenerator::access() {
  static constexpr StepKind kKinds[] = {StepKind::Read,  StepKind::Read,  StepKind::Write,
                                        StepKind::Write, StepKind::Fetch, StepKind::Prepare};
  PagingStep step{.kind = kKinds[below(6)],
                  .privilege = chance(50) ? Privilege::User : Privilege::Supervisor};
  step.size = 1u << below(4);
  // Mostly entries' own places, since a page may be a table; sometimes across the end of the page.
  const u32 offset = chance(15) ? below(kPageSize) : slot() * (pae() ? 8 : 4);
  // Often a page of the last few accesses again: one that may be in the TLB.
  u32& page = recent_pages_[below(recent_pages_.size())];
  if (chance(40)) page = linear_page();
  step.address = page + (chance(8) ? kPageSize - 1 - below(4) : offset);
  step.value = entry();
  return step;
}

PagingStep PagingGenerator::dma() {
  const u32 bytes = pae() ? 8 : 4;
  PagingStep step{.kind = StepKind::Dma, .size = chance(90) ? bytes : 1u << below(3)};
  const u32 frame = chance(50) ? kFirstTableFrame + below(kRootFrames) : table_frame();
  step.address = (frame << 12) + slot() * bytes;
  step.value = entry();
  return step;
}

PagingStep PagingGenerator::flood() {
  if (flood_left_ == 0) {
    flood_left_ = 40;
    flood_address_ = table_frame() << 12;
  }
  --flood_left_;
  return {.kind = StepKind::Dma, .address = flood_address_ + 64 + flood_left_ * 4, .value = entry()};
}

u64 PagingGenerator::entry() {
  u64 bits = 0;
  if (chance(92)) bits |= kP;
  if (chance(75)) bits |= kRw;
  if (chance(75)) bits |= kUs;
  if (chance(25)) bits |= kA;
  if (chance(25)) bits |= kD;
  if (chance(flavour_.pse || flavour_.pae ? 12 : 2)) bits |= kPs;
  if (pae() && chance(8)) bits |= kNx;
  if (chance(1)) bits |= u64{1} << (pae() ? 13 + below(50) : 21);
  const u32 dice = below(100);
  u32 frame = table_frame();
  if (dice >= 60) frame = data_frame();
  if (dice >= 94) frame = MemoryMachine::kRom >> 12;
  if (dice >= 97) frame = 0xe0000 + below(4);  // nothing there
  if ((bits & kPs) != 0 && chance(90)) frame &= below(2) == 0 ? 0 : 0x400;
  return bits | u64{frame} << 12;
}

}  // namespace ringdown::test
