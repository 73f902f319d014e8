// Compares what two machines show their guests: processor, parts of the board, RAM.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "frontend/lab/lockstep/guest_items.h"

namespace ringdown {

/// One thing in which two machines differ.
struct GuestDifference {
  std::string item;       // "EFLAGS", "memory 0009fffc", "device PIC"
  std::string reference;  // its value there
  std::string other;
  std::string place;  // where else to find it, as "[ESP]"; often empty
};

/// Of two machines that run the same guest. Both must stand at an instruction boundary whenever anything is
/// asked.
class GuestComparison {
 public:
  GuestComparison(Machine& reference, Machine& other);

  /// The processors alone: made for being asked after each instruction.
  bool processors_agree() const;
  bool parts_agree();
  bool memory_agrees();
  /// The memory that the stack pointer leads to; that of the reference, if they differ.
  bool stacks_agree() const;

  /// Indices of the parts of the board that differ.
  std::vector<std::size_t> differing_parts();
  bool parts_agree(const std::vector<std::size_t>& parts);
  /// Bytes of RAM that differ, at most `kMostBytes`: their offsets.
  std::vector<u64> differing_bytes();
  bool bytes_agree(const std::vector<u64>& offsets) const;
  static constexpr std::size_t kMostBytes = 65536;

  /// Everything that differs now, for a reader: items of the processor, then RAM, then parts.
  std::vector<GuestDifference> differences();
  /// A value of both, by the item's name; nothing if there is no such item.
  struct Values {
    std::string reference;
    std::string other;
  };
  Values values(std::string_view item) const;

 private:
  /// Bytes that are compared at once.
  struct Run {
    const std::byte* reference;
    const std::byte* other;
    std::size_t length;
  };
  /// Bytes of RAM that are told of together.
  struct Stretch {
    u64 begin = 0;
    u64 length = 0;
    std::string place;  // near the stack pointer
    std::string text(const MemoryStore& store) const;
  };
  void find_runs();
  std::vector<Stretch> stretches(const std::vector<u64>& offsets) const;
  bool part_agrees(std::size_t index);
  void add_memory(std::vector<GuestDifference>& list);
  void add_parts(std::vector<GuestDifference>& list);
  std::string place_of(u64 physical) const;

  Machine& reference_;
  Machine& other_;
  std::vector<GuestItem> reference_items_;
  std::vector<GuestItem> other_items_;
  std::vector<std::size_t> derived_;  // items without a place
  std::vector<Run> runs_;
  std::vector<GuestPart> reference_parts_;
  std::vector<GuestPart> other_parts_;
  std::vector<bool> touched_;  // frames that either guest has used
};

}  // namespace ringdown
