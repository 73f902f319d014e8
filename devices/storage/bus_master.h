// The bus master of one IDE channel: moves DMA data between a drive and guest memory by physical region
// table.
#pragma once

#include "core/archive.h"
#include "core/bus_master_memory.h"
#include "core/field.h"
#include "core/interrupt_line.h"
#include "core/log.h"
#include "devices/storage/ide_drive.h"

namespace ringdown {

class IdeChannel;

/// BMICOM, BMISTA and BMIDTP of a channel (Intel 290550, chapter 2.7; "Programming Interface for Bus Master
/// IDE Controller" 1.0).
class BusMaster final : public DmaPort {
 public:
  BusMaster(GuestMemory& memory, IdeChannel& channel, Log& log);
  BusMaster(const BusMaster&) = delete;
  BusMaster& operator=(const BusMaster&) = delete;

  static constexpr u32 kRegistersLength = 8;
  u8 read_register(u32 offset) const;
  void write_register(u32 offset, u8 value);

  /// The function's Bus Master Enable: without it nothing moves.
  void set_enabled(bool enabled) { enabled_ = enabled; }
  void reset();

  std::size_t to_memory(std::span<const std::byte> data) override;
  std::size_t from_memory(std::span<std::byte> data) override;
  void set_intrq(Level level) override;

  void serialize(Archive& archive);

 private:
  void write_command(u8 value);
  bool started_for(bool to_memory) const;
  /// Makes sure a region with room is loaded; false at the end of the table, which stops the bus master.
  bool load_region();
  void use_region(u32 bytes);

  BusMasterMemory memory_;
  IdeChannel& channel_;
  Log& log_;
  bool enabled_ = false;

  Register<u8> command_;  // BMICOM
  Register<u8> status_;   // BMISTA
  u32 table_ = 0;         // BMIDTP

  // The table while the bus master is active.
  u32 next_entry_ = 0;
  u32 region_ = 0;
  u32 region_left_ = 0;
  bool last_region_ = false;
  Level intrq_ = Level::Low;  // to see the edge that sets BMISTA's interrupt bit
};

}  // namespace ringdown
