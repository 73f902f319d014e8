// The memory that the tester and the helper process share: a batch of cases, and what became of them.
#pragma once

#include <array>
#include <atomic>

#include "tests/oracle/case.h"

namespace ringdown::test {

struct HostSlot {
  OracleState state;  // before; after
  MemoryImage image;  // before
  bool ended;
  u8 vector;
  u32 error_code;
  u32 fault_address;
  u32 change_count;
  std::array<MemoryChange, kOraclePages.size() * kPageSize> changes;
};

struct HostExchange {
  static constexpr u32 kSlots = 64;
  u32 count;                   // of cases in the batch
  std::atomic<u32> completed;  // of them; the helper goes on behind these
  std::array<HostSlot, kSlots> slots;
};
static_assert(std::atomic<u32>::is_always_lock_free);

/// What the helper says when it has started, and the tester when there is a batch. With NoLocalTable it is
/// ready for cases that need no segments of their own.
enum class HostMessage : char { Ready = 'R', NoLocalTable = 'L', Occupied = 'O', Batch = 'B', Done = 'D' };

}  // namespace ringdown::test
