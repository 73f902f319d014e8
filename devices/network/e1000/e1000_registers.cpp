// The memory and I/O spaces: registers that do something when they are read or written.
#include "devices/network/e1000/e1000.h"

namespace ringdown {

using namespace e1000;

namespace {

// EERD
using StartReading = Field<u32, 0>;
using ReadingDone = Field<u32, 4>;
using ReadAddress = Field<u32, 8, 8>;
using ReadData = Field<u32, 16, 16>;

constexpr u32 kIoAddress = 0;  // offsets in the I/O space
constexpr u32 kIoData = 4;

}  // namespace

u64 E1000::read_memory(u32 offset, Width width) {
  const std::optional<Offset> found = registers_.find(offset);
  if (!found) return 0;
  const u32 value = read_register(*found);
  return value >> (8 * (offset % sizeof(u32))) & open_bus(width);
}

void E1000::write_memory(u32 offset, Width width, u64 value) {
  const std::optional<Offset> found = registers_.find(offset);
  if (found && width == Width::Dword && offset % sizeof(u32) == 0)
    write_register(*found, static_cast<u32>(value));
}

u64 E1000::read_io(u32 offset, Width width) {
  const u32 value =
      offset < kIoData ? io_address_ : static_cast<u32>(read_memory(io_address_ & ~3u, Width::Dword));
  return value >> (8 * (offset % sizeof(u32))) & open_bus(width);
}

void E1000::write_io(u32 offset, Width width, u64 value) {
  if (width != Width::Dword) return;
  if (offset == kIoAddress) {
    io_address_ = static_cast<u32>(value);
  } else if (offset == kIoData) {
    write_memory(io_address_, width, value);
  }
}

u32 E1000::read_register(Offset offset) {
  if (Statistics::contains(offset)) return statistics_.read(offset);
  switch (offset) {
    case Offset::Ctrl:
      return device_control();
    case Offset::Status:
      return device_status();
    case Offset::Eecd:
      return eeprom_control();
    case Offset::Icr:
      return interrupts_.read_causes();
    case Offset::Ims:
      return interrupts_.mask();
    default:
      return registers_[offset];
  }
}

void E1000::write_register(Offset offset, u32 value) {
  switch (offset) {
    case Offset::Ctrl:
      return write_device_control(value);
    case Offset::CtrlExt:
      return write_extended_control(value);
    case Offset::Eecd:
      return write_eeprom_control(value);
    case Offset::Eerd:
      return read_eeprom(value);
    case Offset::Mdic:
      return access_phy(value);
    case Offset::Icr:
      return interrupts_.acknowledge(value);
    case Offset::Ics:
      return interrupts_.raise(value);
    case Offset::Ims:
      return interrupts_.enable(value);
    case Offset::Imc:
      return interrupts_.disable(value);
    case Offset::Wus:
      return registers_.set(offset, registers_[offset] & ~value);
    default:
      break;
  }
  registers_.write(offset, value);
  switch (offset) {
    case Offset::Tctl:
      if (SoftwareXoff::get(value)) {
        registers_.set<SoftwareXoff>(offset, false);
        flow_control_.send_xoff();
      }
      return start();
    case Offset::Tdt:
      return transmitter_.start();
    case Offset::Tidv:
      if (FlushDelayed::get(value)) transmitter_.flush();
      return;
    case Offset::Rctl:
    case Offset::Rdt:
      return receiver_.start();
    case Offset::Rdtr:
      if (FlushDelayed::get(value)) receiver_.flush();
      return;
    default:
      return;
  }
}

void E1000::start() {
  transmitter_.start();
  receiver_.start();
}

u32 E1000::device_control() const {
  u32 value = registers_[Offset::Ctrl];
  // Where the PHY drives the pin, its level is seen.
  if (traits_.phy_access == PhyAccess::Pins && !MdioDirection::get(value))
    value = MdioPin::with(value, mdio_.data());
  return value;
}

void E1000::write_device_control(u32 value) {
  const u32 before = registers_[Offset::Ctrl];
  const bool link_before = LinkUp::get(device_status());
  registers_.write(Offset::Ctrl, value);
  registers_.set<DeviceReset>(Offset::Ctrl, false);
  if (traits_.phy_access == PhyAccess::Pins) {
    mdio_.drive(MdcPin::get(value), !MdioDirection::get(value) || MdioPin::get(value));
  } else if (PhyReset::get(value) && !PhyReset::get(before)) {
    phy_.hardware_reset();
  }
  if (DeviceReset::get(value)) {
    reset_controller(Resetting::Software);
  } else if (LinkUp::get(device_status()) != link_before) {
    interrupts_.raise(cause::kLsc);
  }
}

u32 E1000::device_status() const {
  const u32 control = registers_[Offset::Ctrl];
  const u32 speed = static_cast<u32>(phy_.speed());
  u32 value = LinkUp::with(0, phy_.link() && SetLinkUp::get(control));
  value = FullDuplex::with(value, ForceDuplex::get(control) ? FullDuplex::get(control) : phy_.full_duplex());
  value = Speed::with(value, ForceSpeed::get(control) ? ForcedSpeed::get(control) : speed);
  value = DetectedSpeed::with(value, speed);
  return TransmitOff::with(value, transmitter_.paused());
}

void E1000::write_extended_control(u32 value) {
  const u32 before = registers_[Offset::CtrlExt];
  registers_.write(Offset::CtrlExt, value);
  if (EepromReset::get(value)) {
    registers_.set<EepromReset>(Offset::CtrlExt, false);
    load_from_eeprom();
  }
  const auto holds_phy = [](u32 control) { return Sdp4Direction::get(control) && !Sdp4Data::get(control); };
  if (traits_.phy_access == PhyAccess::Pins && holds_phy(value) && !holds_phy(before)) phy_.hardware_reset();
}

u32 E1000::eeprom_control() const {
  const u32 value = registers_[Offset::Eecd];
  return eecd::DataOut::with(value, eeprom_.output()) | eecd::Present::kMask;
}

void E1000::write_eeprom_control(u32 value) {
  registers_.write(Offset::Eecd, value);
  // Nobody else is at the EEPROM: a request is granted at once.
  registers_.set<eecd::Grant>(Offset::Eecd, eecd::Request::get(value));
  eeprom_.set_pins(eecd::Select::get(value), eecd::Clock::get(value), eecd::DataIn::get(value));
}

void E1000::read_eeprom(u32 value) {
  if (StartReading::get(value)) {
    value = StartReading::with(value, false);
    value = ReadingDone::with(value, true);
    value = ReadData::with(value, eeprom_.word(ReadAddress::get(value)));
  }
  registers_.write(Offset::Eerd, value);
}

void E1000::access_phy(u32 value) {
  const u32 operation = MdiOperation::get(value);
  const bool ours = MdiPhy::get(value) == MdioPins::kPhyAddress;
  value = MdiError::with(value, !ours);
  if (ours && operation == kMdiWrite) phy_.write(MdiRegister::get(value), MdiData::get(value));
  if (ours && operation == kMdiRead) value = MdiData::with(value, phy_.read(MdiRegister::get(value)));
  registers_.write(Offset::Mdic, MdiReady::with(value, true));
  if (MdiInterrupt::get(value)) interrupts_.raise(cause::kMdac);
}

}  // namespace ringdown
