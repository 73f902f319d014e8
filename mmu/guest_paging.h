// The guest's own paging structures: the control bits that govern them and the hardware page walk.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>

#include "core/memory.h"
#include "mmu/access.h"
#include "mmu/paging_contexts.h"

namespace ringdown {

/// Everything of CR0, CR3, CR4 and EFER that a page walk depends on.
struct PagingControls {
  bool paging = false;                      // CR0.PG
  bool write_protect = false;               // CR0.WP
  bool page_size_extension = false;         // CR4.PSE
  bool wide_large_pages = true;             // the model has PSE-36 and PAT
  bool physical_address_extension = false;  // CR4.PAE
  bool no_execute = false;                  // EFER.NXE
  u32 cr3 = 0;
  /// PAE only: the four page-directory-pointer entries as loaded by the last MOV to CR3 (or CR0/CR4 change).
  std::array<u64, 4> pdpte{};
  friend bool operator==(const PagingControls&, const PagingControls&) = default;

  PagingRoot root() const { return {cr3, pdpte}; }
  /// Both read tables alike: they differ in the root at most.
  bool same_mode(const PagingControls& other) const {
    PagingControls with_its_root = *this;
    with_its_root.cr3 = other.cr3;
    with_its_root.pdpte = other.pdpte;
    return with_its_root == other;
  }
};

/// One entry read in a walk.
struct WalkStep {
  GuestPhysical entry_address{};
  u64 entry = 0;
  u8 level = 0;  // 1: page table, 2: page directory
};

/// The outcome of a walk by `walk_page`.
struct WalkResult {
  bool present = false;       // a translation exists (rights not considered)
  bool reserved_bit = false;  // a reserved bit was set: #PF with RSVD
  bool large = false;         // 4 MiB (or PAE 2 MiB) page
  bool writable = true;       // R/W of all levels
  bool user = true;           // U/S of all levels
  bool no_execute = false;    // NX of any level
  bool dirty = false;         // D of the final entry
  GuestPhysical page{};       // of the 4 KiB page that holds the address
  u8 depth = 0;               // valid entries of `steps`
  std::array<WalkStep, 2> steps{};
};

/// Reads the guest's tables; changes nothing (Intel SDM vol. 3A, 4.3 and 4.4).
WalkResult walk_page(const GuestMemory& memory, const PagingControls& controls, GuestLinear linear);

/// What stands at the address of an entry, `bytes` (4 or 8) long; device space is read.
u64 read_entry(const GuestMemory& memory, GuestPhysical address, u32 bytes);

/// The same over entries that somebody else reads, given their address and length.
using EntryReader = std::function<u64(GuestPhysical, u32)>;
WalkResult walk_page(const EntryReader& read, const PagingControls& controls, GuestLinear linear);

/// The directory entry that a walk for `linear` begins with; nothing if its PAE pointer entry is not present.
std::optional<WalkStep> read_directory_entry(const GuestMemory& memory, const PagingControls& controls,
                                             GuestLinear linear);

/// The #PF error code that `walk` gives for an access, or no value if the access is allowed.
/// kNoFault means allowed.
inline constexpr u32 kNoFault = 0xffff'ffff;
u32 page_fault_code(const WalkResult& walk, const PagingControls& controls, AccessType type,
                    Privilege privilege);

/// Sets accessed bits of every step, and dirty of the last for a write, in guest memory through the seam.
/// Only for a walk that allowed the access. Entries in ROM or device space stay as they are.
void set_accessed_dirty(GuestMemory& memory, const WalkResult& walk, AccessType type);

/// True if every entry of the walk lies in memory whose reads and writes go to the same frame. Only then may
/// the translation be cached.
bool walked_plain_ram(const GuestMemory& memory, const WalkResult& walk);

/// What an address space answers after `walk` (whose accessed and dirty bits are set by then): a fault, or
/// where the page leads and what may be kept.
Resolution resolve_walked(const GuestMemory& memory, const PagingControls& controls, const WalkResult& walk,
                          AccessType type, Privilege privilege);

/// What it answers a debugger: a supervisor's read, without any effect.
Resolution peek_page(const GuestMemory& memory, const PagingControls& controls, GuestLinear linear);

class TableUses;

/// The paging unit of a processor that no monitor stands behind: walks the guest's tables on each TLB miss,
/// tracks every table frame it used, and invalidates at once what a store to such a frame changes, so that
/// translations are never stale (the same rule as the shadow tables follow).
class GuestPaging final : public AddressSpace, public MemoryObserver {
 public:
  GuestPaging(GuestMemory& memory, TranslationCache& cache);
  ~GuestPaging() override;

  /// New control registers. Another root keeps the translations that it had, if it is one of the last
  /// kContexts; any other change invalidates everything.
  void set_controls(const PagingControls& controls);
  const PagingControls& controls() const { return controls_; }

  Resolution resolve(GuestLinear linear, AccessType type, Privilege privilege) override;
  Resolution peek(GuestLinear linear) override;
  u32 context() const override { return context_; }

  void frame_written(HostFrame frame, u32 offset, u32 length) override;
  void tracking_added(HostFrame) override {}
  void map_changed() override;

 private:
  GuestMemory& memory_;
  TranslationCache& cache_;
  PagingControls controls_;
  PagingContexts contexts_;
  u32 context_ = 0;
  void forget_translations();
  void switch_root(const PagingControls& old);
  /// Whether the directories of the root that was active and of the one that is say the same of a span; notes
  /// the use of those that are.
  bool keeps_span(const PagingControls& old, u32 span);
  [[nodiscard]] bool note_walk(const WalkResult& walk, GuestLinear linear);
  [[nodiscard]] bool note_step(const WalkStep& step, GuestLinear linear);

  /// Which linear ranges each tracked frame translated.
  std::unique_ptr<TableUses> uses_;
  /// Accessed and dirty bits being set by a walk change no translation.
  bool updating_entry_ = false;
};

}  // namespace ringdown
