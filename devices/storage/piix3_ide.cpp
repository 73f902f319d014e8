// PIIX3 IDE configuration space and its bus master registers (Intel 290550, chapters 2.3 and 2.7).
#include "devices/storage/piix3_ide.h"

namespace ringdown {
namespace {

constexpr u8 kIdeTiming = 0x40;       // IDETIM, one word per channel
using DecodeEnable = Field<u16, 15>;  // IDETIM.IDE
constexpr unsigned kBusMasterBar = 4;
constexpr std::size_t kWindowsPerChannel = 2;  // command block, control block

constexpr PciRegister kRegisters[] = {
    {pci_offset::kVendorId, Width::Word, 0x8086},
    {pci_offset::kDeviceId, Width::Word, 0x7010},
    {pci_offset::kCommand, Width::Word, 0x0000, 0x0005},
    {pci_offset::kStatus, Width::Word, 0x0280, 0, 0x3800},
    {pci_offset::kClassCode, Width::Byte, 0x80},  // bus master capable, legacy addresses
    {pci_offset::kClassCode + 1, Width::Word, 0x0101},
    {pci_offset::kLatencyTimer, Width::Byte, 0x00, 0xf0},
    {kIdeTiming, Width::Dword, 0x00000000, 0xf3fff3ff},
    {0x44, Width::Byte, 0x00, 0xff},  // SIDETIM
};

}  // namespace

Piix3Ide::Piix3Ide(GuestMemory& memory, Log& log, IdeChannel& primary, IdeChannel& secondary,
                   std::array<IdePorts, 2> places)
    : PciFunction("piix3-ide", kRegisters),
      channels_{&primary, &secondary},
      bus_masters_{BusMaster(memory, primary, log), BusMaster(memory, secondary, log)},
      places_(places) {
  u8 timing = kIdeTiming;
  for (IdeChannel* channel : channels_) {
    add_window(PciSpace::Io, IdeChannel::kCommandBlockLength, &channel->command_block(), timing);
    add_window(PciSpace::Io, IdeChannel::kControlBlockLength, &channel->control_block(), timing);
    timing = static_cast<u8>(timing + sizeof(u16));
  }
  add_bar(kBusMasterBar, PciSpace::Io, kBusMasterLength, &bus_master_window_);
}

void Piix3Ide::reset() {
  PciFunction::reset();
  for (IdeChannel* channel : channels_) channel->reset();
  for (BusMaster& bus_master : bus_masters_) bus_master.reset();
}

std::optional<u32> Piix3Ide::window_base(std::size_t index) const {
  const std::size_t channel = index / kWindowsPerChannel;
  if (channel >= places_.size()) return PciFunction::window_base(index);
  const u16 timing = config_word(static_cast<u8>(kIdeTiming + sizeof(u16) * channel));
  if (!DecodeEnable::get(timing) || !pci_command::IoSpace::get(config_word(pci_offset::kCommand)))
    return std::nullopt;
  return index % kWindowsPerChannel == 0 ? places_[channel].command_block : places_[channel].control_block;
}

void Piix3Ide::config_written(u8, unsigned) { update_bus_masters(); }

void Piix3Ide::update_bus_masters() {
  const bool enabled = pci_command::BusMaster::get(config_word(pci_offset::kCommand));
  for (BusMaster& bus_master : bus_masters_) bus_master.set_enabled(enabled);
}

u64 Piix3Ide::read_bus_master(u32 offset, Width width) {
  u64 value = 0;
  for (unsigned i = 0; i < bytes_of(width) && offset + i < kBusMasterLength; ++i) {
    const u32 at = offset + i;
    const BusMaster& bus_master = bus_masters_[at / BusMaster::kRegistersLength];
    value |= u64{bus_master.read_register(at % BusMaster::kRegistersLength)} << (8 * i);
  }
  return value;
}

void Piix3Ide::write_bus_master(u32 offset, Width width, u64 value) {
  for (unsigned i = 0; i < bytes_of(width) && offset + i < kBusMasterLength; ++i) {
    const u32 at = offset + i;
    bus_masters_[at / BusMaster::kRegistersLength].write_register(at % BusMaster::kRegistersLength,
                                                                  static_cast<u8>(value >> (8 * i)));
  }
}

void Piix3Ide::serialize(Archive& archive) {
  PciFunction::serialize(archive);
  archive(bus_masters_);
}

}  // namespace ringdown
