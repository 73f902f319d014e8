// Random guests: shadow paging, bare paging and a plain walk on each access must be indistinguishable.
#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/mmu/paging_trial.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

/// Which paging modes a guest uses.
struct Flavour {
  bool none = false;
  bool bits32 = false;
  bool pse = false;
  bool pae = false;
};

class Generator {
 public:
  Generator(u32 seed, Flavour flavour) : random_(seed), flavour_(flavour) { controls_ = random_controls(); }

  PagingStep next() {
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

 private:
  u32 below(std::size_t limit) { return static_cast<u32>(random_() % limit); }
  bool chance(u32 percent) { return below(100) < percent; }
  u32 table_frame() { return kFirstTableFrame + below(kTableFrames); }
  u32 data_frame() { return 0x100 + below(24); }

  bool pae() const { return controls_.physical_address_extension && controls_.paging; }
  u32 slots() const { return pae() ? 512 : 1024; }
  /// Few slots, so that stores hit what is in use; the last one makes directories recursive.
  u32 slot() { return chance(10) ? slots() - 1 : below(5); }

  PagingControls random_controls() {
    PagingControls controls;
    PagingMode mode = PagingMode::None;
    do {
      mode = static_cast<PagingMode>(below(3));
    } while ((mode == PagingMode::None && !flavour_.none) ||
             (mode == PagingMode::Bits32 && !flavour_.bits32) || (mode == PagingMode::Pae && !flavour_.pae));
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
  u32 root_frame() { return chance(97) ? kFirstTableFrame + below(kRootFrames) : MemoryMachine::kRom >> 12; }

  PagingStep controls_step() const { return {.kind = StepKind::Controls, .controls = controls_}; }
  PagingStep change_controls() {
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

  u32 linear_page() {
    const u32 shift = pae() ? 21 : 22;
    const u32 gib = pae() ? below(4) : 0;
    return gib << 30 | slot() << shift | slot() << 12;
  }
  PagingStep access() {
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
  PagingStep dma() {
    const u32 bytes = pae() ? 8 : 4;
    PagingStep step{.kind = StepKind::Dma, .size = chance(90) ? bytes : 1u << below(3)};
    const u32 frame = chance(50) ? kFirstTableFrame + below(kRootFrames) : table_frame();
    step.address = (frame << 12) + slot() * bytes;
    step.value = entry();
    return step;
  }
  /// Many stores to one frame without a use in between: a table that has become something else.
  PagingStep flood() {
    if (flood_left_ == 0) {
      flood_left_ = 40;
      flood_address_ = table_frame() << 12;
    }
    --flood_left_;
    return {.kind = StepKind::Dma, .address = flood_address_ + 64 + flood_left_ * 4, .value = entry()};
  }
  PagingStep invlpg() { return {.kind = StepKind::Invlpg, .address = linear_page()}; }

  u64 entry() {
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

  std::mt19937 random_;
  Flavour flavour_;
  PagingControls controls_;
  std::array<u32, 6> recent_pages_{};
  std::array<PagingRoot, 3> recent_roots_{};
  bool first_ = true;
  u32 flood_left_ = 0;
  u32 flood_address_ = 0;
};

struct Failure {
  std::size_t at = 0;
  std::string what;
};

std::optional<Failure> run(const std::vector<PagingStep>& steps, Deprivilege deprivilege,
                           std::size_t interval) {
  TrialMemory memory;
  Trial trial(memory, deprivilege);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool thorough = (i + 1) % interval == 0 || i + 1 == steps.size();
    std::string what = trial.check(steps[i], thorough);
    if (!what.empty()) return Failure{i, std::move(what)};
  }
  if (!trial.shadow.same_memory(trial.reference)) return Failure{steps.size(), "memory differs at the end"};
  if (!trial.bare.same_memory(trial.reference))
    return Failure{steps.size(), "bare memory differs at the end"};
  return std::nullopt;
}

/// Leaves out ever smaller parts of a failing run as long as it still fails.
std::vector<PagingStep> shrink(std::vector<PagingStep> steps, Deprivilege deprivilege) {
  for (std::size_t part = steps.size() / 2; part != 0; part /= 2) {
    for (std::size_t start = 0; start + part <= steps.size();) {
      std::vector<PagingStep> fewer = steps;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(start);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(part));
      if (const auto failure = run(fewer, deprivilege, fewer.size() < 5000 ? 1 : 200)) {
        fewer.resize(std::min(fewer.size(), failure->at + 1));
        steps = std::move(fewer);
      } else {
        start += part;
      }
    }
  }
  return steps;
}

void expect_indistinguishable(u32 seed, Flavour flavour, Deprivilege deprivilege, std::size_t count) {
  Generator generator(seed, flavour);
  std::vector<PagingStep> steps(count);
  for (PagingStep& step : steps) step = generator.next();
  const auto failure = run(steps, deprivilege, 997);
  if (!failure) return;
  steps.resize(std::min(steps.size(), failure->at + 1));
  const std::vector<PagingStep> shrunk = shrink(steps, deprivilege);
  const auto again = run(shrunk, deprivilege, 1);
  FAIL("seed " << seed << ": " << (again ? again->what : failure->what) << " after\n" << print(shrunk));
}

}  // namespace

TEST_CASE("32-bit paging: shadow, bare and plain walk agree") {
  expect_indistinguishable(1, {.bits32 = true}, Deprivilege::Ring1, 200'000);
}

TEST_CASE("4 MiB pages: shadow, bare and plain walk agree") {
  expect_indistinguishable(2, {.bits32 = true, .pse = true}, Deprivilege::Ring1, 200'000);
}

TEST_CASE("PAE: shadow, bare and plain walk agree") {
  expect_indistinguishable(3, {.pae = true}, Deprivilege::Ring1, 200'000);
}

TEST_CASE("guests that change paging modes: shadow, bare and plain walk agree") {
  expect_indistinguishable(4, {.none = true, .bits32 = true, .pse = true, .pae = true}, Deprivilege::Ring1,
                           200'000);
}

TEST_CASE("separate shadows for kernel and user: shadow, bare and plain walk agree") {
  expect_indistinguishable(5, {.none = true, .bits32 = true, .pse = true, .pae = true}, Deprivilege::Ring3,
                           200'000);
}
