// What techniques have in common under which the processor walks the guest's own page tables.
#pragma once

#include "core/memory.h"
#include "mmu/paging_technique.h"

namespace ringdown {

/// Nobody follows the guest's stores to its tables. Translations stay in the TLB until the guest does what
/// ends them (Intel SDM vol. 3A, 4.10.4): INVLPG, a load of CR3 (which spares global pages), a change of
/// paging controls, a page fault of that page. A guest that changes its tables without any of these sees what
/// it would see on hardware.
class GuestWalkPaging : public PagingTechnique, public MemoryObserver {
 public:
  void set_global_pages(bool enabled) override;
  void set_controls(const PagingControls& controls) override;
  const PagingControls& controls() const override { return controls_; }
  void invalidate_guest_page(GuestLinear linear) override;

  Resolution resolve(GuestLinear linear, AccessType type, Privilege privilege) override;
  Resolution peek(GuestLinear linear) override;
  u32 context() const override { return 0; }

  void tracking_added(HostFrame frame) override;
  void map_changed() override { forget_translations(); }

 protected:
  GuestWalkPaging(GuestMemory& memory, TranslationCache& cache) : memory_(memory), cache_(cache) {}

  /// Entries that the processor reads until it has those of `walk`.
  virtual unsigned reach_entries(const WalkResult& walk) = 0;
  /// The access leads to `page`: takes from `resolution` what the processor may not keep, and counts the
  /// entries read. True if the monitor has to perform it, or to add what is missing.
  virtual bool reach_page(GuestPhysical page, AccessType type, Resolution& resolution) = 0;
  /// The monitor watches descriptor tables whatever the technique, so that stores to them come here.
  bool watched(HostFrame frame) const { return memory_.tracked(frame, Tracking::DescriptorTable); }
  void forget_translations();

  GuestMemory& memory_;
  TranslationCache& cache_;
  PagingControls controls_;
  /// Accessed and dirty bits being set by a walk.
  bool updating_entry_ = false;

 private:
  void note_kept(GuestLinear linear, const WalkResult& walk, Privilege privilege);

  bool global_pages_ = false;  // CR4.PGE
  /// Spans of which supervisors may have translations of pages that are not global.
  SpanSet local_spans_;
  /// Spans of which there may be pieces of large pages.
  SpanSet large_spans_;
};

}  // namespace ringdown
