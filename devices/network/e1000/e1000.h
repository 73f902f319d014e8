// Intel's gigabit Ethernet controllers 82543GC, 82540EM and 82545EM.
#pragma once

#include <vector>

#include "core/ethernet.h"
#include "core/pci_function.h"
#include "core/rom_range.h"
#include "devices/network/e1000/bus_master.h"
#include "devices/network/e1000/chip.h"
#include "devices/network/e1000/flow_control.h"
#include "devices/network/e1000/interrupts.h"
#include "devices/network/e1000/mdio_pins.h"
#include "devices/network/e1000/phy.h"
#include "devices/network/e1000/receiver.h"
#include "devices/network/e1000/register_file.h"
#include "devices/network/e1000/statistics.h"
#include "devices/network/e1000/transmitter.h"
#include "devices/network/e1000/wake_up.h"
#include "devices/network/eeprom_93c46.h"

namespace ringdown {

/// One adapter (PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, 317453). The
/// EEPROM says that base addresses have 32 bits: BAR 0 is the memory space, BAR 2 the I/O space; there is no
/// flash memory but the expansion ROM. Registers answer to double words; narrower writes are lost.
class E1000 final : public PciFunction, public EthernetPort {
 public:
  static constexpr u32 kMemoryLength = 128u << 10;
  static constexpr u32 kIoLength = 8;

  /// `number` (0 to 9) tells the adapters of one machine apart; `rom` may be empty.
  E1000(e1000::Chip chip, unsigned number, GuestMemory& memory, Scheduler& scheduler,
        const MacAddress& address, EthernetWire& wire, InterruptLine interrupt, std::vector<u8> rom);

  void reset() override;
  std::optional<u32> window_base(std::size_t index) const override;

  bool accepts_frame() const override;
  void receive(std::span<const std::byte> frame) override;
  void set_link(bool up) override { phy_.set_cable(up); }

  ChunkTag chunk_tag() const override;
  void serialize(Archive& archive) override;

 private:
  void config_written(u8 offset, unsigned length) override;
  void config_restored() override { update_bus_master(); }
  void update_bus_master();
  bool powered_down() const;
  void wake();
  void drive_interrupt(Level level);
  void update_interrupt();

  u64 read_memory(u32 offset, Width width);
  void write_memory(u32 offset, Width width, u64 value);
  u64 read_io(u32 offset, Width width);
  void write_io(u32 offset, Width width, u64 value);
  u32 read_register(e1000::Offset offset);
  void write_register(e1000::Offset offset, u32 value);

  u32 device_control() const;
  void write_device_control(u32 value);
  u32 device_status() const;
  void write_extended_control(u32 value);
  u32 eeprom_control() const;
  void write_eeprom_control(u32 value);
  void read_eeprom(u32 value);
  void access_phy(u32 value);
  void start();

  void reset_controller(e1000::Resetting kind);
  void load_from_eeprom();
  bool in_loopback() const;
  void send(std::span<const std::byte> frame);
  void arrive(std::span<const std::byte> frame);
  void link_changed();

  std::string scheduler_name_;
  e1000::ChipTraits traits_;
  unsigned number_;
  EthernetWire& wire_;
  InterruptLine interrupt_;
  RomRange rom_;

  Eeprom93c46 eeprom_;
  e1000::RegisterFile registers_;
  e1000::BusMaster bus_;
  e1000::Statistics statistics_{registers_};
  e1000::Interrupts interrupts_;
  e1000::Phy phy_;
  e1000::MdioPins mdio_{phy_};
  e1000::Transmitter transmitter_;
  e1000::Receiver receiver_;
  e1000::FlowControl flow_control_;
  e1000::WakeUp wake_up_{registers_};
  Window<E1000, &E1000::read_memory, &E1000::write_memory> memory_window_{*this};
  Window<E1000, &E1000::read_io, &E1000::write_io> io_window_{*this};

  u32 io_address_ = 0;  // IOADDR
  Level interrupt_level_ = Level::Low;
};

}  // namespace ringdown
