// Nested paging: the processor walks the guest's own tables, and a second dimension from guest-physical to
// host.
#pragma once

#include "mmu/guest_walk_paging.h"
#include "mmu/nested_tables.h"

namespace ringdown {

/// What a processor with extended page tables does (Intel SDM vol. 3C, 'The extended page-table mechanism'):
/// each guest-physical address of a walk, those of the guest's entries and the final one, goes through the
/// nested tables. What these do not grant is a violation: they are filled from the machine's memory map on
/// demand; device pages have no entry, ROM no write permission.
class NestedPaging final : public GuestWalkPaging {
 public:
  NestedPaging(GuestMemory& memory, TranslationCache& cache);
  ~NestedPaging() override;

  Technique technique() const override { return Technique::Nested; }

  /// Compares every nested entry with the memory map. What the TLB holds may differ from the guest's tables.
  std::vector<std::string> audit() override;
  std::string describe(GuestLinear linear) const override;
  u64 memory_used() const override { return tables_.memory_used(); }
  const NestedTables& tables() const { return tables_; }

  void frame_written(HostFrame, u32, u32) override { store_performed(); }
  void tracking_added(HostFrame frame) override;
  void map_changed() override;

 private:
  unsigned reach_entries(const WalkResult& walk) override;
  bool reach_page(GuestPhysical page, AccessType type, Resolution& resolution) override;
  /// The entry that the machine's memory map gives a page.
  u64 wanted_leaf(GuestPhysical page) const;
  struct Reached {
    NestedTables::Lookup found;
    bool violation = false;
  };
  /// Looks a guest-physical address up as the processor would; fills what is missing.
  Reached reach(GuestPhysical address, AccessType type);

  NestedTables tables_;
};

}  // namespace ringdown
