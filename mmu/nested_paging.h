// Nested paging: the processor walks the guest's own tables, and a second dimension from guest-physical to
// host.
#pragma once

#include <optional>

#include "core/memory.h"
#include "mmu/nested_tables.h"
#include "mmu/paging_technique.h"

namespace ringdown {

/// What a processor with extended page tables does (Intel SDM vol. 3C, 'The extended page-table mechanism'):
/// each guest-physical address of a walk, those of the guest's entries and the final one, goes through the
/// nested tables. What these do not grant is a violation: they are filled from the machine's memory map on
/// demand; device pages have no entry, ROM no write permission. Nobody watches the guest's tables.
/// Translations stay in the TLB until the guest does what ends them (vol. 3A, 4.10.4): INVLPG, a load of CR3
/// (which spares global pages), a change of paging controls, a page fault of that page. A guest that changes
/// its tables without any of these sees what it would see on hardware.
class NestedPaging final : public PagingTechnique, public MemoryObserver {
 public:
  NestedPaging(GuestMemory& memory, TranslationCache& cache);
  ~NestedPaging() override;

  Technique technique() const override { return Technique::Nested; }
  void set_global_pages(bool enabled) override;
  void set_controls(const PagingControls& controls) override;
  const PagingControls& controls() const override { return controls_; }
  void invalidate_guest_page(GuestLinear linear) override;

  Resolution resolve(GuestLinear linear, AccessType type, Privilege privilege) override;
  Resolution peek(GuestLinear linear) override;
  u32 context() const override { return 0; }

  /// Compares every nested entry with the memory map. What the TLB holds may differ from the guest's tables.
  std::vector<std::string> audit() override;
  std::string describe(GuestLinear linear) const override;
  u64 memory_used() const override { return tables_.memory_used(); }
  const NestedTables& tables() const { return tables_; }

  void frame_written(HostFrame, u32, u32) override { one_shot_page_.reset(); }
  void tracking_added(HostFrame frame) override;
  void map_changed() override;

 private:
  /// The entry that the machine's memory map gives a page.
  u64 wanted_leaf(GuestPhysical page) const;
  struct Reached {
    NestedTables::Lookup found;
    bool violation = false;
  };
  /// Looks a guest-physical address up as the processor would; fills what is missing.
  Reached reach(GuestPhysical address, AccessType type);
  /// Reads of the guest's entries, each behind a walk of its own.
  unsigned reach_entries(const WalkResult& walk);
  void count_violation(GuestLinear linear, AccessType type, const Resolution& resolution);
  void note_kept(GuestLinear linear, const WalkResult& walk, Privilege privilege);
  void forget_translations();

  GuestMemory& memory_;
  TranslationCache& cache_;
  PagingControls controls_;
  bool global_pages_ = false;  // CR4.PGE
  NestedTables tables_;
  /// Spans of which supervisors may have translations of pages that are not global.
  SpanSet local_spans_;
  /// Spans of which there may be pieces of large pages.
  SpanSet large_spans_;
  /// The write-protected page whose store was let through and not performed yet.
  std::optional<GuestLinear> one_shot_page_;
};

}  // namespace ringdown
