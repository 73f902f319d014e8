// Builds the PC: every device at its ports, interrupts and PCI place.
#include "frontend/machine/board.h"

#include <cassert>

#include "devices/firmware/acpi_tables.h"
#include "devices/firmware/smbios_strings.h"
#include "frontend/machine/board_layout.h"
#include "frontend/machine/drive_media.h"
#include "frontend/machine/option_rom.h"

namespace ringdown {

namespace {

std::vector<I440fx::LegacyRom> legacy_roms(const GuestMemory& memory, u64 firmware_size) {
  // The last 128 KiB of the firmware also answer below 1 MiB.
  const u64 size = std::min(firmware_size, board::kLegacyFirmwareSize);
  const u32 first =
      memory.store().first_rom_frame().value + static_cast<u32>((firmware_size - size) >> kPageShift);
  return {
      {GuestPhysical(board::kLegacyFirmware + board::kLegacyFirmwareSize - size), size, HostFrame(first)}};
}

CmosConfig cmos_config(const MachineConfig& config, const BoardMedia& media) {
  CmosConfig cmos;
  cmos.time = config.time;
  cmos.ram_below_4gib = config.memory_bytes;
  cmos.boot_order = config.boot_order;
  for (std::size_t i = 0; i < media.floppies.size(); ++i) cmos.floppy_drives.at(i) = media.floppies[i].type;
  return cmos;
}

void attach(Bus& bus, u64 base, u64 length, BusRange& range, const char* device, Width widest) {
  // Fixed places of one board cannot collide; if they do, the layout is wrong.
  [[maybe_unused]] const Result<void> result = bus.attach(base, length, range, device, widest);
  assert(result);
}

}  // namespace

Board::Board(const BoardConnections& c, const MachineConfig& config, BoardMedia media)
    : has_acpi_(config.acpi),
      has_apic_(config.apic),
      local_apic_(c.scheduler, {c.pins, pic_, c.memory}, c.log, board::kApicBusHertz, 0),
      io_apic_(local_apic_),
      isa_(pic_, io_apic_),
      // The 8259As' INT reaches the processor by either APIC, as the guest chooses.
      pic_output_({local_apic_, LocalApic::kLint0}, {io_apic_, 0}),
      dma_(c.memory),
      timer_interrupts_(InterruptLine(isa_, board::kIrqTimer), InterruptLine(isa_, board::kIrqRtc)),
      pit_(c.scheduler, InterruptLine(timer_interrupts_, LegacyReplacement::kPit)),
      nmi_(pit_.control_port(), InterruptLine(local_apic_, LocalApic::kLint1)),
      rtc_(c.scheduler, InterruptLine(timer_interrupts_, LegacyReplacement::kRtc),
           cmos_config(config, media)),
      a20_(c.pins),
      keyboard_(
          c.scheduler,
          {InterruptLine(isa_, board::kIrqKeyboard), InterruptLine(isa_, board::kIrqMouse), a20_, c.control},
          c.log),
      port_92_(a20_, c.control),
      firmware_(c.memory, c.log),
      debug_console_(config.debug_console ? DebugConsole::Sink([sink = config.debug_console](char character) {
        sink(static_cast<u8>(character));
      })
                                          : DebugConsole::Sink()),
      debug_exit_(c.control),
      pci_(c.ports, c.device_memory, c.log),
      host_bridge_(c.memory, c.control, c.log, legacy_roms(c.memory, media.firmware_size)),
      isa_bridge_(isa_, c.control, c.log),
      power_(c.scheduler, c.control, c.log, InterruptLine(isa_bridge_, Piix3::kSciInput)),
      ide_primary_(0, InterruptLine(isa_, board::kIrqIdePrimary)),
      ide_secondary_(1, InterruptLine(isa_, board::kIrqIdeSecondary)),
      ide_(c.memory, c.log, ide_primary_, ide_secondary_,
           {IdePorts{board::kIdePrimary, board::kIdePrimaryControl},
            IdePorts{board::kIdeSecondary, board::kIdeSecondaryControl}}),
      floppy_(c.scheduler, c.log, InterruptLine(isa_, board::kIrqFloppy), dma_.channel(board::kDmaFloppy)),
      vga_(c.log, c.scheduler),
      vga_pci_(vga_, std::move(media.vga_rom)),
      network_({c.memory, c.scheduler, c.log, c.ports, pci_, isa_bridge_, isa_, c.inputs}, config.nics,
               std::move(media.nic_roms)),
      virtio_disks_({c.memory, c.scheduler, c.log, pci_, isa_bridge_}) {
  pic_.connect_output(InterruptLine(pic_output_, 0));
  local_apic_.connect_io_apic(io_apic_);
  rtc_.connect_nmi_enable(InterruptLine(nmi_, 0));
  power_.connect_smi(c.pins);
  if (!has_apic_) local_apic_.remove();
  for (unsigned port = 0; port < serial_.size(); ++port) {
    if (config.serial_backends[port] == nullptr) continue;
    serial_[port] =
        std::make_unique<Uart16550>(port, c.log, c.scheduler, InterruptLine(isa_, board::kIrqSerial[port]),
                                    *config.serial_backends[port]);
  }
  if (config.hpet) hpet_.emplace(c.scheduler, io_apic_, timer_interrupts_, c.log);
  attach_drives(c, config, media);
  attach_floppies(media);
  attach_ports(c);
  add_pci_functions();
  fill_firmware_configuration(config);
  connect_inputs(c.inputs);
  reset();
}

void Board::attach_ports(const BoardConnections& c) {
  using namespace board;
  Bus& ports = c.ports;
  attach(ports, kPicMaster, 2, pic_.master_ports(), "pic", Width::Byte);
  attach(ports, kPicSlave, 2, pic_.slave_ports(), "pic", Width::Byte);
  attach(ports, kPicEdgeLevel, 2, pic_.edge_level_ports(), "pic", Width::Byte);
  attach(ports, kPitCounters, 4, pit_.counter_ports(), "pit", Width::Byte);
  attach(ports, kPitControl, 1, nmi_.control_port(), "pit", Width::Byte);
  attach(ports, kRtc, 4, rtc_.ports(), "rtc", Width::Byte);
  attach(ports, kKeyboardData, 1, keyboard_.data_port(), "keyboard", Width::Byte);
  attach(ports, kKeyboardCommand, 1, keyboard_.command_port(), "keyboard", Width::Byte);
  attach(ports, kPort92, 1, port_92_, "port92", Width::Byte);
  attach(ports, kDebugConsole, 1, debug_console_, "debugcon", Width::Byte);
  attach(ports, kDebugExit, 1, debug_exit_, "debug-exit", Width::Byte);
  attach(ports, kDma8237Low, 16, dma_.first_ports(), "dma", Width::Byte);
  attach(ports, kDma8237High, 32, dma_.second_ports(), "dma", Width::Byte);
  attach(ports, kFloppy, FloppyController::kPortCount, floppy_.ports(), "floppy", Width::Byte);
  attach(ports, kFloppyInput, 1, floppy_.input_port(), "floppy", Width::Byte);
  attach(ports, kPost, 1, post_, "post", Width::Byte);
  attach(ports, kDmaPages, 15, dma_.page_ports(), "dma", Width::Byte);
  attach(ports, kFirmwareConfiguration, 2, firmware_.ports(), "fw_cfg", Width::Word);
  attach(ports, kFirmwareConfigurationDma, 8, firmware_.dma_ports(), "fw_cfg", Width::Dword);
  attach(ports, kApm, Piix4Pm::kApmLength, power_.apm_ports(), "power", Width::Byte);
  attach(ports, kGeneralPurposeEvents, Piix4Pm::kGpeLength, power_.general_purpose_events(), "power",
         Width::Dword);
  attach(ports, kPciConfiguration, PciBus::kConfigurationPortsLength, pci_.configuration_ports(), "pci",
         Width::Dword);
  attach(ports, kVgaPorts, 32, vga_.ports(), "vga", Width::Byte);
  attach(ports, kVgaMonochrome, 12, vga_.monochrome_ports(), "vga", Width::Byte);
  attach(ports, kVbeDispi, Vga::kDispiPortCount, vga_.dispi_ports(), "vga", Width::Word);
  for (unsigned port = 0; port < serial_.size(); ++port) {
    if (serial_[port]) attach(ports, kSerial[port], 8, serial_[port]->registers(), "serial", Width::Byte);
  }
  attach(c.device_memory, kVgaWindow, Vga::kLegacyWindowSize, vga_.legacy_window(), "vga", Width::Dword);
  if (hpet_) attach(c.device_memory, kHpet, Hpet::kLength, hpet_->registers(), "hpet", Width::Dword);
  if (has_apic_) attach(c.device_memory, kIoApic, kIoApicSize, io_apic_.registers(), "ioapic", Width::Dword);
}

void Board::attach_drives(const BoardConnections& c, const MachineConfig& config, BoardMedia& media) {
  const IdeTiming timing = IdeTiming::of_latency(config.disk_latency);
  for (BoardMedia::Drive& drive : media.drives) {
    if (drive.config.bus == DiskBus::Virtio) {
      virtio_disks_.add(drive.config.unit, std::move(drive.image), config.disk_latency);
      continue;
    }
    const u8 channel = static_cast<u8>(drive.config.unit / 2);
    const IdePlace place{channel, static_cast<u8>(drive.config.unit % 2)};
    std::unique_ptr<IdeDrive> device;
    if (drive.config.cdrom) {
      auto cdrom = std::make_unique<AtapiCdrom>(c.scheduler, c.log, place, std::move(drive.image), timing);
      removable_.at(drive.config.unit) = cdrom.get();
      device = std::move(cdrom);
    } else {
      device = std::make_unique<AtaDisk>(c.scheduler, c.log, place, std::move(drive.image), timing);
    }
    (channel == 0 ? ide_primary_ : ide_secondary_).attach(place.drive, std::move(device));
  }
}

void Board::attach_floppies(BoardMedia& media) {
  for (unsigned number = 0; number < media.floppies.size(); ++number) {
    BoardMedia::Floppy& floppy = media.floppies[number];
    floppy_.attach(number, floppy.type);
    if (floppy.image) floppy_.removable(number)->insert(std::move(floppy.image));
  }
}

void Board::add_pci_functions() {
  const auto add = [&](PciFunction& function, PciAddress at) {
    [[maybe_unused]] const Result<void> result = pci_.add(function, at);
    assert(result);
  };
  add(host_bridge_, board::kPciHostBridge);
  add(isa_bridge_, board::kPciIsaBridge);
  add(ide_, board::kPciIde);
  if (has_acpi_) add(power_, board::kPciPower);
  add(vga_pci_, board::kPciVga);
  pci_.connect_reset_control(isa_bridge_.reset_control());
}

void Board::fill_firmware_configuration(const MachineConfig& config) {
  using Key = FirmwareConfig::Key;
  firmware_.set_number(Key::MaximumCpus, 1, 2);
  firmware_.set_number(Key::BootMenu, 0, 2);
  firmware_.set_number(Key::Irq0Override, 1, 1);
  AcpiConfig acpi;
  acpi.ram_below_4gib = config.memory_bytes;
  for (unsigned port = 0; port < serial_.size(); ++port) acpi.serial_ports[port] = serial_[port] != nullptr;
  if (hpet_) acpi.event_timers = {board::kHpet, Hpet::kBlockId};
  acpi.floppy_drives = !config.floppies.empty();
  acpi.apic = has_apic_;
  if (has_acpi_) add_acpi_tables(firmware_, acpi);
  add_smbios_strings(firmware_);
  if (!has_apic_) firmware_.add_file("genroms/ringdown-no-mp.rom", no_mp_table_rom());
  for (const FirmwareItem& item : config.firmware_items)
    firmware_.set_item(static_cast<Key>(item.key), item.content);
  for (const FirmwareFile& file : config.firmware_files) firmware_.add_file(file.name, file.content);
}

void Board::connect_inputs(InputSeam& inputs) {
  inputs.connect(InputChannel::Keyboard,
                 [this](const std::vector<u8>& payload) { keyboard_.keyboard_input(payload); });
  inputs.connect(InputChannel::Mouse, [this](const std::vector<u8>& payload) {
    // s16 right, s16 down, s8 wheel, u8 buttons.
    if (payload.size() != 6) return;
    const auto word = [&](std::size_t at) { return static_cast<s16>(payload[at] | payload[at + 1] << 8); };
    keyboard_.mouse_input({word(0), word(2), static_cast<s8>(payload[4]), payload[5]});
  });
  inputs.connect(InputChannel::RtcTime, [this](const std::vector<u8>& payload) {
    if (const std::optional<CivilTime> time = civil_time_of(payload)) rtc_.set_time(*time);
  });
  inputs.connect(InputChannel::PowerButton, [this](const std::vector<u8>&) { power_.press_power_button(); });
  inputs.connect(InputChannel::Nmi, [this](const std::vector<u8>&) { nmi_.report_io_check(); });
  for (unsigned port = 0; port < serial_.size(); ++port) {
    if (!serial_[port]) continue;
    const auto channel = static_cast<InputChannel>(static_cast<unsigned>(InputChannel::Serial0) + port);
    inputs.connect(channel,
                   [this, port](const std::vector<u8>& payload) { serial_[port]->receive(payload); });
  }
  inputs.connect(InputChannel::SerialBreak, [this](const std::vector<u8>& payload) {
    if (!payload.empty() && payload[0] < serial_.size() && serial_[payload[0]])
      serial_[payload[0]]->receive_break();
  });
}

void Board::reset() {
  pci_.reset();
  if (!has_acpi_) power_.reset();  // it is on no bus
  pic_.reset();
  local_apic_.reset();
  io_apic_.reset();
  pit_.reset();
  nmi_.reset();
  rtc_.reset();
  if (hpet_) hpet_->reset();
  keyboard_.reset();
  port_92_.reset();
  dma_.reset();
  floppy_.reset();
  firmware_.reset();
  vga_.reset();
  network_.reset();
  for (auto& uart : serial_) {
    if (uart) uart->reset();
  }
}

std::vector<Serializable*> Board::components() {
  std::vector<Serializable*> all{&pit_,      &nmi_,    &rtc_,         &keyboard_,      &port_92_,
                                 &firmware_, &post_,   &dma_,         &host_bridge_,   &isa_bridge_,
                                 &power_,    &ide_,    &ide_primary_, &ide_secondary_, &floppy_,
                                 &vga_,      &vga_pci_};
  for (auto& uart : serial_) {
    if (uart) all.push_back(uart.get());
  }
  if (hpet_) all.push_back(&*hpet_);
  network_.add_components(all);
  virtio_disks_.add_components(all);
  all.push_back(&pci_);  // places the windows of the functions restored above
  // Restored devices drive their lines anew: the controllers come after them, so that no such edge stays
  // latched.
  all.insert(all.end(), {&pic_, &io_apic_, &local_apic_});
  return all;
}

Result<void> Board::flush_disks() {
  for (IdeChannel* channel : {&ide_primary_, &ide_secondary_}) {
    if (Result<void> result = channel->flush_images(); !result) return result;
  }
  if (Result<void> result = virtio_disks_.flush_images(); !result) return result;
  for (unsigned drive = 0; drive < kFloppyDrives; ++drive) {
    if (DiskImage* image = floppy_.image(drive); image != nullptr) {
      if (Result<void> result = image->flush(); !result) return result;
    }
  }
  return {};
}

RemovableDrive* Board::removable_drive(unsigned drive) {
  return drive < removable_.size() ? removable_[drive] : floppy_.removable(drive - kFirstFloppyName);
}

void Board::set_disk_wake(const std::function<void()>& wake) {
  ide_primary_.set_wake(wake);
  ide_secondary_.set_wake(wake);
  virtio_disks_.set_wake(wake);
}

void Board::set_ferr(bool asserted) {
  isa_.set_input(board::kIrqCoprocessor, asserted ? Level::High : Level::Low);
}

}  // namespace ringdown
