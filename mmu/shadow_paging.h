// Shadow page tables: what the processor's paging root is while a monitor runs the guest.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/memory.h"
#include "mmu/paging_technique.h"

namespace ringdown {

class ShadowTables;
struct ShadowRole;
struct ShadowTable;

/// Shadow tables for one guest. Every resolve() first looks at the shadow as the processor's hardware walk
/// would; what the shadow does not grant is a physical #PF, answered here: hidden (fill and retry), a true
/// fault, a store to a protected table (performed with one-shot permission), or a device access.
/// Tables are keyed by (guest frame, level, role) and shared between roots: the directory found by CR3 or
/// PDPTE, paging mode, PSE, WP, NXE and side is the cached root. A reverse map leads from each host frame to
/// the entries that map it. Guest frames that hold tables are tracked (Tracking::ShadowedTable), never mapped
/// writable, and synced on each store; accessed and dirty bits are set in the guest's tables exactly when
/// hardware would. What the guest sees is the same as with GuestPaging, access by access.
class ShadowPaging final : public PagingTechnique, public MemoryObserver {
 public:
  ShadowPaging(GuestMemory& memory, TranslationCache& cache, Deprivilege deprivilege,
               const PagingOptions& options = {});
  ~ShadowPaging() override;

  Technique technique() const override { return Technique::Shadow; }
  /// Switches to the root of these controls (cached or new).
  void set_controls(const PagingControls& controls) override;
  const PagingControls& controls() const override { return controls_; }
  void set_side(GuestSide side) override;
  /// What the shadow says is brought in line at the TLB miss that follows, if it is behind.
  void invalidate_guest_page(GuestLinear linear) override {
    cache_.invalidate(linear, 1, {only(context_), true});
  }

  /// `privilege` is the guest's (virtual) privilege of the access: the physical one, and with Ring3 the side
  /// whose tables answer, follow from it.
  Resolution resolve(GuestLinear linear, AccessType type, Privilege privilege) override;
  Resolution peek(GuestLinear linear) override;
  u32 context() const override { return context_; }

  /// Compares every shadow entry of every cached root with a fresh walk of the guest's tables (as they were
  /// when last synchronised, where they are released) and what the TLB keeps with the shadow, and checks
  /// protection and reverse map; returns one line per difference.
  std::vector<std::string> audit() override;
  u64 memory_used() const override;
  /// Shadow tables in use (directories and page tables).
  u32 table_count() const;
  /// Visits present leaf entries of the active root: for `walk ADDRESS` and the laboratory. With Ring3, of
  /// the side that runs.
  struct Leaf {
    GuestLinear linear;
    HostFrame frame;
    bool writable;
    bool user;
    bool executable;
  };
  std::vector<Leaf> leaves() const;
  /// One entry on the shadow's way to a page, present or not.
  struct Step {
    u32 table;
    u32 slot;
    u64 entry;
  };
  /// Directory entry and page-table entry, as far as there are tables. With Ring3, of the side that runs.
  std::vector<Step> steps(GuestLinear linear) const;
  /// One table in use.
  struct TableSummary {
    u32 number;
    u8 level;
    bool direct;         // no guest's table is behind it
    bool active;         // a directory of the active root
    GuestPhysical base;  // of the guest's table, or of the memory it maps
    u32 present;         // entries
  };
  std::vector<TableSummary> tables() const;
  /// The shadow entry of one linear page, described for a person ("not present" included).
  std::string describe(GuestLinear linear) const override;

  void frame_written(HostFrame frame, u32 offset, u32 length) override;
  void tracking_added(HostFrame frame) override;
  void map_changed() override;

 private:
  /// Directories of one side: one without PAE, else one per PDPTE.
  using Root = std::array<u32, 4>;

  GuestSide side_of(Privilege privilege) const;
  Privilege physical(Privilege privilege) const;
  /// Which directory of a root translates `linear`.
  u32 position_of(GuestLinear linear) const;
  u32 directory_of(GuestLinear linear, GuestSide side) const;
  u32 directory_count() const;
  /// What the physical processor's walk finds; null tables where nothing is present.
  struct Lookup {
    ShadowTable* directory = nullptr;
    ShadowTable* table = nullptr;
    u64 leaf = 0;
    u8 rights = 0;        // of both levels; 0 without a present leaf
    u8 guest_rights = 0;  // the same, with those that are withheld
  };
  Lookup look_up(GuestLinear linear, GuestSide side) const;
  Lookup look_up_in(u32 directory, GuestLinear linear) const;

  ShadowRole directory_role(GuestSide side) const;
  /// Finds or makes the directories of the current controls. True if all were cached.
  bool activate_roots();
  void set_active(const std::array<Root, 2>& roots, bool active);
  void tell_active() const;
  /// A new directory is linked like `model` where the guest's are alike, if there is one.
  u32 find_or_make_directory(u32 position, const ShadowRole& role, u32 model, bool& cached);
  /// Whether two roots lead to the same tables with the same rights for all of a span.
  bool translate_alike(const Root& one, const Root& other, u32 span) const;

  /// `code`: of the physical #PF.
  Resolution answer_fault(GuestLinear linear, AccessType type, Privilege privilege, u32 code);
  void fill(GuestLinear linear, GuestSide side);
  /// Brings what released page tables say of one page in line with the guest's, as the walk of a TLB miss
  /// would see it.
  void synchronize_page(GuestLinear linear);
  /// The physical #PF's error code for an access that `found` does not grant.
  static u32 fault_code(const Lookup& found, AccessType type, Privilege physical);
  /// A fault with that code was answered without the guest.
  void count_fault(GuestLinear linear, u32 code, const Resolution& resolution);

  void append_leaves(u64 directory_entry, GuestLinear start, std::vector<Leaf>& result) const;
  void audit_directory(u32 directory, std::vector<std::string>& differences) const;
  void audit_leaf(const ShadowTable& directory, u32 slot, u32 table_slot, const PagingControls& controls,
                  std::vector<std::string>& differences) const;
  /// What the TLB keeps must be what the shadow grants.
  void audit_kept(std::vector<std::string>& differences) const;
  /// The directory through which a kept translation was made; kNone if it is gone.
  u32 directory_of_kept(const KeptTranslation& kept) const;
  /// A walk of the guest's tables as far as the shadow knows them.
  WalkResult known_walk(const PagingControls& controls, GuestLinear linear) const;
  void audit_mappings(std::vector<std::string>& differences) const;

  GuestMemory& memory_;
  TranslationCache& cache_;
  const Deprivilege deprivilege_;
  GuestSide side_ = GuestSide::Kernel;
  PagingControls controls_;
  PagingContexts contexts_;
  u32 context_ = 0;
  std::unique_ptr<ShadowTables> tables_;
  std::array<Root, 2> roots_{};  // by side; Ring1 uses the first
  bool roots_valid_ = false;
  /// Accessed and dirty bits being set by a fill: not a store of the guest's.
  bool updating_entry_ = false;
};

}  // namespace ringdown
