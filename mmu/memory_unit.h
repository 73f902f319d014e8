// Linear memory access: the TLB's inline fast path and the one slow path behind it.
#pragma once

#include <array>
#include <bitset>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "core/memory.h"
#include "mmu/access.h"
#include "mmu/frame_writers.h"
#include "mmu/tlb.h"

namespace ringdown {

/// How a slow access ended.
enum class AccessStatus : u8 {
  Done,
  PageFault,  // `MemoryUnit::fault_address` and `fault_code` say which
  Split,      // has side effects beyond RAM (device, tracked frame) but was not the last of its block
};

/// Told of data accesses to watched pages (DR0–DR3 and the debugger's watchpoints).
class WatchObserver {
 public:
  virtual ~WatchObserver() = default;
  virtual void watched_access(GuestLinear linear, u32 size, AccessType type) = 0;
};

struct TlbCounters {
  /// Data accesses to pages that the TLB has no translation of; if it may not keep one, counted when they are
  /// performed. What depends on the length of blocks does not count: an access that was not allowed to have
  /// effects, a store that went the slow way for code on its page.
  u64 misses = 0;
  u64 flushes = 0;  // of everything
  u64 page_invalidations = 0;
  u64 fetch_misses = 0;           // looked up for blocks: how often depends on their length
  u64 walk_references = 0;        // table entries that the processor read for `misses`
  u64 fetch_walk_references = 0;  // and for `fetch_misses`

  void serialize(Archive& archive) {
    archive(misses, flushes, page_invalidations, fetch_misses);
    if (archive.version() >= kWalksCounted) archive(walk_references, fetch_walk_references);
  }
  /// The version of the counters' chunk from which on they are saved.
  static constexpr u16 kWalksCounted = 2;
};

/// Performs the processor's accesses to linear memory. Multi-byte accesses may cross pages; both pages are
/// resolved before anything is written.
class MemoryUnit final : public TranslationCache, public MemoryObserver {
 public:
  explicit MemoryUnit(GuestMemory& memory);
  ~MemoryUnit() override;

  /// Selects the paging root; flushes.
  void set_address_space(AddressSpace& space);
  AddressSpace& address_space() { return *space_; }
  GuestMemory& memory() { return memory_; }

  /// The fast path of one privilege.
  const Tlb& tlb(Privilege privilege) const { return *active_[static_cast<unsigned>(privilege)].tlb; }
  /// The host address of [linear, linear + size) or nullptr on a TLB miss.
  u8* fast_read(u32 linear, u32 size, Privilege privilege) const {
    const Tlb::Hit hit = tlb(privilege).read(linear, size);
    return hit.ok ? hit.host : nullptr;
  }
  u8* fast_write(u32 linear, u32 size, Privilege privilege) const {
    const Tlb::Hit hit = tlb(privilege).write(linear, size);
    return hit.ok ? hit.host : nullptr;
  }

  /// Reads `data.size()` bytes (1 to 512), fast or slow.
  [[nodiscard]] AccessStatus read(GuestLinear linear, Privilege privilege, std::span<std::byte> data);
  /// Writes; nothing is stored unless everything can be.
  [[nodiscard]] AccessStatus write(GuestLinear linear, Privilege privilege, std::span<const std::byte> data);
  /// Makes sure that a later write of the range will succeed (sets dirty bits, raises the fault now), and
  /// that it is allowed to have effects. Read-modify-write and frames of several pushes call it first.
  [[nodiscard]] AccessStatus prepare_write(GuestLinear linear, Privilege privilege, u32 size);
  /// Where instruction bytes of the page at `linear` lie. Device pages cannot be executed from: Device kind
  /// is returned as is. Sets the accessed bit; a fault also sets `fault_address` (to `linear`) and
  /// `fault_code`.
  Resolution fetch(GuestLinear linear, Privilege privilege);

  template <class T>
  [[nodiscard]] AccessStatus read_value(GuestLinear linear, Privilege privilege, T& value) {
    if (const u8* host = fast_read(linear.value, sizeof(T), privilege)) {
      std::memcpy(&value, host, sizeof(T));
      return AccessStatus::Done;
    }
    return read(linear, privilege, std::as_writable_bytes(std::span<T, 1>(&value, 1)));
  }
  template <class T>
  [[nodiscard]] AccessStatus write_value(GuestLinear linear, Privilege privilege, T value) {
    if (u8* host = fast_write(linear.value, sizeof(T), privilege)) {
      std::memcpy(host, &value, sizeof(T));
      return AccessStatus::Done;
    }
    return write(linear, privilege, std::as_bytes(std::span<const T, 1>(&value, 1)));
  }

  /// Set before a slow access: may it touch devices and tracked frames? Only the last instruction of a block
  /// may, since what follows in the block could depend on it.
  bool effects_allowed = true;
  /// While off, nothing new enters the TLB and what was there is gone: every access takes the slow path,
  /// whose callers then check alignment.
  void set_caching(bool on);
  bool caching() const { return caching_; }
  /// Set by a page fault: CR2 and the error code.
  GuestLinear fault_address{};
  u32 fault_code = 0;

  /// Debuggers: reads or writes without faults, A/D updates or device effects; false if a page is missing.
  bool peek(GuestLinear linear, std::span<std::byte> data);
  bool poke(GuestLinear linear, std::span<const std::byte> data);

  /// While any page is watched, its accesses take the slow path and are reported to the observer.
  void watch(WatchObserver* observer, std::span<const GuestLinear> pages);

  const TlbCounters& counters() const { return counters_; }
  void serialize_counters(Archive& archive) { archive(counters_); }
  /// Changes whenever a translation that an instruction fetch used may have changed, and with the context,
  /// where tlb() and fetch_generation() become others: an exit of a block may be linked only if it has not.
  u32 fetch_changes() const { return fetch_changes_; }
  /// Names what instructions are fetched through, for one privilege: where a block was found under the same
  /// number, it is still to be found. A root gets its number back with its context. Below 2^47.
  const u64& fetch_generation(Privilege privilege) const {
    return active_[static_cast<unsigned>(privilege)].fetches->generation;
  }

  // TranslationCache
  void invalidate(GuestLinear linear, u32 pages, Reach reach) override;
  void invalidate_all() override;
  void revoke_write(HostFrame frame) override;
  bool holds(GuestLinear linear, u32 pages, Reach reach) const override;
  void for_each_kept(const std::function<void(const KeptTranslation&)>& visit) const override;
  SpanSet supervisor_spans() const override;
  void switch_context(u32 context, bool known, const SpanSet& kept) override;
  /// Translations of one linear page under the active root, as INVLPG asks.
  void invalidate_page(GuestLinear linear) { invalidate(linear, 1, {only(context_), true}); }
  // MemoryObserver
  void frame_written(HostFrame, u32, u32) override {}
  void tracking_added(HostFrame frame) override { drop_writes(frame, false); }
  void map_changed() override { invalidate_all(); }

 private:
  /// One page's part of an access.
  struct Piece {
    u8* host = nullptr;        // RAM or ROM; otherwise:
    bool discarded = false;    // a write that nobody receives
    bool uncached = false;     // a miss that put nothing into the TLB
    u8 walk_references = 0;    // of that miss
    GuestPhysical physical{};  // on the device bus, after A20
    u32 size = 0;
  };
  struct Pieces {
    std::array<Piece, 2> piece{};
    u32 count = 0;
    std::span<const Piece> all() const { return std::span(piece).first(count); }
  };
  /// Instruction fetches have a cache of their own: data permission says nothing about NX. The tag is the
  /// page, with the context in its low bits for users.
  struct FetchEntry {
    u32 tag = TlbEntry::kNoTag;
    Resolution resolution;
  };
  static constexpr u32 kFetchEntries = 256;
  static u32 fetch_index(GuestLinear page) { return (page.value >> kPageShift) % kFetchEntries; }
  static_assert(kContexts < kPageSize / 2);
  static u32 fetch_tag(GuestLinear page, Privilege privilege, u32 context) {
    return page.value | (privilege == Privilege::User ? context << 1 : 0);
  }
  /// What has been fetched through.
  struct Fetches {
    static constexpr u32 kPages = 4096;
    static u32 index(GuestLinear page) { return (page.value >> kPageShift) % kPages; }
    u64 generation = 0;
    std::bitset<kPages> pages;  // in this generation, by a hash of the page
    SpanSet spans;              // of which there are fetch entries
  };
  /// What one privilege has under the active root.
  struct Active {
    Tlb* tlb = nullptr;
    Fetches* fetches = nullptr;
  };
  /// What users have in one context.
  struct UserContext {
    Tlb tlb;
    Fetches fetches;
  };

  [[nodiscard]] AccessStatus resolve_piece(GuestLinear linear, AccessType type, Privilege privilege,
                                           Piece& piece);
  /// Both pages of an access, in order of address.
  [[nodiscard]] AccessStatus resolve_pieces(GuestLinear linear, u32 size, AccessType type,
                                            Privilege privilege, Pieces& pieces);
  void fill(GuestLinear page, Privilege privilege, const Resolution& resolution);
  /// The translation that the TLB has, also of a write that must go the slow way; nullptr if it has none.
  u8* known(GuestLinear linear, bool write, Privilege privilege);
  void drop_writes(HostFrame frame, bool revoked);
  void drop_writes_everywhere(HostFrame frame, bool revoked);
  void note_writer(HostFrame frame, TlbPlace place);
  TlbPlace place_of(GuestLinear page, Privilege privilege) const;
  Tlb& tlb_at(u16 number) { return number == 0 ? supervisor_tlb_ : users_[number - 1u]->tlb; }
  template <class Visit>
  void for_each_tlb(Visit visit);
  void select_context(u32 context);
  void begin_generation(Fetches& fetches);
  /// Its entries are gone.
  void forget_fetches(Fetches& fetches);
  void drop_pages(Tlb& tlb, Fetches& fetches, Privilege privilege, GuestLinear first, u32 pages);
  void count_miss(u8 walk_references);
  bool holds_page(GuestLinear page, Privilege privilege, u32 context) const;
  bool has_effects(const Pieces& pieces, AccessType type) const;
  HostFrame frame_of(const u8* host) const;
  u8 tracking_of(const Piece& piece) const;
  void read_device(GuestPhysical address, std::span<std::byte> data);
  void write_device(GuestPhysical address, std::span<const std::byte> data);
  bool watched(GuestLinear page) const;
  void report_watched(GuestLinear linear, u32 size, AccessType type);

  Tlb supervisor_tlb_;
  Fetches supervisor_fetches_;
  std::array<std::unique_ptr<UserContext>, kContexts> users_;  // made when first selected
  u32 context_ = 0;
  std::array<Active, 2> active_;  // by privilege
  std::array<std::array<FetchEntry, kFetchEntries>, 2> fetch_entries_;
  FrameWriters writers_;
  GuestMemory& memory_;
  AddressSpace* space_ = nullptr;
  bool caching_ = true;
  u32 fetch_changes_ = 1;
  u64 generations_ = 0;  // begun so far
  TlbCounters counters_;
  WatchObserver* watch_observer_ = nullptr;
  std::vector<GuestLinear> watched_pages_;
};

}  // namespace ringdown
