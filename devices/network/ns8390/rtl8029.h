// The Realtek RTL8029AS: an NE2000 on PCI.
#pragma once

#include <vector>

#include "core/pci_function.h"
#include "core/rom_range.h"
#include "devices/network/eeprom_93c46.h"
#include "devices/network/ns8390/ne2000_ports.h"

namespace ringdown {

/// 10EC:8029 (RTL8029AS preliminary specification LS009.0, January 1997): what it adds to the controller is
/// its identification, page 3 and the EEPROM. There is no power down mode; full duplex is as the cable is
/// anyway.
class Rtl8029 final : public PciFunction, public EthernetPort, private MakerRegisters {
 public:
  static constexpr u16 kVendorId = 0x10ec;
  static constexpr u16 kDeviceId = 0x8029;

  /// `number` (0 to 9) tells the adapters of one machine apart; `rom` may be empty.
  Rtl8029(unsigned number, Scheduler& scheduler, const MacAddress& address, EthernetWire& wire,
          InterruptLine interrupt, std::vector<u8> rom);

  void reset() override;

  /// With flow control, as it is after reset, the far end waits while the ring is nearly full.
  bool accepts_frame() const override;
  void receive(std::span<const std::byte> frame) override { controller_.receive(frame); }
  void set_link(bool up) override { controller_.set_link(up); }

  ChunkTag chunk_tag() const override;
  void serialize(Archive& archive) override;

 private:
  std::optional<u8> read(unsigned page, unsigned offset) const override;
  void write(unsigned offset, u8 value) override;
  void write_eeprom_command(u8 value);
  void load_from_eeprom();

  unsigned number_;
  Ns8390 controller_;
  Ne2000Ports ports_{controller_, this};
  RomRange rom_;
  Eeprom93c46 eeprom_;
  Register<u8> eeprom_command_;  // 9346CR
  u8 config2_ = 0;
  u8 config3_ = 0;
};

}  // namespace ringdown
