// The PIIX3 IDE function: places both channels at their legacy ports and moves their DMA data.
#pragma once

#include <array>

#include "core/pci_function.h"
#include "devices/storage/bus_master.h"
#include "devices/storage/ide_channel.h"

namespace ringdown {

/// Where a legacy channel sits.
struct IdePorts {
  u16 command_block;
  u16 control_block;
};

/// Function 1 of the 82371SB. The channels' port ranges are windows of this function: IDETIM's decode bits
/// and the command register switch them.
class Piix3Ide final : public PciFunction {
 public:
  /// `places` of the primary and the secondary channel: 1F0h and 3F6h, 170h and 376h.
  Piix3Ide(GuestMemory& memory, Log& log, IdeChannel& primary, IdeChannel& secondary,
           std::array<IdePorts, 2> places);

  /// RST#: also resets the channels and their drives, which hang behind the bridge.
  void reset() override;
  std::optional<u32> window_base(std::size_t index) const override;

  ChunkTag chunk_tag() const override { return ChunkTag("PIDE"); }
  void serialize(Archive& archive) override;

 private:
  static constexpr u32 kBusMasterLength = 2 * BusMaster::kRegistersLength;

  u64 read_bus_master(u32 offset, Width width);
  void write_bus_master(u32 offset, Width width, u64 value);
  void config_written(u8 offset, unsigned length) override;
  void config_restored() override { update_bus_masters(); }
  void update_bus_masters();

  std::array<IdeChannel*, 2> channels_;
  std::array<BusMaster, 2> bus_masters_;
  std::array<IdePorts, 2> places_;
  Window<Piix3Ide, &Piix3Ide::read_bus_master, &Piix3Ide::write_bus_master> bus_master_window_{*this};
};

}  // namespace ringdown
