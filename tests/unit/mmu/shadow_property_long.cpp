// The property of shadow_property.cpp over a hundred million steps in each mode of synchronisation.
#include <fmt/core.h>

#include <catch2/catch.hpp>

#include "tests/unit/mmu/paging_property.h"

using namespace ringdown;
using namespace ringdown::test;

TEST_CASE("a hundred million steps in each mode: shadow, bare and plain walk agree") {
  constexpr u64 kSteps = 100'000'000;
  constexpr std::size_t kBatch = 500'000;
  const auto [name, sync] = GENERATE(table<const char*, ShadowSync>(
      {{"strict", ShadowSync::Strict}, {"lazy", ShadowSync::Lazy}, {"auto", ShadowSync::Auto}}));
  constexpr Flavour kFlavours[] = {{.bits32 = true},
                                   {.bits32 = true, .pse = true},
                                   {.pae = true},
                                   {.none = true, .bits32 = true, .pse = true, .pae = true}};
  constexpr u32 kFirstSeed = 1000;
  u32 seed = kFirstSeed;
  for (u64 done = 0; done < kSteps; done += kBatch, ++seed) {
    const PagingProperty property{
        .flavour = kFlavours[seed % std::size(kFlavours)],
        .deprivilege = seed / std::size(kFlavours) % 2 == 0 ? Deprivilege::Ring1 : Deprivilege::Ring3,
        .sync = sync};
    const std::string difference = find_difference(seed, property, kBatch);
    if (!difference.empty()) FAIL(name << ": " << difference);
  }
  fmt::print("{}: seeds {} to {}, {} operations, 0 differences\n", name, kFirstSeed, seed - 1, kSteps);
}
