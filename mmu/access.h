// The vocabulary of memory accesses: kind, privilege, and what a lookup of a linear page yields.
#pragma once

#include <functional>

#include "core/memory.h"
#include "core/types.h"
#include "mmu/context.h"

namespace ringdown {

enum class AccessType : u8 { Read, Write, Execute };

/// Paging knows two privileges: CPL 0–2 are supervisor, CPL 3 is user.
enum class Privilege : u8 { Supervisor = 0, User = 1 };

/// Error code of #PF (Intel SDM vol. 3A, 4.7).
namespace page_fault {
inline constexpr u32 kPresent = 1u << 0;
inline constexpr u32 kWrite = 1u << 1;
inline constexpr u32 kUser = 1u << 2;
inline constexpr u32 kReserved = 1u << 3;
inline constexpr u32 kFetch = 1u << 4;
}  // namespace page_fault

/// What an address space says of one access to one linear page.
struct Resolution {
  enum class Kind : u8 {
    Memory,  // `page` has a frame for this access
    Device,  // the access goes to the device bus (or, for a write, is discarded) at `physical`
    Fault,   // #PF with `error_code`
  };
  Kind kind = Kind::Fault;
  /// The processor's TLB may keep read (and execute) permission / write permission for this privilege. Write
  /// permission is never kept for tracked frames, whatever this says.
  bool keep_read = false;
  bool keep_write = false;
  /// For a write, `write_frame` counts, else `read_frame`; the other one only if it may be kept.
  GuestMemory::Page page{};
  /// Guest-physical address of the page's first byte.
  GuestPhysical physical{};
  u32 error_code = 0;
  /// Entries that the processor's walk read.
  u8 walk_references = 0;
};

/// The processor's paging root, as hardware would walk it on a TLB miss.
class AddressSpace {
 public:
  virtual ~AddressSpace() = default;
  /// Resolves one access to the page of `linear`, setting accessed and dirty bits as hardware does.
  virtual Resolution resolve(GuestLinear linear, AccessType type, Privilege privilege) = 0;
  /// The same without any side effect, for debuggers; a supervisor read, but both frames of `page` count.
  virtual Resolution peek(GuestLinear linear) = 0;
  /// The context of the root that is active.
  virtual u32 context() const = 0;
};

/// A translation that is kept for later accesses.
struct KeptTranslation {
  GuestLinear page{};
  Privilege privilege = Privilege::Supervisor;
  u32 context = 0;  // users only: supervisors' are of the active root
  AccessType type = AccessType::Read;
  HostFrame frame{};
};

/// Where an address space reports that translations it gave out no longer hold. Implemented by the memory
/// unit in front of it (and, one day, by a translator's window of host mappings).
class TranslationCache {
 public:
  virtual ~TranslationCache() = default;
  /// Translations of `pages` linear pages from that of `linear` on, which lie in one span.
  virtual void invalidate(GuestLinear linear, u32 pages, Reach reach) = 0;
  /// Those of all contexts.
  virtual void invalidate_all() = 0;
  /// Write permission to one host frame, under whatever linear address, in all contexts.
  virtual void revoke_write(HostFrame frame) = 0;

  /// Whether there may be a translation of one of these pages.
  virtual bool holds(GuestLinear linear, u32 pages, Reach reach) const = 0;
  /// Calls `visit` for each kind of access that each kept translation allows without asking.
  virtual void for_each_kept(const std::function<void(const KeptTranslation&)>& visit) const = 0;
  /// Spans in which there are translations for supervisors.
  virtual SpanSet supervisor_spans() const = 0;
  /// Another root is active: users' translations are now those of `context`, none yet if it is not `known`;
  /// for supervisors those in `kept`, where both roots translate alike, stay.
  virtual void switch_context(u32 context, bool known, const SpanSet& kept) = 0;
};

}  // namespace ringdown
