// Bus-master IDE: register behaviour and the walk through the physical region descriptor table.
#include "devices/storage/bus_master.h"

#include <algorithm>

#include "devices/storage/ide_channel.h"

namespace ringdown {
namespace {

// Offsets of the registers.
constexpr u32 kCommand = 0;
constexpr u32 kStatus = 2;
constexpr u32 kTable = 4;

// BMICOM.
using Start = Field<u8, 0>;     // SSBM
using ToMemory = Field<u8, 3>;  // RWCON: the bus master writes memory
constexpr u8 kCommandWritable = Start::kMask | ToMemory::kMask;
// BMISTA.
using Active = Field<u8, 0>;
using DmaError = Field<u8, 1>;
using Interrupt = Field<u8, 2>;
constexpr u8 kStatusWritable = 0x60;  // the drives' DMA capable bits
constexpr u8 kStatusClears = DmaError::kMask | Interrupt::kMask;

// A descriptor: 32-bit address, 16-bit count (0: 64 KiB), end of table in bit 31 of the second double word.
constexpr u32 kDescriptorLength = 8;
constexpr u32 kTableBoundary = 0x1'0000;
using RegionCount = Field<u32, 0, 16>;
using EndOfTable = Field<u32, 31>;
constexpr u32 kWordAligned = ~1u;

}  // namespace

BusMaster::BusMaster(GuestMemory& memory, IdeChannel& channel, Log& log)
    : memory_(memory), channel_(channel), log_(log) {
  channel_.connect_dma(*this);
}

void BusMaster::reset() {
  enabled_ = false;
  command_.assign(0);
  status_.assign(0);
  table_ = next_entry_ = region_ = region_left_ = 0;
  last_region_ = false;
}

u8 BusMaster::read_register(u32 offset) const {
  switch (offset) {
    case kCommand:
      return command_.value();
    case kStatus:
      return status_.value();
    case kTable:
    case kTable + 1:
    case kTable + 2:
    case kTable + 3:
      return static_cast<u8>(table_ >> (8 * (offset - kTable)));
    default:
      return 0;
  }
}

void BusMaster::write_register(u32 offset, u8 value) {
  if (offset == kCommand) {
    write_command(value);
  } else if (offset == kStatus) {
    const u8 cleared = static_cast<u8>(status_.value() & ~(value & kStatusClears));
    status_.assign(cleared);
    status_.assign_masked(value, kStatusWritable);
  } else if (offset >= kTable) {
    const unsigned shift = 8 * (offset - kTable);
    table_ = ((table_ & ~(0xffu << shift)) | static_cast<u32>(value) << shift) & ~3u;
  }
}

void BusMaster::write_command(u8 value) {
  const bool was_started = command_.get<Start>();
  command_.assign(value & kCommandWritable);
  if (!command_.get<Start>()) {
    // Stopping in the middle loses the place in the table.
    status_.set<Active>(false);
    return;
  }
  if (was_started) return;
  status_.set<Active>(true);
  next_entry_ = table_;
  region_left_ = 0;
  last_region_ = false;
  channel_.dma_started();
}

void BusMaster::set_intrq(Level level) {
  if (level == Level::High && intrq_ == Level::Low) status_.set<Interrupt>(true);
  intrq_ = level;
}

bool BusMaster::started_for(bool to_memory) const {
  if (!enabled_ || !status_.get<Active>()) return false;
  if (command_.get<ToMemory>() == to_memory) return true;
  log_.write(LogCategory::Disk, "bus master: started against the direction of the command");
  return false;
}

bool BusMaster::load_region() {
  if (region_left_ != 0) return true;
  if (last_region_) {
    status_.set<Active>(false);
    return false;
  }
  const u32 address = memory_.read_value<u32>(GuestPhysical(next_entry_));
  const u32 control = memory_.read_value<u32>(GuestPhysical(u64{next_entry_} + sizeof(u32)));
  const u32 count = RegionCount::get(control) & kWordAligned;
  region_ = address & kWordAligned;
  region_left_ = count != 0 ? count : kTableBoundary;
  last_region_ = EndOfTable::get(control);
  next_entry_ += kDescriptorLength;
  if (next_entry_ % kTableBoundary < kDescriptorLength && !last_region_) {
    // A table may not cross 64 KiB. Going on could read descriptors for ever.
    log_.write(LogCategory::Disk, "bus master: the descriptor table has no end");
    last_region_ = true;
    status_.set<DmaError>(true);
  }
  return true;
}

void BusMaster::use_region(u32 bytes) {
  region_ += bytes;
  region_left_ -= bytes;
  // Active falls when the regions are used up, so that software sees their size was right.
  if (region_left_ == 0 && last_region_) status_.set<Active>(false);
}

std::size_t BusMaster::to_memory(std::span<const std::byte> data) {
  std::size_t moved = 0;
  while (moved < data.size() && started_for(true) && load_region()) {
    const u32 count = static_cast<u32>(std::min<std::size_t>(region_left_, data.size() - moved));
    memory_.write(GuestPhysical(region_), data.subspan(moved, count));
    moved += count;
    use_region(count);
  }
  return moved;
}

std::size_t BusMaster::from_memory(std::span<std::byte> data) {
  std::size_t moved = 0;
  while (moved < data.size() && started_for(false) && load_region()) {
    const u32 count = static_cast<u32>(std::min<std::size_t>(region_left_, data.size() - moved));
    memory_.read(GuestPhysical(region_), data.subspan(moved, count));
    moved += count;
    use_region(count);
  }
  return moved;
}

void BusMaster::serialize(Archive& archive) {
  archive(command_, status_, table_, next_entry_, region_, region_left_, last_region_, intrq_);
}

}  // namespace ringdown
