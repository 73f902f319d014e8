// One IDE channel: two drives on a cable, their registers, and the interrupt request.
#pragma once

#include <array>
#include <memory>

#include "core/archive.h"
#include "core/bus.h"
#include "core/interrupt_line.h"
#include "devices/storage/ide_drive.h"

namespace ringdown {

class IdeChannel final : public Serializable, private IdeCable {
 public:
  /// `number` 0 (primary: 1F0h, 3F6h, IRQ 14) or 1 (secondary: 170h, 376h, IRQ 15); `irq` is edge triggered.
  IdeChannel(u8 number, InterruptLine irq);

  /// Plugs a drive in as master (0) or slave (1), once.
  void attach(unsigned drive, std::unique_ptr<IdeDrive> device);
  /// The bus master that moves the data of DMA commands.
  void connect_dma(DmaPort& port) { dma_ = &port; }

  /// Data to Command: 8 bytes, widest Dword (for the data port).
  BusRange& command_block() { return command_block_; }
  static constexpr u32 kCommandBlockLength = 8;
  /// Alternate Status and Device Control: the one byte at 3F6h or 376h.
  BusRange& control_block() { return control_block_; }
  static constexpr u32 kControlBlockLength = 1;

  void reset();
  /// One of the drives is due and its image is late.
  bool waits_for_image() const;
  void set_wake(const std::function<void()>& wake);
  /// Waits until everything written is on the host's disks.
  Result<void> flush_images();
  /// The bus master was started.
  void dma_started();

  ChunkTag chunk_tag() const override { return number_ == 0 ? ChunkTag("IDE0") : ChunkTag("IDE1"); }
  /// Since version 2 disk work may be under way.
  u16 chunk_version() const override { return 2; }
  void serialize(Archive& archive) override;

 private:
  u64 read_command_block(u32 offset, Width width);
  void write_command_block(u32 offset, Width width, u64 value);
  u64 read_control_block(u32 offset, Width width);
  void write_control_block(u32 offset, Width width, u64 value);
  u8 read_register(AtaRegister reg);
  void write_register(AtaRegister reg, u8 value);
  void write_command(u8 command);

  void interrupt_changed() override;
  DmaPort* dma_port() override { return dma_; }

  IdeDrive* selected() const { return drives_[ata_device::Drive::get(device_) ? 1 : 0].get(); }

  const u8 number_;
  InterruptLine irq_;
  DmaPort* dma_ = nullptr;
  std::array<std::unique_ptr<IdeDrive>, 2> drives_;
  Window<IdeChannel, &IdeChannel::read_command_block, &IdeChannel::write_command_block> command_block_{*this};
  Window<IdeChannel, &IdeChannel::read_control_block, &IdeChannel::write_control_block> control_block_{*this};

  u8 device_ = 0;   // the Device register as last written: selects the drive
  u8 control_ = 0;  // Device Control
};

}  // namespace ringdown
