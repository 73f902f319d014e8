// fw_cfg: the items that the machine hands to its firmware, by port or by DMA.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/archive.h"
#include "core/bus.h"
#include "core/bus_master_memory.h"
#include "core/log.h"

namespace ringdown {

/// Source: QEMU's interface description docs/specs/fw_cfg. Items are read-only to the guest and belong to the
/// machine's construction: state files hold only the place of a half-done read.
class FirmwareConfig final : public Serializable {
 public:
  /// Fixed keys that PC firmware reads.
  enum class Key : u16 {
    Signature = 0x00,
    Id = 0x01,
    BootMenu = 0x0e,       // u16: 1 shows it
    MaximumCpus = 0x0f,    // u16
    FileDirectory = 0x19,  // made here
    FirstFile = 0x20,
    Irq0Override = 0x8002,  // u8: 1 if the timer is on I/O APIC input 2
  };

  FirmwareConfig(GuestMemory& memory, Log& log);

  /// Two ports, 510h and 511h: selector and data.
  BusRange& ports() { return ports_; }
  /// Eight ports, 514h to 51Bh: the DMA address register.
  BusRange& dma_ports() { return dma_ports_; }

  void set_item(Key key, std::span<const u8> bytes);
  /// A little-endian number of `size` bytes.
  void set_number(Key key, u64 value, unsigned size);
  /// Adds a named file, or replaces it. Names have at most 55 characters.
  void add_file(std::string_view name, std::span<const u8> bytes);

  void reset();

  ChunkTag chunk_tag() const override { return ChunkTag("FWCF"); }
  void serialize(Archive& archive) override;

 private:
  struct File {
    std::string name;
    u16 key;
  };

  u64 read_port(u32 offset, Width width);
  void write_port(u32 offset, Width width, u64 value);
  u64 read_dma(u32 offset, Width width);
  void write_dma(u32 offset, Width width, u64 value);

  void rebuild_directory();
  void select(u16 key);
  std::span<const u8> item() const;
  void read_item(std::span<u8> out);
  void run_dma(u64 descriptor);
  bool transfer(u32 control, u32 length, u64 address);

  BusMasterMemory memory_;
  Log& log_;
  std::map<u16, std::vector<u8>> items_;
  std::vector<File> files_;
  u16 selected_ = 0;
  u32 offset_ = 0;
  u32 dma_high_ = 0;
  Window<FirmwareConfig, &FirmwareConfig::read_port, &FirmwareConfig::write_port> ports_{*this};
  Window<FirmwareConfig, &FirmwareConfig::read_dma, &FirmwareConfig::write_dma> dma_ports_{*this};
};

}  // namespace ringdown
