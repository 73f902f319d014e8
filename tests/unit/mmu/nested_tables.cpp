// The second dimension's radix tree: what walks read, what is made, aliases, damage.
#include "mmu/nested_tables.h"

#include <catch2/catch.hpp>

using namespace ringdown;
using nested_entry::Frame;

namespace {

constexpr u64 leaf(u32 frame) {
  return Frame::with(nested_entry::MemoryType::with(nested_entry::kAllRights, nested_entry::kWriteBack),
                     frame);
}
constexpr GuestPhysical kPage{0x8'1234'5000};

}  // namespace

TEST_CASE("a leaf has the format of the manual") {
  CHECK(leaf(0x12345) == 0x1234'5037);
  CHECK(nested_entry::allows(leaf(1), AccessType::Write));
  CHECK_FALSE(nested_entry::allows(nested_entry::kNotPresent, AccessType::Read));
}

TEST_CASE("a walk reads as many entries as there are tables on its way") {
  NestedTables tables;
  CHECK(tables.look_up(kPage).references == 1);
  tables.enter(kPage, leaf(7));
  CHECK(tables.look_up(kPage).references == NestedTables::kLevels);
  CHECK(tables.look_up(kPage + 0xfff).leaf == leaf(7));
  CHECK(tables.look_up(kPage + 0x1000).leaf == nested_entry::kNotPresent);
  CHECK(tables.look_up(kPage + 0x1000).references == 4);
  CHECK(tables.look_up(kPage + 0x20'0000).references == 3);
  CHECK(tables.look_up(kPage + 0x4000'0000).references == 2);
  CHECK(tables.damaged().empty());
}

TEST_CASE("tables are visited in order of address") {
  NestedTables tables;
  const std::vector<u64> pages{0, 0x1000, 0x3f'f000, 0xffff'f000, kPage.value};
  for (auto page = pages.rbegin(); page != pages.rend(); ++page) tables.enter(GuestPhysical(*page), leaf(3));
  std::vector<u64> seen;
  tables.for_each_leaf([&](GuestPhysical page, u64) { seen.push_back(page.value); });
  CHECK(seen == pages);
  tables.clear();
  tables.for_each_leaf([&](GuestPhysical, u64) { FAIL("cleared"); });
}

TEST_CASE("write permission to a frame goes from every page that leads to it") {
  NestedTables tables;
  tables.enter(kPage, leaf(7));
  tables.enter(GuestPhysical(0), leaf(8));
  tables.write_protect(HostFrame(7));
  CHECK_FALSE(nested_entry::allows(tables.look_up(kPage).leaf, AccessType::Write));
  CHECK(nested_entry::allows(tables.look_up(kPage).leaf, AccessType::Read));
  CHECK(nested_entry::allows(tables.look_up(GuestPhysical(0)).leaf, AccessType::Write));
  tables.write_protect(HostFrame(99));  // never entered
  tables.enter(GuestPhysical(0x1000), leaf(8));
  tables.write_protect(HostFrame(8));
  CHECK_FALSE(nested_entry::allows(tables.look_up(GuestPhysical(0)).leaf, AccessType::Write));
  CHECK_FALSE(nested_entry::allows(tables.look_up(GuestPhysical(0x1000)).leaf, AccessType::Write));
}
