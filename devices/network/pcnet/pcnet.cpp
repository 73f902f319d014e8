// The Am79C970A in PCI configuration space, its ports and its saved state (AMD 19436, "I/O resources").
#include "devices/network/pcnet/pcnet.h"

#include "devices/network/ethernet_timing.h"
#include "devices/network/frame_state.h"

namespace ringdown {

using namespace pcnet;

namespace {

constexpr u32 kCommandWritable = 0x0147;  // I/O, memory, bus master, parity, SERR#

constexpr PciRegister kRegisters[] = {
    {pci_offset::kVendorId, Width::Word, Pcnet::kVendorId},
    {pci_offset::kDeviceId, Width::Word, Pcnet::kDeviceId},
    {pci_offset::kCommand, Width::Word, 0x0000, kCommandWritable},
    {pci_offset::kStatus, Width::Word, 0x0280, 0, 0xf900},  // fast back-to-back, DEVSEL# timing: medium
    {pci_offset::kRevision, Width::Byte, 0x10},
    {pci_offset::kClassCode + 1, Width::Word, 0x0200},  // Ethernet controller
    {pci_offset::kLatencyTimer, Width::Byte, 0x00, 0xff},
    {pci_offset::kInterruptLine, Width::Byte, 0x00, 0xff},
    {pci_offset::kInterruptPin, Width::Byte, 0x01},
};

constexpr u32 kRegisterPorts = 0x10;  // behind the address PROM
enum class Port : u8 { Data, Address, Reset, BusData, None };

/// Registers lie two bytes apart in word I/O mode, four in double word I/O mode.
Port port_at(u32 offset, bool double_words) {
  const u32 step = double_words ? 4 : 2;
  const u32 from_start = offset - kRegisterPorts;
  if (from_start % step != 0 || from_start / step >= static_cast<u32>(Port::None)) return Port::None;
  return static_cast<Port>(from_start / step);
}

std::string event_name(unsigned number) { return "pcnet-" + std::to_string(number); }

Eeprom93c46::Words eeprom_content(const MacAddress& address) {
  constexpr unsigned kHardwareId = 9;
  constexpr unsigned kSum = 12;  // of bytes 0 to 11, 14 and 15
  constexpr unsigned kMark = 14;
  constexpr unsigned kAdjustment = 31;
  constexpr unsigned kBytes = 36;
  std::array<u8, kBytes> bytes{};
  std::copy(address.begin(), address.end(), bytes.begin());
  bytes[kHardwareId] = 0x11;  // AMD's drivers look for it
  bytes[kMark] = bytes[kMark + 1] = 'W';
  u16 sum = 0;
  for (unsigned i = 0; i < kMark + 2; ++i) sum = static_cast<u16>(sum + bytes[i]);
  bytes[kSum] = static_cast<u8>(sum);
  bytes[kSum + 1] = static_cast<u8>(sum >> 8);
  u8 rest = 0xff;
  for (const u8 byte : bytes) rest = static_cast<u8>(rest - byte);
  bytes[kAdjustment] = rest;
  Eeprom93c46::Words words{};
  for (unsigned i = 0; i < kBytes; i += 2) words[i / 2] = static_cast<u16>(bytes[i] | bytes[i + 1] << 8);
  return words;
}

}  // namespace

Pcnet::Pcnet(unsigned number, const Surroundings& surroundings, const MacAddress& address,
             std::vector<u8> rom)
    : PciFunction("pcnet", kRegisters),
      number_(number),
      memory_(surroundings.memory),
      scheduler_(surroundings.scheduler),
      wire_(surroundings.wire),
      interrupt_(surroundings.interrupt),
      rom_(std::move(rom)),
      eeprom_(eeprom_content(address)),
      arriving_(
          scheduler_, event_name(number), 1, kTenMegabit, [this] { return listening(); },
          [this](std::vector<std::byte> frame) { reception_done(std::move(frame)); }) {
  transmit_event_ = scheduler_.add(event_name(number), 0, [this](Picoseconds) { transmit_event(); });
  poll_event_ = scheduler_.add(
      event_name(number), 2, [this](Picoseconds deadline) { poll_transmit(deadline); }, EventKind::Polling);
  add_bar(0, PciSpace::Io, kPortsLength, &ports_);
  add_bar(1, PciSpace::Memory, kPortsLength, &ports_);
  if (!rom_.empty()) add_rom(rom_.size(), &rom_);
  reset();
}

/// H_RESET.
void Pcnet::reset() {
  PciFunction::reset();
  csr_ = {};
  set_pair(csr::kChipId, 0x0262'1003);
  software_reset();
  reset_bus_registers();
  load_from_eeprom();
  update_interrupt();
}

u64 Pcnet::read_prom(u32 offset, Width width) const {
  u64 value = 0;
  for (unsigned i = 0; i < bytes_of(width) && offset + i < prom_.size(); ++i) {
    value |= u64{prom_[offset + i]} << (8 * i);
  }
  return value;
}

void Pcnet::write_prom(u32 offset, Width width, u64 value) {
  if (!bus(bcr::kMiscellaneous).get<PromWritable>()) return;
  for (unsigned i = 0; i < bytes_of(width) && offset + i < prom_.size(); ++i) {
    prom_[offset + i] = static_cast<u8>(value >> (8 * i));
  }
}

u64 Pcnet::read_ports(u32 offset, Width width) {
  if (offset < kRegisterPorts) return read_prom(offset, width);
  if (width == Width::Dword && !double_words()) {
    return read_ports(offset, Width::Word) | read_ports(offset + 2, Width::Word) << 16;
  }
  u64 value = 0;
  switch (port_at(offset, double_words())) {
    case Port::Data:
      value = read_control(register_address_);
      break;
    case Port::Address:
      value = register_address_;
      break;
    case Port::Reset:
      software_reset();
      update_interrupt();
      break;
    case Port::BusData:
      value = read_bus(register_address_);
      break;
    case Port::None:
      break;
  }
  return value & open_bus(width);
}

void Pcnet::write_ports(u32 offset, Width width, u64 value) {
  if (offset < kRegisterPorts) return write_prom(offset, width, value);
  if (width == Width::Byte) return;  // registers take whole words
  if (width == Width::Dword && !double_words()) {
    // A double word written where RDP is chooses double word I/O mode, up to the next H_RESET.
    if (offset == kRegisterPorts) {
      set_bus<DoubleWordIo>(bcr::kBurst, true);
    } else {
      write_ports(offset, Width::Word, value & 0xffff);
      return write_ports(offset + 2, Width::Word, value >> 16);
    }
  }
  const u16 word = static_cast<u16>(value);
  switch (port_at(offset, double_words())) {
    case Port::Data:
      return write_control(register_address_, word);
    case Port::Address:
      register_address_ = static_cast<u8>(word);
      return;
    case Port::BusData:
      return write_bus(register_address_, word);
    case Port::Reset:
    case Port::None:
      return;
  }
}

ChunkTag Pcnet::chunk_tag() const {
  ChunkTag tag("PCN0");
  tag.text[3] = static_cast<char>('0' + number_);
  return tag;
}

void Pcnet::serialize(Archive& archive) {
  PciFunction::serialize(archive);
  archive(link_, csr_, bcr_, register_address_, prom_, eeprom_, sending_, sending_descriptor_, first_status_,
          outgoing_length_, arriving_);
  serialize_frame(archive, outgoing_);
  if (archive.loading()) update_interrupt();
}

}  // namespace ringdown
