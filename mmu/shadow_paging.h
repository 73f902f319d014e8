// Shadow page tables: what the processor's paging root is while a monitor runs the guest.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/memory.h"
#include "mmu/access.h"
#include "mmu/guest_paging.h"

namespace ringdown {

struct ShadowCounters {
  u64 fills = 0;                // shadow entries made from guest entries
  u64 syncs = 0;                // shadow entries changed or dropped because a guest entry was stored to
  u64 hidden_faults = 0;        // physical #PF that the guest never sees
  u64 true_faults = 0;          // physical #PF that the guest's own tables give
  u64 write_protect_traps = 0;  // stores to write-protected page (or descriptor) tables
  u64 device_accesses = 0;      // accesses to pages mapped to devices
  u64 root_switches = 0;
  u64 root_cache_hits = 0;
  u64 audits = 0;  // whole-table comparisons made
};

/// How guest privilege maps onto the shadow's user/supervisor bit.
enum class Deprivilege : u8 {
  Ring1,  // guest kernel at ring 1: still supervisor to paging; one shadow serves both
  Ring3,  // guest kernel at ring 3: user to paging; kernel and user get separate shadows
};

/// Which of the guest's two privileges runs now; with Ring3 it selects between the two shadows.
enum class GuestSide : u8 { Kernel, User };

/// Told when an instruction had to be helped: the monitor counts it as emulated.
class ShadowFaultObserver {
 public:
  virtual ~ShadowFaultObserver() = default;
  /// The current instruction stored to a protected table or accessed a device page.
  virtual void instruction_assisted() = 0;
};

/// Shadow tables for one guest. Every resolve() first looks at the shadow as the processor's hardware walk
/// would; what the shadow does not grant is a physical #PF, answered here: hidden (fill and retry), a true
/// fault, a store to a protected table (performed with one-shot permission), or a device access.
/// Roots are cached by (CR3 or nonpaging, mode, WP, NXE, side); tables by (guest frame, level, role), shared
/// between roots; a reverse map leads from each host frame to the entries that map it. Guest frames that hold
/// tables are tracked (Tracking::PageTable), never mapped writable, and synced on each store; accessed and
/// dirty bits are set in the guest's tables exactly when hardware would.
class ShadowPaging final : public AddressSpace, public MemoryObserver {
 public:
  ShadowPaging(GuestMemory& memory, TranslationCache& cache, Deprivilege deprivilege);
  ~ShadowPaging() override;

  void set_observer(ShadowFaultObserver* observer);

  /// Virtual CR0/CR3/CR4/EFER changed: switches to the root of these controls (cached or new).
  void set_controls(const PagingControls& controls);
  /// Ring3 only: kernel or user side runs next.
  void set_side(GuestSide side);
  /// Guest INVLPG.
  void invalidate_guest_page(GuestLinear linear);

  /// `privilege` is the guest's (virtual) privilege of the access: the physical one follows from deprivilege.
  Resolution resolve(GuestLinear linear, AccessType type, Privilege privilege) override;
  Resolution peek(GuestLinear linear) override;

  /// Compares every shadow entry with a fresh walk of the guest's tables; returns one line per difference.
  std::vector<std::string> audit();
  /// Host bytes that tables, reverse map and caches occupy.
  u64 memory_used() const;
  /// Visits present leaf entries of the active root: for `walk ADDRESS` and the laboratory.
  struct Leaf {
    GuestLinear linear;
    HostFrame frame;
    bool writable;
    bool user;
    bool executable;
  };
  std::vector<Leaf> leaves() const;
  /// The shadow entry of one linear page, described for a person ("not present" included).
  std::string describe(GuestLinear linear) const;

  const ShadowCounters& counters() const { return counters_; }

  void frame_written(HostFrame frame, u32 offset, u32 length) override;
  void tracking_added(HostFrame frame) override;
  void map_changed() override;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
  ShadowCounters counters_;
};

}  // namespace ringdown
