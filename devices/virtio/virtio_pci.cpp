// Configuration space with its capabilities, the interrupt, and what both interfaces share.
#include "devices/virtio/virtio_pci.h"

#include "devices/virtio/virtio_regions.h"

namespace ringdown {

namespace {

constexpr u8 kCapabilities = 0x34;
constexpr u16 kCommandWritable = 0x0407;  // I/O, memory, bus master, interrupt disable
constexpr u16 kHasCapabilities = 0x0010;  // status
using InterruptDisable = Field<u16, 10>;  // command
using InterruptStatus = Field<u8, 3>;     // status

/// Vendor capabilities (4.1.4): offsets in configuration space, and kinds.
constexpr u8 kVendorCapability = 9;
enum class Kind : u8 { Common = 1, Notify = 2, Isr = 3, Device = 4, PciAccess = 5 };
constexpr u8 kCommonAt = 0x40;
constexpr u8 kNotifyAt = 0x50;
constexpr u8 kIsrAt = 0x64;
constexpr u8 kDeviceAt = 0x74;
constexpr u8 kPciAccessAt = 0x84;
constexpr u8 kShort = 16;  // length of a capability
constexpr u8 kLong = 20;   // with one more field

// Offsets in one.
constexpr u8 kBar = 4;
constexpr u8 kOffset = 8;
constexpr u8 kLengthField = 12;
constexpr u8 kExtra = 16;  // the step of notification registers, or the data of PCI configuration access
constexpr u8 kPciAccessData = kPciAccessAt + kExtra;

void add_capability(std::vector<PciRegister>& registers, u8 at, u8 next, u8 length, Kind kind, u32 offset) {
  const u32 head = u32{kVendorCapability} | u32{next} << 8 | u32{length} << 16 | static_cast<u32>(kind) << 24;
  registers.push_back({at, Width::Dword, head});
  registers.push_back({static_cast<u8>(at + kBar), Width::Byte, VirtioPci::kModernBar});
  registers.push_back({static_cast<u8>(at + kOffset), Width::Dword, offset});
  registers.push_back({static_cast<u8>(at + kLengthField), Width::Dword, virtio_region::kLength});
}

std::vector<PciRegister> registers_of(const VirtioPciIdentity& identity) {
  std::vector<PciRegister> registers{
      {pci_offset::kVendorId, Width::Word, VirtioPci::kVendorId},
      {pci_offset::kDeviceId, Width::Word, identity.device},
      {pci_offset::kCommand, Width::Word, 0, kCommandWritable},
      {pci_offset::kStatus, Width::Word, kHasCapabilities},
      // Revision 0: a transitional device (4.1.2.1).
      {pci_offset::kClassCode + 1, Width::Word, identity.class_code},
      {pci_offset::kLatencyTimer, Width::Byte, 0, 0xff},
      {pci_offset::kSubsystemVendorId, Width::Word, VirtioPci::kVendorId},
      {pci_offset::kSubsystemId, Width::Word, identity.subsystem},
      {kCapabilities, Width::Byte, kCommonAt},
      {pci_offset::kInterruptLine, Width::Byte, 0, 0xff},
      {pci_offset::kInterruptPin, Width::Byte, 1},
  };
  add_capability(registers, kCommonAt, kNotifyAt, kShort, Kind::Common, virtio_region::kCommon);
  add_capability(registers, kNotifyAt, kIsrAt, kLong, Kind::Notify, virtio_region::kNotify);
  registers.push_back({kNotifyAt + kExtra, Width::Dword, virtio_region::kNotifyStep});
  add_capability(registers, kIsrAt, kDeviceAt, kShort, Kind::Isr, virtio_region::kIsr);
  add_capability(registers, kDeviceAt, kPciAccessAt, kShort, Kind::Device, virtio_region::kDevice);
  add_capability(registers, kPciAccessAt, 0, kLong, Kind::PciAccess, 0);
  registers.push_back({kPciAccessAt + kBar, Width::Byte, 0, 0xff});
  registers.push_back({kPciAccessAt + kOffset, Width::Dword, 0, ~0u});
  registers.push_back({kPciAccessAt + kLengthField, Width::Dword, 0, ~0u});
  registers.push_back({kPciAccessData, Width::Dword, 0, ~0u});
  return registers;
}

bool touches_access_data(u8 offset, unsigned length) {
  return offset < kPciAccessData + sizeof(u32) && offset + length > kPciAccessData;
}

}  // namespace

VirtioPci::VirtioPci(VirtioDevice& device, const VirtioPciIdentity& identity, InterruptLine line,
                     std::vector<u8> rom)
    : PciFunction(identity.name, registers_of(identity)),
      device_(device),
      tag_(identity.tag),
      line_(line),
      rom_(std::move(rom)) {
  device_.connect(*this);
  add_bar(kLegacyBar, PciSpace::Io, virtio_region::kLegacyLength, &legacy_);
  add_bar(kModernBar, PciSpace::Memory, virtio_region::kModernLength, &modern_);
  if (!rom_.empty()) add_rom(rom_.size(), &rom_);
}

void VirtioPci::reset() {
  PciFunction::reset();
  device_feature_select_ = driver_feature_select_ = 0;
  queue_select_ = 0;
  write_status(0);
  update_bus_master();
}

// --- Configuration space ----------------------------------------------------------------------------------

void VirtioPci::config_written(u8 offset, unsigned length) {
  update_bus_master();
  drive_line();
  if (!touches_access_data(offset, length)) return;
  if (const auto access = indirect_access())
    access->range->write(access->offset, access->width,
                         config_dword(kPciAccessData) & open_bus(access->width));
}

void VirtioPci::config_read_begins(u8 offset, unsigned length) {
  if (!touches_access_data(offset, length)) return;
  const auto access = indirect_access();
  if (!access) return;
  const u64 value = access->range->read(access->offset, access->width);
  for (u8 i = 0; i < bytes_of(access->width); ++i)
    set_config_byte(static_cast<u8>(kPciAccessData + i), static_cast<u8>(value >> (8 * i)));
}

std::optional<VirtioPci::IndirectAccess> VirtioPci::indirect_access() {
  const u32 length = config_dword(kPciAccessAt + kLengthField);
  const u32 offset = config_dword(kPciAccessAt + kOffset);
  const u8 bar = config_byte(kPciAccessAt + kBar);
  const bool legacy = bar == kLegacyBar;
  if (!legacy && bar != kModernBar) return std::nullopt;
  const u32 region = legacy ? virtio_region::kLegacyLength : virtio_region::kModernLength;
  if ((length != 1 && length != 2 && length != 4) || offset % length != 0 || offset >= region)
    return std::nullopt;
  BusRange* const range = legacy ? static_cast<BusRange*>(&legacy_) : &modern_;
  return IndirectAccess{range, offset, static_cast<Width>(length)};
}

void VirtioPci::update_bus_master() {
  device_.set_bus_master(pci_command::BusMaster::get(config_word(pci_offset::kCommand)));
}

void VirtioPci::config_restored() {
  update_bus_master();
  drive_line();
}

// --- The interrupt ----------------------------------------------------------------------------------------

void VirtioPci::interrupt(u8 causes) {
  isr_ |= causes;
  drive_line();
}

u8 VirtioPci::take_isr() {
  const u8 causes = isr_;
  isr_ = 0;
  drive_line();
  return causes;
}

void VirtioPci::drive_line() {
  // PCI 2.3, 6.2.3: the status bit is as the device would have it, whatever the command register masks.
  set_config_byte(pci_offset::kStatus, InterruptStatus::with(config_byte(pci_offset::kStatus), isr_ != 0));
  const bool masked = InterruptDisable::get(config_word(pci_offset::kCommand));
  line_.set(isr_ != 0 && !masked ? Level::High : Level::Low);
}

// --- What both interfaces share ---------------------------------------------------------------------------

void VirtioPci::write_status(u8 status) {
  device_.write_status(status);
  if (status != 0) return;
  isr_ = 0;
  drive_line();
}

u64 VirtioPci::read_device_config(u32 offset, Width width) const {
  u64 value = 0;
  for (unsigned i = 0; i < bytes_of(width); ++i) value |= u64{device_.read_config(offset + i)} << (8 * i);
  return value;
}

void VirtioPci::write_device_config(u32 offset, Width width, u64 value) {
  for (unsigned i = 0; i < bytes_of(width); ++i)
    device_.write_config(offset + i, static_cast<u8>(value >> (8 * i)));
}

void VirtioPci::serialize(Archive& archive) {
  archive(device_feature_select_, driver_feature_select_, queue_select_, isr_);
  // Bus mastering that comes back is no reason to look at queues, neither the old ones nor those restored.
  if (archive.loading()) {
    for (u16 index = 0; index < device_.queue_count(); ++index) device_.queue(index)->set_enabled(false);
  }
  PciFunction::serialize(archive);
  device_.serialize(archive);
}

}  // namespace ringdown
