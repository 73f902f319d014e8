// What a machine is made of, as the command line or a test asks for it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/ethernet.h"
#include "core/result.h"
#include "core/scheduler.h"
#include "cpu/decoder.h"
#include "cpu/monitor/policy.h"
#include "devices/serial/serial_backend.h"
#include "devices/storage/ide_timing.h"
#include "devices/timers/cmos_contents.h"
#include "frontend/machine/board_layout.h"
#include "mmu/paging_technique.h"

namespace ringdown {

enum class RunMode : u8 {
  Bare,  // the guest runs at its own privilege, without a monitor
  Trap,  // deprivileged, under the monitor
};

/// IDE drives a board has places for: master and slave of two channels.
inline constexpr unsigned kIdeUnits = 4;
/// Virtio disks a board has places for.
inline constexpr unsigned kVirtioDisks = 4;

/// What a disk hangs on.
enum class DiskBus : u8 { Ide, Virtio };

struct DiskConfig {
  std::string path;
  unsigned unit = 0;  // of IDE, 0: primary master, 1: primary slave, 2: secondary master, 3: secondary slave
  bool read_only = false;
  bool cdrom = false;               // an ATAPI drive with an ISO image (path may be empty: no medium)
  std::string overlay = {};         // the file that changes go to; empty: the image itself
  bool snapshot = false;            // changes are thrown away
  bool raw = false;                 // the content is raw whatever it looks like
  unsigned reconnect_seconds = 60;  // how long a server that is gone is waited for
  DiskBus bus = DiskBus::Ide;       // units of each are counted apart
};

/// Floppy drives, A and B.
inline constexpr unsigned kFloppyDrives = 2;

/// Network adapters by the names that --nic knows.
enum class NicModel : u8 {
  E1000,  // Intel 82540EM
  E1000_82543Gc,
  E1000_82545Em,
  Ne2000,   // ISA
  Rtl8029,  // the NE2000 on PCI
  Pcnet,    // AMD PCnet-PCI II
  Virtio,
};
inline constexpr unsigned kMaximumNics = 4;

/// The expansion ROM of a network adapter.
enum class NicRom : u8 {
  Absent,
  Off,   // the same, by the user's wish
  Boot,  // iPXE's for the model
  File,
};

struct NicConfig {
  NicModel model = NicModel::E1000;
  MacAddress mac{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
  NicRom rom = NicRom::Absent;
  std::string rom_path = {};  // of NicRom::File
  u16 isa_port = 0x300;       // of an ISA card
  u8 isa_irq = 3;
  /// Where its cable leads; nullptr: it is not plugged in. Both must outlive the machine.
  EthernetWire* wire = nullptr;
  FrameWatcher* watcher = nullptr;
  bool plugged_in = true;  // at the start; later inputs say so
};

/// A file that the firmware finds by name through fw_cfg.
struct FirmwareFile {
  std::string name;
  std::vector<u8> content;
};

/// A numbered fw_cfg item (the kernel loader's protocol with its option ROM).
struct FirmwareItem {
  u16 key;
  std::vector<u8> content;
};

/// The declared speed where nobody asked for one: about what the program reaches.
inline constexpr u64 kUngovernedTicksPerSecond = 400'000'000;

struct MachineConfig {
  u64 memory_bytes = u64{256} << 20;  // 1 MiB to 3.5 GiB, a multiple of 4 KiB
  std::string firmware_path = "/usr/share/seabios/bios-256k.bin";
  /// The BIOS image itself, in place of that file's.
  std::vector<u8> firmware;
  std::string vga_rom_path = "/usr/share/seabios/vgabios-stdvga.bin";
  std::string cpu_model = "pentium4";
  u64 ticks_per_second =
      kUngovernedTicksPerSecond;  // declared speed: instructions per second of virtual time
  RunMode mode = RunMode::Trap;
  Deprivilege deprivilege = Deprivilege::Ring1;
  PagingOptions paging;
  Policy policy;
  /// Linear address at which the firmware first enters software that is not its own: the policy is in force
  /// from there on, and after a reset again from there on. Without it, from reset.
  std::optional<GuestLinear> handover = GuestLinear(board::kBootSector);
  bool single_instruction_blocks = false;
  HandlerSubstitution substitution = {};
  bool acpi = true;  // tables and the power management function
  bool apic = true;  // local APIC and I/O APIC, and the tables that tell of them
  std::vector<DiskConfig> disks;
  std::vector<DiskConfig> floppies;  // drives A and B; an empty path: a drive without a disk
  /// Virtual time from a drive's command to its data or its end.
  Picoseconds disk_latency = IdeTiming{}.command;
  std::array<BootDevice, 3> boot_order{BootDevice::Disk, BootDevice::Cdrom, BootDevice::Floppy};
  std::vector<FirmwareFile> firmware_files;
  std::vector<FirmwareItem> firmware_items;
  std::vector<NicConfig> nics;  // at most kMaximumNics
  CivilTime time{};             // of the RTC at power-on
  bool hpet = true;
  std::array<SerialBackend*, 4>
      serial_backends{};                  // nullptr: that port does not exist; must outlive the machine
  std::function<void(u8)> debug_console;  // bytes written to port 402h
};

/// Whether the guest can be deprivileged and paged as asked; the error names the options.
Result<void> check_paging(const MachineConfig& config);

}  // namespace ringdown
