// Bus configuration registers and the EEPROM of the Am79C970A (AMD 19436, "Bus configuration registers").
#include "devices/network/pcnet/pcnet.h"

namespace ringdown {

using namespace pcnet;

namespace {

constexpr u8 kMinimumGrant = 0x3e;  // in configuration space
constexpr u8 kMaximumLatency = 0x3f;

struct BusRegister {
  unsigned number;
  u16 reset;
  u16 writable;
};
constexpr BusRegister kBusDefaults[] = {
    {bcr::kMasterRead, 0x0005, 0},  // nothing on PCI
    {bcr::kMasterWrite, 0x0005, 0},
    {bcr::kMiscellaneous, 0x0002, 0xffff},
    {bcr::kLed0, 0x00c0, 0x7fff},
    {5, 0x0084, 0x7fff},
    {6, 0x0088, 0x7fff},
    {bcr::kLed3, 0x0090, 0x7fff},
    {9, 0x0000, 0x0007},   // full duplex: as the cable is anyway
    {16, 0x0000, 0xffe0},  // IOBASE: PCI places the ports
    {17, 0x0000, 0xffff},
    {bcr::kBurst, 0x9001, 0xff7f},
    {21, 0x0000, 0xffff},  // INTCON
    {bcr::kPciLatency, 0xff06, 0xffff},
};

constexpr unsigned kEepromBytes = 36;  // those that the controller reads at reset

}  // namespace

void Pcnet::reset_bus_registers() {
  bcr_ = {};
  for (const BusRegister& reg : kBusDefaults) bcr_[reg.number] = reg.reset;
  write_style(0);
  eeprom_.set_pins(false, false, false);
  show_latency();
}

u16 Pcnet::read_bus(unsigned number) const {
  if (number >= bcr_.size()) return 0;
  Register<u16> value = bus(number);
  if (number >= bcr::kLed0 && number <= bcr::kLed3) {
    value.set<LedValue>(value.get<LedLink>() && link_);
  } else if (number == bcr::kEeprom) {
    value.set<EepromData>(eeprom_.output());
  }
  return value.value();
}

void Pcnet::write_bus(unsigned number, u16 value) {
  if (number == bcr::kEeprom) return write_eeprom(value);
  if (number == bcr::kSoftwareStyle) {
    if (writable_now()) write_style(value);
    return;
  }
  for (const BusRegister& reg : kBusDefaults) {
    if (reg.number != number) continue;
    Register<u16> changed = bus(number);
    changed.assign_masked(value, reg.writable);
    bcr_[number] = changed.value();
  }
  show_latency();
}

/// MIN_GNT and MAX_LAT in configuration space are what BCR22 holds.
void Pcnet::show_latency() {
  set_config_byte(kMinimumGrant, static_cast<u8>(bcr_[bcr::kPciLatency]));
  set_config_byte(kMaximumLatency, static_cast<u8>(bcr_[bcr::kPciLatency] >> 8));
}

void Pcnet::write_style(u16 value) {
  Register<u16> software;
  software.assign_masked(value, Style::kMask | ParityMode::kMask);
  const auto chosen = static_cast<SoftwareStyle>(software.get<Style>());
  software.set<Wide>(chosen != SoftwareStyle::Lance);
  software.set<PcnetBits>(chosen != SoftwareStyle::Ilacc);
  bcr_[bcr::kSoftwareStyle] = software.value();
}

SoftwareStyle Pcnet::style() const {
  const u16 value = bus(bcr::kSoftwareStyle).get<Style>();
  return value <= static_cast<u16>(SoftwareStyle::PcnetBurst) ? static_cast<SoftwareStyle>(value)
                                                              : SoftwareStyle::Lance;
}

void Pcnet::write_eeprom(u16 value) {
  constexpr u16 kWritable = EepromPort::kMask | EepromSelect::kMask | EepromClock::kMask | EepromData::kMask;
  Register<u16> port = bus(bcr::kEeprom);
  port.assign_masked(value, kWritable);
  bcr_[bcr::kEeprom] = port.value();
  // Without EEN the controller's own logic holds the pins.
  const bool enabled = port.get<EepromPort>();
  eeprom_.set_pins(enabled && port.get<EepromSelect>(), enabled && port.get<EepromClock>(),
                   port.get<EepromData>());
  if (EepromRead::get(value)) load_from_eeprom();
}

/// The address PROM is a copy of the EEPROM's first bytes, if the sum of what the controller reads is FFh.
void Pcnet::load_from_eeprom() {
  const auto byte = [this](unsigned i) { return static_cast<u8>(eeprom_.word(i / 2) >> (8 * (i % 2))); };
  u8 sum = 0;
  for (unsigned i = 0; i < kEepromBytes; ++i) sum = static_cast<u8>(sum + byte(i));
  const bool valid = sum == 0xff;
  set_bus<EepromPresent>(bcr::kEeprom, true);
  set_bus<EepromValid>(bcr::kEeprom, valid);
  if (!valid) return;
  for (unsigned i = 0; i < prom_.size(); ++i) prom_[i] = byte(i);
}

}  // namespace ringdown
