// Which guest drives which device, and what it finds.
#include "frontend/lab/io/io_guests.h"

#include <optional>

#include "frontend/lab/lab_guests.h"
#include "frontend/lab/ordered_guest.h"

#define RINGDOWN_IO_ROMS(X) X(io_ne2000) X(io_pcnet) X(io_e1000) X(io_virtio_net) X(io_ide) X(io_virtio_blk)

#define RINGDOWN_IO_ROM(rom)                       \
  extern const unsigned char ringdown_rom_##rom[]; \
  extern const unsigned ringdown_rom_##rom##_size;
RINGDOWN_IO_ROMS(RINGDOWN_IO_ROM)
#undef RINGDOWN_IO_ROM

namespace ringdown {

namespace {

struct Driver {
  std::span<const u8> rom;
  u32 variant = 0;  // of a guest that knows two devices
  std::optional<NicModel> card = {};
  DiskBus bus = DiskBus::Ide;
};

#define RINGDOWN_IO_BYTES(rom) std::span<const u8>(ringdown_rom_##rom, ringdown_rom_##rom##_size)
Driver driver_of(IoDevice device) {
  switch (device) {
    case IoDevice::Ne2000:
      return {RINGDOWN_IO_BYTES(io_ne2000), 0, NicModel::Ne2000};
    case IoDevice::Rtl8029:
      return {RINGDOWN_IO_BYTES(io_ne2000), 1, NicModel::Rtl8029};
    case IoDevice::Pcnet:
      return {RINGDOWN_IO_BYTES(io_pcnet), 0, NicModel::Pcnet};
    case IoDevice::E1000:
      return {RINGDOWN_IO_BYTES(io_e1000), 0, NicModel::E1000};
    case IoDevice::VirtioNet:
      return {RINGDOWN_IO_BYTES(io_virtio_net), 0, NicModel::Virtio};
    case IoDevice::IdePio:
      return {RINGDOWN_IO_BYTES(io_ide), 0};
    case IoDevice::IdeDma:
      return {RINGDOWN_IO_BYTES(io_ide), 1};
    case IoDevice::VirtioBlk:
      return {RINGDOWN_IO_BYTES(io_virtio_blk), 0, {}, DiskBus::Virtio};
  }
  return {};
}
#undef RINGDOWN_IO_BYTES

/// The first byte of the order (roms/lab/io.inc); the second is the variant.
u32 order_of(IoWork work) { return is_outward(work) ? 1 : 2; }
constexpr unsigned kVariantShift = 8;
/// Of all cards.
constexpr u8 kIrq = 11;

}  // namespace

bool is_network_card(IoDevice device) { return driver_of(device).card.has_value(); }

MachineConfig io_guest(const IoCase& one, const std::string& disk_path, EthernetWire* wire) {
  const Driver driver = driver_of(one.device);
  LabGuest guest;
  guest.rom = driver.rom;
  MachineConfig config =
      ordered_guest(guest, {order_of(one.work) | driver.variant << kVariantShift, one.units, one.batch});
  if (driver.card) {
    NicConfig& card = config.nics.emplace_back();
    card.model = *driver.card;
    card.isa_irq = kIrq;
    card.wire = wire;
  } else {
    config.disks.push_back({.path = disk_path, .raw = true, .bus = driver.bus});
  }
  return config;
}

}  // namespace ringdown
