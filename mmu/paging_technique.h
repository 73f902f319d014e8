// How a monitor gives its guest memory: what shadow, nested and direct paging have in common.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/archive.h"
#include "mmu/access.h"
#include "mmu/guest_paging.h"
#include "mmu/paging_event.h"
#include "mmu/shadow_break.h"

namespace ringdown {

enum class Technique : u8 {
  Shadow,  // the processor walks tables that the monitor derives from the guest's
  Nested,  // it walks the guest's own, and behind them tables from guest-physical pages to host frames
  Direct,  // it walks the guest's own, which a paravirtual guest has the monitor change
};

constexpr std::string_view name_of(Technique technique) {
  switch (technique) {
    case Technique::Shadow:
      return "shadow";
    case Technique::Nested:
      return "nested";
    case Technique::Direct:
      return "direct";
  }
  return "";
}

/// How guest privilege maps onto the physical user/supervisor bit.
enum class Deprivilege : u8 {
  Ring1,  // guest kernel at ring 1: still supervisor to paging; one shadow serves both
  Ring3,  // guest kernel at ring 3: user to paging; kernel and user get separate shadows
};

/// Which of the guest's two privileges runs now; with Ring3 it selects between the two shadows.
enum class GuestSide : u8 { Kernel, User };

struct PagingCounters {
  u64 fills = 0;                // entries made on demand: from the guest's, or (nested) from the memory map
  u64 syncs = 0;                // shadow entries changed or dropped because a guest entry was stored to
  u64 hidden_faults = 0;        // physical #PF (nested: violations) that the guest never sees
  u64 true_faults = 0;          // physical #PF that the guest's own tables give
  u64 write_protect_traps = 0;  // stores to write-protected page (or descriptor) tables
  u64 device_accesses = 0;      // instructions that accessed pages mapped to devices
  u64 root_switches = 0;
  u64 root_cache_hits = 0;
  u64 audits = 0;             // whole-table comparisons made
  u64 hypercalls = 0;         // of a paravirtual guest
  u64 entries_updated = 0;    // by them
  u64 entries_validated = 0;  // for them
  u64 protects = 0;           // frames that were write-protected because they hold tables
  u64 releases = 0;           // of these, that no longer are
  u64 evictions = 0;          // shadow tables given up for their memory

  void serialize(Archive& archive) {
    archive(fills, syncs, hidden_faults, true_faults, write_protect_traps, device_accesses, root_switches,
            root_cache_hits, audits);
    if (archive.version() >= kHypercallsCounted) archive(hypercalls, entries_updated, entries_validated);
    if (archive.version() >= kProtectionCounted) archive(protects, releases, evictions);
  }
  /// The versions of the counters' chunk from which on they are saved.
  static constexpr u16 kHypercallsCounted = 3;
  static constexpr u16 kProtectionCounted = 4;
};

/// Told when an instruction had to be helped: the monitor counts it as emulated.
class AssistObserver {
 public:
  virtual ~AssistObserver() = default;
  /// The current instruction stored to a protected table or accessed a device page; true the first time, also
  /// if the instruction starts anew.
  virtual bool instruction_assisted() = 0;
};

class PageTableRegistry;

/// The processor's paging root while a monitor runs the guest.
class PagingTechnique : public AddressSpace {
 public:
  virtual Technique technique() const = 0;
  void set_observer(AssistObserver* observer) { observer_ = observer; }
  /// Who watches; nullptr: nobody.
  void set_events(PagingEventSink* sink) { events_.sink = sink; }
  /// Called when the guest does what this technique cannot page it with, in words behind "the guest": the run
  /// must end before its next instruction.
  void set_refusal_handler(std::function<void(const std::string&)> handler) { refusal_ = std::move(handler); }
  /// Where a paravirtual guest registers its page tables; nullptr if it has nothing to register.
  virtual PageTableRegistry* registry() { return nullptr; }
  /// Another guest begins, after a reset.
  virtual void forget_guest() {}

  /// The guest loaded CR3, or changed CR0, CR4 or EFER: what the architecture lets it believe about old
  /// translations from here on holds when this returns.
  virtual void set_controls(const PagingControls& controls) = 0;
  virtual const PagingControls& controls() const = 0;
  /// CR4.PGE: global pages are translated beyond a load of CR3. Concerns techniques that leave translations
  /// to the TLB.
  virtual void set_global_pages(bool /*enabled*/) {}
  /// Ring3 only: kernel or user side runs next. The processor's TLB, kept apart by guest privilege, stays.
  virtual void set_side(GuestSide /*side*/) {}
  /// Guest INVLPG.
  virtual void invalidate_guest_page(GuestLinear linear) = 0;

  /// Compares all that is kept with the guest's tables; returns one line per difference.
  virtual std::vector<std::string> audit() = 0;
  /// How one linear page is translated besides the guest's own tables, in a line for a person.
  virtual std::string describe(GuestLinear linear) const = 0;
  /// Host bytes that its tables and what leads to them occupy.
  virtual u64 memory_used() const = 0;

  const PagingCounters& counters() const { return counters_; }
  void count_hypercall() { ++counters_.hypercalls; }
  void serialize_counters(Archive& archive) { archive(counters_); }
  /// What is not made again from the guest's state.
  virtual void serialize_state(Archive& /*archive*/) {}

 protected:
  void refuse(const std::string& what) {
    if (refusal_) refusal_(what);
  }
  /// Counts a physical fault that was answered without the guest. `protected_store`: a store to a
  /// write-protected frame. Nothing if it was counted already: an access to a device in an instruction that
  /// begins anew, a store of which the first attempt only asked.
  std::optional<HiddenCause> count_answered(GuestLinear linear, const Resolution& resolution,
                                            bool protected_store);
  /// A store to a protected frame was performed, or will not be.
  void store_performed() { one_shot_page_.reset(); }

  PagingCounters counters_;
  PagingEvents events_;

 private:
  /// The current instruction needs help; true unless it was counted already.
  bool assist() { return observer_ == nullptr || observer_->instruction_assisted(); }

  /// The protected page whose store was trapped and not performed yet: a read-modify-write traps once.
  std::optional<GuestLinear> one_shot_page_;
  AssistObserver* observer_ = nullptr;
  std::function<void(const std::string&)> refusal_;
};

/// When the shadow learns of a store to a guest's page table.
enum class ShadowSync : u8 {
  Strict,  // at once: each store traps
  Lazy,    // a page table that is stored to is released: its entries at TLB misses, all of it at a CR3 load
  Auto,    // page tables that are stored to often are released, the others not
};

/// What a machine's user decides about paging.
struct PagingOptions {
  Technique technique = Technique::Shadow;
  ShadowSync sync = ShadowSync::Auto;
  /// Host memory that shadow tables may take, in bytes; 0: an eighth of the guest's RAM. At least
  /// kMinimumShadowBytes are taken.
  u64 shadow_bytes = 0;
  std::optional<ShadowBreak> break_shadow = std::nullopt;
};
inline constexpr u64 kMinimumShadowBytes = u64{1} << 20;

std::unique_ptr<PagingTechnique> make_paging(const PagingOptions& options, Deprivilege deprivilege,
                                             GuestMemory& memory, TranslationCache& cache);

}  // namespace ringdown
