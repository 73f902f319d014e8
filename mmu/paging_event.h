// What a paging technique tells those who watch it work.
#pragma once

#include <array>
#include <string_view>

#include "core/types.h"

namespace ringdown {

/// Kinds of events; the names stand in traces.
#define RINGDOWN_PAGING_EVENTS(X)                                                                   \
  X(Make, "make")                /* an empty shadow table was made */                               \
  X(Drop, "drop")                /* a shadow table is gone, and all entries in it and to it */      \
  X(Activate, "activate")        /* a shadow directory is in the active root (Drop ends it too) */  \
  X(Fill, "fill")                /* a shadow entry was made from the guest's */                     \
  X(Sync, "sync")                /* one was changed or dropped because the guest's was stored to */ \
  X(Withhold, "withhold")        /* one lost its write rights: its frame is write-protected now */  \
  X(Grant, "grant")              /* one got them back: its frame no longer is */                    \
  X(Protect, "protect")          /* a frame that holds a table is write-protected from here on */   \
  X(Release, "release")          /* it no longer is */                                              \
  X(Store, "store")              /* an entry in a frame that holds a table was stored to */         \
  X(Mark, "mark")                /* its accessed or dirty bit was set for the guest */              \
  X(HiddenFault, "hidden-fault") /* a physical #PF that the guest never sees */                     \
  X(TrueFault, "true-fault")     /* one that the guest's own tables give */                         \
  X(RootSwitch, "root-switch")   /* no directory is in it: another root or other controls */        \
  X(Evict, "evict")              /* a shadow table was given up for its memory */                   \
  X(Break, "break")              /* a fault was put in on purpose */

enum class PagingEventKind : u8 {
#define RINGDOWN_PAGING_EVENT_ENUMERATOR(id, name) id,
  RINGDOWN_PAGING_EVENTS(RINGDOWN_PAGING_EVENT_ENUMERATOR)
#undef RINGDOWN_PAGING_EVENT_ENUMERATOR
};

/// What an event tells of.
enum class PagingSubject : u8 {
  Table,       // a shadow table, or the guest's frame behind it
  Entry,       // a shadow entry, and the guest's behind it
  GuestEntry,  // an entry of a guest's table
  Fault,       // an access
  Root,        // CR3 and the other paging controls
};

constexpr PagingSubject subject_of(PagingEventKind kind) {
  switch (kind) {
    case PagingEventKind::Make:
    case PagingEventKind::Drop:
    case PagingEventKind::Activate:
    case PagingEventKind::Protect:
    case PagingEventKind::Release:
    case PagingEventKind::Evict:
      break;
    case PagingEventKind::Fill:
    case PagingEventKind::Sync:
    case PagingEventKind::Withhold:
    case PagingEventKind::Grant:
    case PagingEventKind::Break:
      return PagingSubject::Entry;
    case PagingEventKind::Store:
    case PagingEventKind::Mark:
      return PagingSubject::GuestEntry;
    case PagingEventKind::HiddenFault:
    case PagingEventKind::TrueFault:
      return PagingSubject::Fault;
    case PagingEventKind::RootSwitch:
      return PagingSubject::Root;
  }
  return PagingSubject::Table;
}

/// Why a hidden fault came; the names stand in traces.
#define RINGDOWN_HIDDEN_CAUSES(X)                                                                           \
  X(Missing, "missing")     /* the shadow had no entry yet, or fewer rights than the guest's tables give */ \
  X(Protected, "protected") /* a store to a write-protected frame: performed once */                        \
  X(Device, "device")       /* the page leads to device registers: once for each instruction */

enum class HiddenCause : u8 {
#define RINGDOWN_HIDDEN_CAUSE_ENUMERATOR(id, name) id,
  RINGDOWN_HIDDEN_CAUSES(RINGDOWN_HIDDEN_CAUSE_ENUMERATOR)
#undef RINGDOWN_HIDDEN_CAUSE_ENUMERATOR
};

namespace paging_event_names {
#define RINGDOWN_PAGING_NAME(id, name) std::string_view(name),
inline constexpr std::array kKinds{RINGDOWN_PAGING_EVENTS(RINGDOWN_PAGING_NAME)};
inline constexpr std::array kHiddenCauses{RINGDOWN_HIDDEN_CAUSES(RINGDOWN_PAGING_NAME)};
#undef RINGDOWN_PAGING_NAME
}  // namespace paging_event_names

constexpr std::string_view name_of(PagingEventKind kind) {
  return paging_event_names::kKinds[static_cast<std::size_t>(kind)];
}
constexpr std::string_view name_of(HiddenCause cause) {
  return paging_event_names::kHiddenCauses[static_cast<std::size_t>(cause)];
}

/// One event. What a kind does not speak of is zero, or kNoTable.
struct PagingEvent {
  static constexpr u32 kNoTable = 0xffff'ffff;

  PagingEventKind kind = PagingEventKind::Fill;
  u8 level = 0;            // of the table: 1 page table, 2 page directory
  u16 slot = 0;            // of the entry in it; Activate: which GiB of linear addresses (0 without PAE)
  u32 table = kNoTable;    // number of the shadow table
  bool direct = false;     // that table maps memory from `physical` on, and no guest's table is behind it
  bool user_side = false;  // Make, Activate: it serves the guest's user side alone (Deprivilege::Ring3)
  HiddenCause cause = HiddenCause::Missing;  // HiddenFault
  /// Fill, Sync, Withhold, Grant: the first address that the entry translates in the active root, if it does
  /// in any
  /// (`in_active_root`); faults: the address accessed.
  GuestLinear linear{};
  bool in_active_root = false;
  /// Fill, Sync, Withhold, Grant, Store, Mark: where the guest's entry lies; Make, Drop, Activate, Protect,
  /// Release, Evict: the guest's table; HiddenFault: the address accessed; RootSwitch: the guest's directory,
  /// or PAE's pointer table.
  GuestPhysical physical{};
  u8 entry_bytes = 0;  // of the guest's entry, where there is one
  u64 guest_entry =
      0;  // Fill, Sync, Withhold, Grant, Store, Mark: the guest's entry; RootSwitch: the guest's CR3
  u64 old_entry = 0;   // Fill, Sync, Withhold, Grant: the shadow entry before; RootSwitch: the CR3 before
  u64 new_entry = 0;   // Fill, Sync, Withhold, Grant: the shadow entry after
  u32 error_code = 0;  // faults: that of the #PF
};

class PagingEventSink {
 public:
  virtual ~PagingEventSink() = default;
  virtual void paging_event(const PagingEvent& event) = 0;
};

/// Where events go, if anybody watches.
struct PagingEvents {
  PagingEventSink* sink = nullptr;
  bool watched() const { return sink != nullptr; }
  void tell(const PagingEvent& event) const {
    if (sink != nullptr) sink->paging_event(event);
  }
};

}  // namespace ringdown
