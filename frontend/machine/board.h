// The PC's devices and the wires between them: everything but processor, monitor and memory.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/bus.h"
#include "core/disk_image.h"
#include "core/input_seam.h"
#include "core/machine_control.h"
#include "core/memory.h"
#include "core/removable_drive.h"
#include "core/scheduler.h"
#include "devices/display/vga.h"
#include "devices/display/vga_pci.h"
#include "devices/firmware/debug_ports.h"
#include "devices/firmware/firmware_config.h"
#include "devices/input/keyboard_controller.h"
#include "devices/input/port_92.h"
#include "devices/interrupts/interrupt_wiring.h"
#include "devices/interrupts/io_apic.h"
#include "devices/interrupts/local_apic.h"
#include "devices/interrupts/nmi_sources.h"
#include "devices/interrupts/pic_pair.h"
#include "devices/pci/i440fx.h"
#include "devices/pci/pci_bus.h"
#include "devices/pci/piix3.h"
#include "devices/power/piix4_pm.h"
#include "devices/serial/uart_16550.h"
#include "devices/storage/ata_disk.h"
#include "devices/storage/atapi_cdrom.h"
#include "devices/storage/floppy_controller.h"
#include "devices/storage/piix3_ide.h"
#include "devices/timers/hpet.h"
#include "devices/timers/isa_dma.h"
#include "devices/timers/legacy_replacement.h"
#include "devices/timers/pit.h"
#include "devices/timers/rtc.h"
#include "frontend/machine/machine_config.h"
#include "frontend/machine/network_cards.h"
#include "frontend/machine/virtio_disks.h"

namespace ringdown {

/// What the board is soldered to.
struct BoardConnections {
  Bus& ports;
  Bus& device_memory;
  GuestMemory& memory;
  Scheduler& scheduler;
  Log& log;
  ProcessorPins& pins;
  MachineControl& control;
  InputSeam& inputs;
};

/// Images in ROM and on the drives, opened and checked before anything is built.
struct BoardMedia {
  std::vector<u8> vga_rom;
  u64 firmware_size = 0;  // at the top of the address space, in ROM frames from the first on
  struct Drive {
    DiskConfig config;
    std::unique_ptr<DiskImage> image;  // nullptr: a CD-ROM drive without a medium
  };
  std::vector<Drive> drives;
  struct Floppy {
    FloppyDriveType type;
    std::unique_ptr<DiskImage> image;  // nullptr: without a disk
  };
  std::vector<Floppy> floppies;           // at most kFloppyDrives
  std::vector<std::vector<u8>> nic_roms;  // as in MachineConfig::nics; empty: no expansion ROM
};

class Board {
 public:
  Board(const BoardConnections& connections, const MachineConfig& config, BoardMedia media);

  /// RESET# to every device.
  void reset();
  /// Every component with state, in the order of a state file.
  std::vector<Serializable*> components();
  /// Hands written sectors to the host's disks.
  Result<void> flush_disks();
  /// A drive's next event is due and its image is late.
  bool waits_for_disks() {
    return ide_primary_.waits_for_image() || ide_secondary_.waits_for_image() ||
           virtio_disks_.wait_for_images();
  }
  /// `wake` is called from other threads when that may have ended.
  void set_disk_wake(const std::function<void()>& wake);

  LocalApic& local_apic() { return local_apic_; }
  bool has_apic() const { return has_apic_; }
  I440fx& host_bridge() { return host_bridge_; }
  Vga& vga() { return vga_; }
  KeyboardController& keyboard() { return keyboard_; }
  Piix4Pm& power_management() { return power_; }
  const NetworkCards& network() const { return network_; }
  /// What the battery clock shows.
  CivilTime battery_time() const { return rtc_.time(); }
  Uart16550* serial(unsigned port) { return serial_[port].get(); }
  /// By index into kDriveNames; null if there is no such drive or its medium stays.
  RemovableDrive* removable_drive(unsigned drive);
  /// FERR# of the processor: IRQ 13, until port F0h is written.
  void set_ferr(bool asserted);

 private:
  void attach_ports(const BoardConnections& c);
  void attach_drives(const BoardConnections& c, const MachineConfig& config, BoardMedia& media);
  void attach_floppies(BoardMedia& media);
  void add_pci_functions();
  void fill_firmware_configuration(const MachineConfig& config);
  void connect_inputs(InputSeam& inputs);

  const bool has_acpi_;
  const bool has_apic_;
  PicPair pic_;
  LocalApic local_apic_;
  IoApic io_apic_;
  IsaInterrupts isa_;
  InterruptFork pic_output_;
  IsaDma dma_;
  LegacyReplacement timer_interrupts_;
  Pit pit_;
  NmiSources nmi_;
  Rtc rtc_;
  std::optional<Hpet> hpet_;
  A20Gate a20_;
  KeyboardController keyboard_;
  Port92 port_92_;
  FirmwareConfig firmware_;
  DebugConsole debug_console_;
  DebugExit debug_exit_;
  PostPort post_;
  PciBus pci_;
  I440fx host_bridge_;
  Piix3 isa_bridge_;
  Piix4Pm power_;
  IdeChannel ide_primary_;
  IdeChannel ide_secondary_;
  Piix3Ide ide_;
  FloppyController floppy_;
  Vga vga_;
  VgaPci vga_pci_;
  NetworkCards network_;
  VirtioDisks virtio_disks_;
  std::array<std::unique_ptr<Uart16550>, 4> serial_;
  std::array<RemovableDrive*, kIdeUnits> removable_{};
};

}  // namespace ringdown
