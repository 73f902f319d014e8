// Statistics registers: they count up to all ones, and reading clears them.
#pragma once

#include <span>

#include "devices/network/e1000/register_file.h"

namespace ringdown::e1000 {

/// PAUSE frames are counted apart from all others.
enum class FrameKind : u8 { Data, FlowControl };

/// (317453, 13.7.) Counters of events that do not occur here (collisions, symbol errors) stay zero.
class Statistics {
 public:
  explicit Statistics(RegisterFile& registers) : registers_(registers) {}

  static bool contains(Offset offset) {
    return offset >= Offset::Statistics && offset < Offset::StatisticsEnd;
  }

  /// What a guest reads. A pair of registers is cleared with its high half.
  u32 read(Offset offset);

  void count(Offset offset);
  /// Lengths on the wire include the check sequence.
  void count_sent(std::span<const std::byte> frame, FrameKind kind);
  /// A good frame that passed the filters.
  void count_received(std::span<const std::byte> frame);
  /// A frame of any kind that came.
  void count_seen(std::span<const std::byte> frame);

 private:
  void add_octets(Offset low, u64 octets);
  void count_size(Offset first, std::size_t wire_length);

  RegisterFile& registers_;
};

}  // namespace ringdown::e1000
