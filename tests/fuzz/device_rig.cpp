// Builds the rig, passes its time, and compares two of them.
#include "tests/fuzz/device_rig.h"

#include <fmt/core.h>
#include <zlib.h>

#include <array>
#include <span>

#include "core/capturing_archive.h"
#include "frontend/machine/board_layout.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" const unsigned char ringdown_rom_device_rig[];
extern "C" const unsigned ringdown_rom_device_rig_size;

namespace ringdown::test {

namespace {

constexpr u64 kDiskSectors = 32'768;  // 16 MiB: the longest transfers are refused, all others are possible
constexpr u64 kReadOnlySectors = 2'049;
constexpr u64 kCdSectors = 4 * 700;
constexpr u64 kFloppySectors = 2'880;
constexpr u64 kVirtioSectors = 1'024;

/// A slice of `pass`: long enough for the firmware's handler.
constexpr Ticks kSlice = 512;

constexpr u8 kCommandAll = 7;  // I/O, memory, bus master

constexpr u64 kConfigAddress = board::kPciConfiguration, kConfigData = board::kPciConfiguration + 4;

void select(DeviceRig& rig, PciAddress at, u8 offset) {
  rig.out(kConfigAddress, Width::Dword,
          0x8000'0000 | u32{at.device} << 11 | u32{at.function} << 8 | (offset & 0xfcu));
}

std::vector<std::byte> payload_of(Serializable& part) {
  CapturingArchive archive(part.chunk_version());
  part.serialize(archive);
  return std::move(archive.payload);
}

}  // namespace

MacAddress rig_mac(RigCard card) { return {0x52, 0x54, 0, 0, 0, static_cast<u8>(card)}; }

void DeviceRig::Wire::transmit(std::span<const std::byte> frame) {
  const auto* const bytes = reinterpret_cast<const u8*>(frame.data());
  last.assign(bytes, bytes + frame.size());
  checksum = crc32_z(checksum, bytes, frame.size());
}

DeviceRig::DeviceRig(const std::string& name, RigBoard board)
    : board_(board),
      disk_("ringdown-fuzz-" + name + "-disk", kDiskSectors),
      read_only_disk_("ringdown-fuzz-" + name + "-slave", kReadOnlySectors),
      cd_("ringdown-fuzz-" + name + "-cd", kCdSectors),
      floppy_("ringdown-fuzz-" + name + "-floppy", kFloppySectors),
      virtio_disk_("ringdown-fuzz-" + name + "-virtio", kVirtioSectors) {
  MachineConfig config;
  config.memory_bytes = kMemoryBytes;
  config.mode = RunMode::Bare;
  config.firmware.assign(ringdown_rom_device_rig, ringdown_rom_device_rig + ringdown_rom_device_rig_size);
  config.disks = {{disk_.path(), 0, false, false},
                  {read_only_disk_.path(), 1, true, false},
                  {cd_.path(), 2, true, true},
                  {"", 3, true, true}};
  config.floppies = {{floppy_.path()}, {""}};
  if (board == RigBoard::Network) add_network(config);
  config.serial_backends[0] = config.serial_backends[1] = &serial_;
  auto machine = Machine::create(config, log_);
  if (!machine) report_finding(machine.error().message + "\n");
  machine_ = std::move(*machine);
  set_up();
  run(10'000);
  fresh_ = machine_->save_state();
}

void DeviceRig::add_network(MachineConfig& config) {
  constexpr NicModel kModels[] = {NicModel::E1000, NicModel::Pcnet, NicModel::Rtl8029, NicModel::Virtio};
  for (u8 number = 0; number < std::size(kModels); ++number) {
    NicConfig& nic = config.nics.emplace_back();
    nic.model = kModels[number];
    nic.mac = rig_mac(static_cast<RigCard>(number));
    nic.wire = &wire_;
  }
  DiskConfig disk;
  disk.path = virtio_disk_.path();
  disk.bus = DiskBus::Virtio;
  config.disks.push_back(disk);
}

void DeviceRig::renew() {
  const Result<void> restored = machine_->load_state(fresh_, "the fresh state");
  if (!restored) report_finding(restored.error().message + "\n");
  for (RigMedium* medium : {&disk_, &read_only_disk_, &cd_, &floppy_, &virtio_disk_}) medium->renew();
}

void DeviceRig::configure(PciAddress at, u8 offset, Width width, u32 value) {
  select(*this, at, offset);
  out(kConfigData + offset % 4, width, value);
}

u32 DeviceRig::configuration(PciAddress at, u8 offset, Width width) {
  select(*this, at, offset);
  return static_cast<u32>(in(kConfigData + offset % 4, width));
}

void DeviceRig::set_up() {
  using namespace board;
  configure(kPciIde, 0x40, Width::Dword, 0x8000'8000);  // IDETIM: both channels decode
  configure(kPciIde, 0x20, Width::Dword, rig_base::kBusMaster);
  configure(kPciIde, pci_offset::kCommand, Width::Word, kCommandAll);
  configure(kPciPower, 0x40, Width::Dword, rig_base::kPower);
  configure(kPciPower, 0x80, Width::Byte, 1);
  configure(kPciPower, 0x90, Width::Dword, rig_base::kSmbus);
  configure(kPciPower, 0xd2, Width::Byte, 1);
  configure(kPciPower, pci_offset::kCommand, Width::Word, kCommandAll);
  configure(kPciVga, pci_offset::kBaseAddress0, Width::Dword, rig_base::kFrameBuffer);
  configure(kPciVga, pci_offset::kCommand, Width::Word, kCommandAll);
  configure(kPciIsaBridge, 0x60, Width::Dword, 0x0b0a'0b0a);  // PIRQ routes
  if (board_ == RigBoard::Network) set_up_network();
  constexpr u8 kInitialise = 0x11, kMode = 1;
  struct Pic {
    u64 base;
    u8 vectors, cascade;
  };
  for (const Pic& pic : {Pic{kPicMaster, 8, 4}, Pic{kPicSlave, 0x70, 2}}) {
    out(pic.base, Width::Byte, kInitialise);
    for (const u8 word : {pic.vectors, pic.cascade, kMode, u8{0}}) out(pic.base + 1, Width::Byte, word);
  }
}

void DeviceRig::set_up_network() {
  using namespace rig_base;
  struct Function {
    PciAddress at;
    u32 bars[3];
  };
  const Function kFunctions[] = {
      {pci_address(RigCard::E1000), {kE1000, kE1000Ports, kE1000Ports}},
      {pci_address(RigCard::Pcnet), {kPcnetPorts, kPcnet, 0}},
      {pci_address(RigCard::Rtl8029), {kRtl8029Ports, 0, 0}},
      {pci_address(RigCard::Virtio), {kVirtioNetPorts, kVirtioNet, 0}},
      {{board::kPciFirstVirtioDisk, 0}, {kVirtioDiskPorts, kVirtioDisk, 0}},
  };
  for (const Function& function : kFunctions) {
    for (u8 bar = 0; bar < std::size(function.bars); ++bar) {
      configure(function.at, static_cast<u8>(pci_offset::kBaseAddress0 + 4 * bar), Width::Dword,
                function.bars[bar]);
    }
    configure(function.at, pci_offset::kCommand, Width::Word, kCommandAll);
  }
}

void DeviceRig::end_as(StopReason reason) {
  switch (reason) {
    case StopReason::Limit:
    case StopReason::Idle:
    case StopReason::Waiting:
      return;
    case StopReason::PowerOff:
    case StopReason::Exit:
    case StopReason::Reset:
    case StopReason::TripleFault:
      machine_->reset();
      set_up();
      return;
    case StopReason::Breakpoint:
    case StopReason::Watchpoint:
    case StopReason::Invariant:
    case StopReason::Refused:
      report_finding(fmt::format("the machine stopped for reason {}\n", static_cast<unsigned>(reason)));
  }
}

void DeviceRig::run(Ticks ticks) {
  const Ticks end = machine_->ticks() + ticks;
  while (machine_->ticks() < end) {
    const Stop stop = machine_->run(end);
    if (stop.reason == StopReason::Idle) return;
    end_as(stop.reason);
  }
}

void DeviceRig::pass(unsigned events) {
  for (; events > 0; --events) {
    const Stop stop = machine_->run(machine_->ticks() + kSlice);
    end_as(stop.reason);
    if (stop.reason != StopReason::Idle) continue;
    if (stop.wake_time == kNeverTime) return;
    machine_->skip_to(stop.wake_time);
  }
}

void DeviceRig::post(InputChannel channel, std::vector<u8> payload) {
  // Inputs are delivered once at a moment: this one gets a moment of its own.
  machine_->skip_to(machine_->scheduler().now() + 1);
  machine_->inputs().post(channel, std::move(payload));
  // At the end of virtual time there is no later moment.
  while (machine_->inputs().pending() && machine_->scheduler().now() != kNeverTime)
    end_as(machine_->run(machine_->ticks() + 1).reason);
}

std::string DeviceRig::restore_from(DeviceRig& other) {
  const std::vector<std::byte> state = other.machine().save_state();
  disk_.copy_from(other.disk_);
  floppy_.copy_from(other.floppy_);
  virtio_disk_.copy_from(other.virtio_disk_);
  wire_ = other.wire_;
  // The other one takes it too: what its inputs hold back belongs to no state.
  for (Machine* const machine : {machine_.get(), &other.machine()}) {
    const Result<void> restored = machine->load_state(state, "the state");
    if (!restored) return restored.error().message + "\n";
  }
  if (machine_->save_state() != state)
    return "the restored machine saves another state\n" + difference(other);
  return difference(other);
}

std::vector<Serializable*> DeviceRig::parts() {
  std::vector<Serializable*> all{&machine_->scheduler(), &machine_->inputs(), &machine_->processor(),
                                 &machine_->memory()};
  const std::vector<Serializable*> devices = machine_->board().components();
  all.insert(all.end(), devices.begin(), devices.end());
  return all;
}

std::string DeviceRig::difference(DeviceRig& other) {
  std::string text;
  const std::vector<Serializable*> mine = parts();
  const std::vector<Serializable*> others = other.parts();
  for (std::size_t i = 0; i < mine.size(); ++i) {
    const std::vector<std::byte> a = payload_of(*mine[i]);
    const std::vector<std::byte> b = payload_of(*others[i]);
    if (a == b) continue;
    const auto at = std::ranges::mismatch(a, b).in1 - a.begin();
    const auto tag = mine[i]->chunk_tag().text;
    text += fmt::format("{} differs from byte {} on\n", std::string_view(tag.data(), tag.size()), at);
  }
  if (!disk_.same_as(other.disk_)) text += "the first disk's medium differs\n";
  if (!floppy_.same_as(other.floppy_)) text += "the floppy disk differs\n";
  if (!virtio_disk_.same_as(other.virtio_disk_)) text += "the virtio disk's medium differs\n";
  if (wire_.checksum != other.wire_.checksum) text += "what the network adapters sent differs\n";
  return text;
}

// --- The probe --------------------------------------------------------------------------------------------

bool DeviceRig::wait_while_busy() {
  constexpr u8 kBusy = 0x80;
  constexpr unsigned kEvents = 1'000;
  for (unsigned i = 0; i < kEvents; ++i) {
    if ((in(board::kIdePrimaryControl, Width::Byte) & kBusy) == 0) return true;
    pass(1);
  }
  return false;
}

std::string DeviceRig::probe() {
  machine_->reset();
  set_up();
  if (std::string wrong = probe_identify(); !wrong.empty()) return wrong;
  for (const u64 sector : {u64{1}, disk_.sectors() - 1}) {
    if (std::string wrong = probe_read(sector); !wrong.empty()) return wrong;
  }
  return {};
}

std::string DeviceRig::probe_identify() {
  constexpr u8 kIdentify = 0xec;
  constexpr std::size_t kSectorsWord = 60;
  out(board::kIdePrimary + 6, Width::Byte, 0);
  if (!wait_while_busy()) return "the disk stays busy behind a reset\n";
  out(board::kIdePrimary + 7, Width::Byte, kIdentify);
  if (!wait_while_busy()) return "IDENTIFY does not end\n";
  std::array<u16, 256> words;
  for (u16& word : words) word = static_cast<u16>(in(board::kIdePrimary, Width::Word));
  const u32 sectors = u32{words[kSectorsWord + 1]} << 16 | words[kSectorsWord];
  return sectors == disk_.sectors() ? std::string()
                                    : fmt::format("the disk says that it has {} sectors\n", sectors);
}

std::string DeviceRig::probe_read(u64 sector) {
  constexpr u8 kReadSectors = 0x20, kLba = 0x40;
  out(board::kIdePrimary + 6, Width::Byte, kLba);
  out(board::kIdePrimary + 2, Width::Byte, 1);
  for (unsigned i = 0; i < 3; ++i) out(board::kIdePrimary + 3 + i, Width::Byte, sector >> (8 * i) & 0xff);
  out(board::kIdePrimary + 7, Width::Byte, kReadSectors);
  if (!wait_while_busy()) return fmt::format("reading sector {} does not end\n", sector);
  std::vector<u8> bytes;
  for (unsigned i = 0; i < kSectorSize / 2; ++i) {
    const u64 word = in(board::kIdePrimary, Width::Word);
    bytes.insert(bytes.end(), {static_cast<u8>(word), static_cast<u8>(word >> 8)});
  }
  return bytes == disk_.sector(sector) ? std::string()
                                       : fmt::format("sector {} reads as something else\n", sector);
}

}  // namespace ringdown::test
