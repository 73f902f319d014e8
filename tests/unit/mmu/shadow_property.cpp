// Random guests: shadow paging, bare paging and a plain walk on each access must be indistinguishable.
#include <catch2/catch.hpp>

#include "tests/unit/mmu/paging_property.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr std::size_t kSteps = 200'000;
constexpr Flavour kAllModes{.none = true, .bits32 = true, .pse = true, .pae = true};

void expect_indistinguishable(u32 seed, const PagingProperty& property) {
  const std::string difference = find_difference(seed, property, kSteps);
  if (!difference.empty()) FAIL(difference);
}

}  // namespace

TEST_CASE("32-bit paging: shadow, bare and plain walk agree") {
  expect_indistinguishable(1, {.flavour = {.bits32 = true}});
}

TEST_CASE("4 MiB pages: shadow, bare and plain walk agree") {
  expect_indistinguishable(2, {.flavour = {.bits32 = true, .pse = true}});
}

TEST_CASE("PAE: shadow, bare and plain walk agree") {
  expect_indistinguishable(3, {.flavour = {.pae = true}});
}

TEST_CASE("guests that change paging modes: shadow, bare and plain walk agree") {
  expect_indistinguishable(4, {.flavour = kAllModes});
}

TEST_CASE("separate shadows for kernel and user: shadow, bare and plain walk agree") {
  expect_indistinguishable(5, {.flavour = kAllModes, .deprivilege = Deprivilege::Ring3});
}

TEST_CASE("released tables: a guest that invalidates as the manual demands sees no difference") {
  for (const ShadowSync sync : {ShadowSync::Lazy, ShadowSync::Auto}) {
    expect_indistinguishable(6, {.flavour = {.bits32 = true, .pse = true}, .sync = sync});
    expect_indistinguishable(7, {.flavour = {.pae = true}, .sync = sync});
    expect_indistinguishable(8, {.flavour = kAllModes, .sync = sync});
    expect_indistinguishable(9, {.flavour = kAllModes, .deprivilege = Deprivilege::Ring3, .sync = sync});
  }
}
