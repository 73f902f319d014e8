// The shadow tables as somebody sees them who knows nothing but the events.
#pragma once

#include <array>
#include <map>
#include <string>

#include "mmu/shadow_paging.h"

namespace ringdown::test {

class PagingMirror final : public PagingEventSink {
 public:
  explicit PagingMirror(const GuestMemory& memory) : memory_(memory) {}
  void paging_event(const PagingEvent& event) override;

  /// Empty, or what the events told otherwise than it is.
  std::string compare(const ShadowPaging& paging) const;

 private:
  struct Table {
    u8 level = 0;
    std::map<u16, u64> entries;
  };
  using Root = std::array<u32, 4>;
  static constexpr Root kNoRoot{PagingEvent::kNoTable, PagingEvent::kNoTable, PagingEvent::kNoTable,
                                PagingEvent::kNoTable};

  void change_entry(const PagingEvent& event);
  void drop(u32 table);
  void protect(GuestPhysical table);
  void note_guest_entry(const PagingEvent& event);
  /// The present page entries that a directory, active from `start` on, leads to, by linear address.
  void collect(u32 directory, GuestLinear start, u32 shift, std::map<u32, u64>& leaves) const;

  const GuestMemory& memory_;
  std::map<u32, Table> tables_;
  std::array<Root, 2> roots_{kNoRoot, kNoRoot};
  std::map<u64, std::array<u8, kPageSize>> protected_;  // guest's tables, by address
};

}  // namespace ringdown::test
