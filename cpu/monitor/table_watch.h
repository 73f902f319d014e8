// Which frames hold the guest's descriptor tables, and which stores to them concern the tables.
#pragma once

#include <span>
#include <vector>

#include "core/archive.h"
#include "core/memory.h"
#include "cpu/segment.h"

namespace ringdown {

/// Tracks the frames of descriptor tables so that stores to them are told to the memory's observers. Firmware
/// goes to and fro between modes and tables, and tables may be far larger than their use: frames stay tracked
/// until too many stores that concern no loaded segment prove one to be a page of busy data. It is tracked no
/// more then, and that is remembered: protecting it costs more than the knowledge is worth.
class TableWatch {
 public:
  explicit TableWatch(GuestMemory& memory) : memory_(memory) {}
  ~TableWatch() { clear(); }
  TableWatch(const TableWatch&) = delete;
  TableWatch& operator=(const TableWatch&) = delete;

  /// No table is in use.
  void retire_all();
  /// A part, within one frame, of a descriptor table that is in use.
  struct Part {
    HostFrame frame;
    u32 begin = 0;  // bytes of the frame: [begin, end)
    u32 end = 0;
    bool local = false;    // of the LDT
    u32 table_offset = 0;  // of the first byte

    bool overlaps(u32 offset, u32 length) const { return offset < end && offset + length > begin; }
    bool holds(Selector selector) const {
      return selector.local() == local && selector.offset() + 8 > table_offset &&
             selector.offset() < table_offset + (end - begin);
    }
    void serialize(Archive& archive) { archive(frame, begin, end, local, table_offset); }
    friend bool operator==(const Part&, const Part&) = default;
  };
  void add(const Part& part);
  /// Bytes [offset, offset + length) of `frame` were stored to: whether they belong to a table from which one
  /// of `segments` may have been loaded.
  bool stored(HostFrame frame, u32 offset, u32 length, std::span<const SegmentRegister> segments);
  void clear();

  void serialize(Archive& archive);

 private:
  struct Watched {
    Part part;
    bool in_use = false;
    u32 stores_beside = 0;

    bool busy() const { return stores_beside > kStoresBeside; }
    void serialize(Archive& archive) { archive(part, in_use, stores_beside); }
  };
  static constexpr u32 kStoresBeside = 64;
  static constexpr std::size_t kMostParts = 64;

  void drop_oldest();

  GuestMemory& memory_;
  std::vector<Watched> watched_;  // the one that was added last stands last
};

}  // namespace ringdown
