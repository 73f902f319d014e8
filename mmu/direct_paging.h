// Direct paging: the processor walks page tables that a paravirtual guest has registered and the monitor
// validated.
#pragma once

#include <set>

#include "mmu/frame_types.h"
#include "mmu/guest_walk_paging.h"
#include "mmu/page_table_registry.h"

namespace ringdown {

/// The guest's page tables are the processor's. They are validated when the guest registers them, and changed
/// by hypercalls alone, entry by entry: FrameTypes sees to it that no page is a table and mapped writable, so
/// that a plain store to one is a page fault of the guest's. CR0.WP counts as set, since a kernel at ring 1
/// is a supervisor to paging. What changes a table in another way (a device, a store while paging is off,
/// another memory map) is noticed, and all registered tables are validated anew before the next walk.
class DirectPaging final : public GuestWalkPaging, public PageTableRegistry {
 public:
  DirectPaging(GuestMemory& memory, TranslationCache& cache);
  ~DirectPaging() override;

  Technique technique() const override { return Technique::Direct; }
  PageTableRegistry* registry() override { return this; }
  void set_controls(const PagingControls& controls) override;
  void forget_guest() override;
  Resolution resolve(GuestLinear linear, AccessType type, Privilege privilege) override;

  // PageTableRegistry
  paravirtual::Answer pin(GuestPhysical directory) override;
  paravirtual::Answer unpin(GuestPhysical directory) override;
  paravirtual::Answer update(const paravirtual::EntryUpdate& update) override;
  bool is_pinned(GuestPhysical directory) override;

  /// Counts all uses of frames anew and compares.
  std::vector<std::string> audit() override;
  std::string describe(GuestLinear linear) const override;
  u64 memory_used() const override { return types_.uses().size() * sizeof(FrameTypes::Use); }
  void serialize_state(Archive& archive) override;
  const FrameTypes& types() const { return types_; }

  void frame_written(HostFrame frame, u32 offset, u32 length) override;
  void tracking_added(HostFrame frame) override;
  void map_changed() override;

 private:
  unsigned reach_entries(const WalkResult& walk) override;
  bool reach_page(GuestPhysical page, AccessType type, Resolution& resolution) override;
  bool is_loaded(GuestPhysical directory) const;
  /// Ends the run if the guest may not walk what its CR3 leads to.
  void admit(const PagingControls& controls);
  /// Validates everything anew if something may have changed behind the monitor's back. What is not valid is
  /// no longer registered.
  void make_sure();
  /// Protects the frames that became tables, and lets go those that no longer are.
  void protect_tables();

  FrameTypes types_;
  std::set<GuestPhysical> pinned_;
  bool sure_ = true;  // nothing has changed since it was validated
};

}  // namespace ringdown
