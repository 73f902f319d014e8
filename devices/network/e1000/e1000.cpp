// Configuration space, resets, and what connects the parts.
#include "devices/network/e1000/e1000.h"

#include "devices/network/e1000/eeprom_image.h"

namespace ringdown {

using namespace e1000;

namespace {

constexpr unsigned kMemoryBar = 0;
constexpr unsigned kIoBar = 2;

// Command and status. Bit 10 of the one turns INTA# off, bit 3 of the other shows it (PCI 2.3, 6.2.2).
constexpr u32 kCommandWritable = 0x0557;
constexpr u32 kStatusReset = 0x0230;  // capabilities, 66 MHz, DEVSEL# timing medium
constexpr u32 kStatusClears = 0xf900;
using InterruptDisable = Field<u16, 10>;
constexpr u8 kInterruptStatus = 0x08;

// The power management capability (317453, 6.3.3), and on the server's chip PCI-X.
constexpr u8 kCapabilityPointer = 0x34;
constexpr u8 kPowerManagement = 0xdc;
constexpr u8 kPowerControl = 0xe0;  // PMCSR
constexpr u8 kPciX = 0xe4;
constexpr u8 kPowerManagementId = 0x01;
constexpr u8 kPciXId = 0x07;
constexpr u16 kPowerCapabilities = 0xc822;  // PME# from D0 and D3, version 1.1
using PowerState = Field<u16, 0, 2>;
using PmeEnable = Field<u16, 8>;
constexpr u8 kPmeStatus = 0x80;  // in the upper byte
constexpr u32 kPowerWritable = 0x0103;
constexpr u32 kPowerClears = 0x8000;
constexpr u16 kHot3 = 3;

std::vector<PciRegister> configuration(const ChipTraits& traits) {
  std::vector<PciRegister> registers = {
      {pci_offset::kVendorId, Width::Word, kIntel},
      {pci_offset::kDeviceId, Width::Word, traits.device_id},
      {pci_offset::kCommand, Width::Word, 0, kCommandWritable},
      {pci_offset::kStatus, Width::Word, kStatusReset, 0, kStatusClears},
      {pci_offset::kRevision, Width::Byte, traits.revision},
      {pci_offset::kClassCode + 1, Width::Word, 0x0200},  // Ethernet controller
      {0x0c, Width::Byte, 0, 0xff},                       // cache line size
      {pci_offset::kLatencyTimer, Width::Byte, 0, 0xff},
      {pci_offset::kSubsystemVendorId, Width::Word, kIntel},
      {pci_offset::kSubsystemId, Width::Word, traits.subsystem_id},
      {kCapabilityPointer, Width::Byte, kPowerManagement},
      {pci_offset::kInterruptLine, Width::Byte, 0, 0xff},
      {pci_offset::kInterruptPin, Width::Byte, 1},
      {0x3e, Width::Byte, 0xff},  // MIN_GNT
      {kPowerManagement, Width::Byte, kPowerManagementId},
      {kPowerManagement + 1, Width::Byte, traits.pci_x ? kPciX : u8{0}},
      {kPowerManagement + 2, Width::Word, kPowerCapabilities},
      {kPowerControl, Width::Word, 0, kPowerWritable, kPowerClears},
  };
  if (traits.pci_x) {
    registers.push_back({kPciX, Width::Byte, kPciXId});
    registers.push_back({kPciX + 2, Width::Word, 0x0022, 0x007f});  // command: one split, relaxed ordering
    registers.push_back({kPciX + 4, Width::Dword, 0x0403'fff8});  // status: 64 bits, 133 MHz, on no PCI-X bus
  }
  return registers;
}

/// Scheduler slots of the parts.
enum Slot : u32 {
  kThrottleSlot = 0,
  kPhySlot = 1,
  kTransmitterSlot = 2,
  kReceiverSlot = kTransmitterSlot + Transmitter::kSchedulerSlots,
};

}  // namespace

E1000::E1000(Chip chip, unsigned number, GuestMemory& memory, Scheduler& scheduler, const MacAddress& address,
             EthernetWire& wire, InterruptLine interrupt, std::vector<u8> rom)
    : PciFunction("e1000", configuration(traits_of(chip))),
      scheduler_name_("e1000-" + std::to_string(number)),
      traits_(traits_of(chip)),
      number_(number),
      wire_(wire),
      interrupt_(interrupt),
      rom_(std::move(rom)),
      eeprom_(eeprom_image(chip, address)),
      registers_(chip),
      bus_(memory),
      interrupts_(registers_, scheduler, scheduler_name_, kThrottleSlot,
                  [this](Level level) { drive_interrupt(level); }),
      phy_(
          chip, scheduler, scheduler_name_, kPhySlot, [this] { link_changed(); },
          [this] { interrupts_.raise(cause::kPhyInt); }),
      transmitter_({registers_, bus_, statistics_, interrupts_, phy_, scheduler,
                    [this](std::span<const std::byte> frame) { send(frame); }},
                   scheduler_name_, kTransmitterSlot),
      receiver_({registers_, bus_, statistics_, interrupts_, scheduler,
                 [this](std::size_t bytes) { flow_control_.set_level(bytes); }},
                scheduler_name_, kReceiverSlot),
      flow_control_(registers_, statistics_, transmitter_, phy_, scheduler,
                    [this](std::span<const std::byte> frame) { send(frame); }) {
  add_bar(kMemoryBar, PciSpace::Memory, kMemoryLength, &memory_window_);
  add_bar(kIoBar, PciSpace::Io, kIoLength, &io_window_);
  if (!rom_.empty()) add_rom(rom_.size(), &rom_);
  load_from_eeprom();
}

void E1000::reset() {
  PciFunction::reset();
  io_address_ = 0;
  eeprom_.set_pins(false, false, false);
  reset_controller(Resetting::Power);
  phy_.hardware_reset();
  update_bus_master();
}

void E1000::reset_controller(Resetting kind) {
  transmitter_.reset();
  receiver_.reset();
  flow_control_.reset();
  registers_.reset(kind);
  load_from_eeprom();
  interrupts_.reset();
}

void E1000::load_from_eeprom() {
  const MacAddress address = station_address(eeprom_);
  u32 low = 0;
  for (unsigned i = 0; i < 4; ++i) low |= u32{address[i]} << (8 * i);
  registers_.set(Offset::Ral0, low);
  registers_.set(Offset::Rah0, AddressValid::kMask | u32{address[4]} | u32{address[5]} << 8);
}

bool E1000::powered_down() const { return PowerState::get(config_word(kPowerControl)) == kHot3; }

std::optional<u32> E1000::window_base(std::size_t index) const {
  // In D3 only configuration space answers (PCI Power Management 1.1, 5.4.1).
  return powered_down() ? std::nullopt : PciFunction::window_base(index);
}

void E1000::config_written(u8 offset, unsigned length) {
  const auto touches = [offset, length](u8 reg) { return offset <= reg + 1 && offset + length > reg; };
  if (touches(kPowerControl) && powered_down() == bus_.powered()) {
    bus_.set_powered(!powered_down());
    // Coming back from D3 is a reset.
    if (bus_.powered()) reset_controller(Resetting::Software);
  }
  update_bus_master();
  update_interrupt();
  start();
}

void E1000::update_bus_master() {
  bus_.set_powered(!powered_down());
  bus_.set_enabled(pci_command::BusMaster::get(config_word(pci_offset::kCommand)));
}

void E1000::drive_interrupt(Level level) {
  interrupt_level_ = level;
  update_interrupt();
}

void E1000::update_interrupt() {
  const bool asserted = interrupt_level_ == Level::High;
  const u8 status = config_byte(pci_offset::kStatus);
  set_config_byte(pci_offset::kStatus,
                  static_cast<u8>(asserted ? status | kInterruptStatus : status & ~kInterruptStatus));
  const bool off = InterruptDisable::get(config_word(pci_offset::kCommand)) || powered_down();
  interrupt_.set(asserted && !off ? Level::High : Level::Low);
}

void E1000::wake() {
  registers_.set<WakePmeStatus>(Offset::Wuc, true);
  set_config_byte(kPowerControl + 1, static_cast<u8>(config_byte(kPowerControl + 1) | kPmeStatus));
}

bool E1000::in_loopback() const {
  return phy_.loopback() || registers_.get<LoopbackMode>(Offset::Rctl) == kMacLoopback;
}

void E1000::send(std::span<const std::byte> frame) {
  if (in_loopback()) {
    arrive(frame);
  } else if (phy_.link()) {
    wire_.transmit(frame);
  }
}

bool E1000::accepts_frame() const { return !bus_.powered() || !phy_.link() || receiver_.accepts_frame(); }

void E1000::receive(std::span<const std::byte> frame) {
  if (!phy_.link() || in_loopback()) return;
  arrive(frame);
}

void E1000::arrive(std::span<const std::byte> frame) {
  if (frame.size() < kEthernetHeaderLength || frame.size() > kLongestFrame) return;
  if (!bus_.powered()) {
    if (wake_up_.wakes(frame)) wake();
    return;
  }
  receiver_.arrive(frame, flow_control_.look_at(frame));
}

void E1000::link_changed() {
  if (!bus_.powered()) {
    if (wake_up_.link_changed()) wake();
    return;
  }
  interrupts_.raise(cause::kLsc);
  start();
}

ChunkTag E1000::chunk_tag() const {
  ChunkTag tag("E1K0");
  tag.text[3] = static_cast<char>('0' + number_);
  return tag;
}

void E1000::serialize(Archive& archive) {
  PciFunction::serialize(archive);
  archive(eeprom_, registers_, interrupts_, phy_, mdio_, transmitter_, receiver_, flow_control_, io_address_);
}

}  // namespace ringdown
