// Which linear pages may have translations that are older than the guest's tables.
#pragma once

#include <unordered_map>
#include <vector>

#include "tests/unit/mmu/paging_trial.h"

namespace ringdown::test {

/// Knows what a guest has to know (Intel SDM vol. 3A, 4.10.4.2 and 4.10.4.3): an entry that was present and
/// then changed needs an invalidation of each page that it translates, before that is used again. Watches the
/// guest's memory for changes of entries, and the steps for what invalidates.
class StalePages final : public MemoryObserver {
 public:
  explicit StalePages(GuestMemory& memory);
  ~StalePages() override;

  /// The pages of the step's access that need an invalidation first.
  std::vector<GuestLinear> needed_by(const PagingStep& step) const;
  /// The guest took a step.
  void took(const PagingStep& step, const PagingOutcome& outcome);
  const PagingControls& controls() const { return controls_; }

  void frame_written(HostFrame frame, u32 offset, u32 length) override;
  void tracking_added(HostFrame) override {}
  void map_changed() override { invalidated_all(); }

 private:
  bool stale(GuestLinear page) const;
  void invalidated_all();
  u32 entry_bytes() const { return geometry_of(mode_of(controls_)).entry_bytes; }

  GuestMemory& memory_;
  PagingControls controls_;
  u64 time_ = 1;
  u64 all_invalidated_ = 1;
  std::unordered_map<u32, u64> invalidated_;  // pages, since
  std::vector<u8> before_;                    // all of RAM, before the last change
  std::vector<u64> changed_;  // by 4 bytes of RAM: when an entry there that was present changed
};

}  // namespace ringdown::test
