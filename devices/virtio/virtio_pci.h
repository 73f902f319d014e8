// A virtio device on the PCI bus: a transitional function, with the legacy and the modern interface.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/interrupt_line.h"
#include "core/pci_function.h"
#include "core/rom_range.h"
#include "devices/virtio/virtio_device.h"

namespace ringdown {

/// What configuration space says of a device (VIRTIO 1.2, 4.1.2).
struct VirtioPciIdentity {
  std::string name;  // in log lines and access counters
  ChunkTag tag;      // of its state
  u16 device;        // 1000h to 103Fh: transitional
  u16 subsystem;     // the kind of device (5)
  u16 class_code;    // base class and subclass
};

/// VIRTIO 1.2, 4.1. BAR 0 are the ports of the legacy interface, BAR 1 the memory of the modern one.
/// Interrupts go by INTA#: there is no MSI-X.
class VirtioPci final : public PciFunction, private VirtioInterrupts {
 public:
  static constexpr u16 kVendorId = 0x1af4;
  static constexpr unsigned kLegacyBar = 0;
  static constexpr unsigned kModernBar = 1;

  /// `rom` is the expansion ROM's image; without bytes there is none.
  VirtioPci(VirtioDevice& device, const VirtioPciIdentity& identity, InterruptLine line,
            std::vector<u8> rom = {});

  /// RST#.
  void reset() override;
  void config_read_begins(u8 offset, unsigned length) override;

  ChunkTag chunk_tag() const override { return tag_; }
  void serialize(Archive& archive) override;

 private:
  // The legacy interface (4.1.4.10): virtio_legacy.cpp.
  u64 read_legacy(u32 offset, Width width);
  void write_legacy(u32 offset, Width width, u64 value);
  u32 legacy_register(u32 first);
  void write_legacy_register(u32 first, u32 value);
  void write_legacy_status(u8 status);

  // The modern interface (4.1.4.3 to 4.1.4.6): virtio_modern.cpp.
  u64 read_modern(u32 offset, Width width);
  void write_modern(u32 offset, Width width, u64 value);
  u64 common_register(u32 first);
  void write_common_register(u32 first, u64 value);
  void write_queue_register(u32 first, u64 value);

  // Both.
  u64 read_device_config(u32 offset, Width width) const;
  void write_device_config(u32 offset, Width width, u64 value);
  void write_status(u8 status);
  u8 take_isr();

  /// What PCI configuration access leads to (4.1.4.9).
  struct IndirectAccess {
    BusRange* range;
    u32 offset;
    Width width;
  };
  std::optional<IndirectAccess> indirect_access();

  void config_written(u8 offset, unsigned length) override;
  void config_restored() override;
  void update_bus_master();
  void interrupt(u8 causes) override;
  void drive_line();

  VirtioDevice& device_;
  const ChunkTag tag_;
  InterruptLine line_;
  RomRange rom_;
  Window<VirtioPci, &VirtioPci::read_legacy, &VirtioPci::write_legacy> legacy_{*this};
  Window<VirtioPci, &VirtioPci::read_modern, &VirtioPci::write_modern> modern_{*this};

  u32 device_feature_select_ = 0;
  u32 driver_feature_select_ = 0;
  u16 queue_select_ = 0;
  u8 isr_ = 0;
};

}  // namespace ringdown
