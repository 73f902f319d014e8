// Configuration space, page 3 and EEPROM of the RTL8029AS (specification LS009.0, chapter 5).
#include "devices/network/ns8390/rtl8029.h"

namespace ringdown {

namespace {

constexpr u32 kCommandWritable = 0x0003;  // I/O decoding, and memory decoding for the expansion ROM

constexpr PciRegister kRegisters[] = {
    {pci_offset::kVendorId, Width::Word, Rtl8029::kVendorId},
    {pci_offset::kDeviceId, Width::Word, Rtl8029::kDeviceId},
    {pci_offset::kCommand, Width::Word, 0x0000, kCommandWritable},
    {pci_offset::kStatus, Width::Word, 0x0200},         // DEVSEL# timing: medium
    {pci_offset::kClassCode + 1, Width::Word, 0x0200},  // Ethernet controller
    {pci_offset::kSubsystemVendorId, Width::Word, Rtl8029::kVendorId},
    {pci_offset::kSubsystemId, Width::Word, Rtl8029::kDeviceId},
    {pci_offset::kInterruptLine, Width::Byte, 0x00, 0xff},
    {pci_offset::kInterruptPin, Width::Byte, 0x01},
};

// Page 0.
constexpr unsigned kId0 = 0xa;  // 8029ID0, 1
constexpr unsigned kId1 = 0xb;

enum class Page3 : u8 {
  EepromCommand = 0x1,  // 9346CR
  Config0 = 0x3,
  Config2 = 0x5,
  Config3 = 0x6,
  ChipId0 = 0xe,  // 8029ASID0, 1
  ChipId1 = 0xf,
};

// 9346CR.
using DataOut = Field<u8, 0>;
using DataIn = Field<u8, 1>;
using Clock = Field<u8, 2>;
using Select = Field<u8, 3>;
enum class EepromMode : u8 { Normal = 0, AutoLoad = 1, Programming = 2, ConfigWrite = 3 };
using Mode = Field<u8, 6, 2, EepromMode>;

constexpr u8 kConfig2Writable = 0xe0;
constexpr u8 kConfig3Writable = 0x46;
constexpr u8 kTwistedPair = 0x40;  // CONFIG2, PL: 10BaseT
constexpr u8 kFlowControl = 0x20;  // CONFIG2, FCE
constexpr u8 kFullDuplex = 0x40;   // CONFIG3, FUDUP

/// CONFIG2 and CONFIG3 in the first word, then the station address.
Eeprom93c46::Words eeprom_content(const MacAddress& address) {
  Eeprom93c46::Words words{};
  words[0] = kTwistedPair | kFlowControl | kFullDuplex << 8;
  for (unsigned i = 0; i < address.size(); i += 2) {
    words[1 + i / 2] = static_cast<u16>(address[i] | address[i + 1] << 8);
  }
  return words;
}

}  // namespace

Rtl8029::Rtl8029(unsigned number, Scheduler& scheduler, const MacAddress& address, EthernetWire& wire,
                 InterruptLine interrupt, std::vector<u8> rom)
    : PciFunction("rtl8029", kRegisters),
      number_(number),
      controller_(scheduler, "rtl8029-" + std::to_string(number), address, wire, interrupt),
      rom_(std::move(rom)),
      eeprom_(eeprom_content(address)) {
  add_bar(0, PciSpace::Io, Ne2000Ports::kLength, &ports_);
  if (!rom_.empty()) add_rom(rom_.size(), &rom_);
  load_from_eeprom();
}

void Rtl8029::reset() {
  PciFunction::reset();
  controller_.reset();
  eeprom_command_.assign(0);
  load_from_eeprom();
}

bool Rtl8029::accepts_frame() const {
  const bool far_end_waits = (config2_ & kFlowControl) != 0 && !controller_.ring_has_room();
  return controller_.accepts_frame() && !far_end_waits;
}

void Rtl8029::load_from_eeprom() {
  config2_ = static_cast<u8>(eeprom_.word(0));
  config3_ = static_cast<u8>(eeprom_.word(0) >> 8);
  MacAddress address;
  for (unsigned i = 0; i < address.size(); ++i) {
    address[i] = static_cast<u8>(eeprom_.word(1 + i / 2) >> (8 * (i % 2)));
  }
  controller_.set_prom_address(address);
}

std::optional<u8> Rtl8029::read(unsigned page, unsigned offset) const {
  if (page == 0 && offset == kId0) return u8{'P'};
  if (page == 0 && offset == kId1) return u8{'C'};
  if (page != 3) return std::nullopt;
  switch (static_cast<Page3>(offset)) {
    case Page3::EepromCommand: {
      Register<u8> value = eeprom_command_;
      value.set<DataOut>(value.get<Mode>() == EepromMode::Programming && eeprom_.output());
      return value.value();
    }
    case Page3::Config0:
      return u8{0};
    case Page3::Config2:
      return config2_;
    case Page3::Config3:
      return config3_;
    case Page3::ChipId0:
      return static_cast<u8>(kDeviceId);
    case Page3::ChipId1:
      return static_cast<u8>(kDeviceId >> 8);
  }
  return std::nullopt;
}

void Rtl8029::write(unsigned offset, u8 value) {
  const bool config_writable = eeprom_command_.get<Mode>() == EepromMode::ConfigWrite;
  switch (static_cast<Page3>(offset)) {
    case Page3::EepromCommand:
      return write_eeprom_command(value);
    case Page3::Config2:
      if (config_writable)
        config2_ = static_cast<u8>((config2_ & ~kConfig2Writable) | (value & kConfig2Writable));
      return;
    case Page3::Config3:
      if (config_writable)
        config3_ = static_cast<u8>((config3_ & ~kConfig3Writable) | (value & kConfig3Writable));
      return;
    case Page3::Config0:
    case Page3::ChipId0:
    case Page3::ChipId1:
      return;
  }
}

void Rtl8029::write_eeprom_command(u8 value) {
  eeprom_command_.assign_masked(value, Mode::kMask | Select::kMask | Clock::kMask | DataIn::kMask);
  switch (eeprom_command_.get<Mode>()) {
    case EepromMode::Programming:
      eeprom_.set_pins(eeprom_command_.get<Select>(), eeprom_command_.get<Clock>(),
                       eeprom_command_.get<DataIn>());
      return;
    case EepromMode::AutoLoad:
      load_from_eeprom();
      eeprom_command_.set<Mode>(EepromMode::Normal);  // the chip returns to it by itself
      return;
    case EepromMode::Normal:
    case EepromMode::ConfigWrite:
      eeprom_.set_pins(false, false, false);
      return;
  }
}

ChunkTag Rtl8029::chunk_tag() const {
  ChunkTag tag("NEP0");
  tag.text[3] = static_cast<char>('0' + number_);
  return tag;
}

void Rtl8029::serialize(Archive& archive) {
  PciFunction::serialize(archive);
  archive(controller_, eeprom_, eeprom_command_, config2_, config3_);
}

}  // namespace ringdown
