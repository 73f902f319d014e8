// Builds the machine, runs it between events, saves and restores it.
#include "frontend/machine/machine.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/clock_rate.h"
#include "cpu/cpu_model.h"
#include "frontend/machine/board_layout.h"
#include "frontend/machine/drive_media.h"
#include "frontend/machine/file_contents.h"
#include "frontend/machine/nic_rom.h"

namespace ringdown {

namespace {

/// So often a machine on a network looks for frames while its guest runs: the peer of one that does not halt
/// would wait for the end of a slice, and TCP waits with it for each window.
constexpr Ticks kTicksBetweenFrames = 20'000;

Result<std::vector<u8>> read_rom(const std::string& path) {
  Result<std::vector<u8>> rom = read_whole_file(path);
  if (rom) return rom;
  return Error{rom.error().message + "; Debian's package seabios has the BIOS and its VGA BIOS"};
}

/// A drive is what its first disk was made for.
Result<BoardMedia::Floppy> open_floppy(const DiskConfig& config) {
  BoardMedia::Floppy drive{FloppyDriveType::Mb1_44, nullptr};
  if (config.path.empty()) return drive;
  Result<std::unique_ptr<DiskImage>> image = open_medium(config);
  if (!image) return image.error();
  const Result<FloppyFormat> format = floppy_format_of(**image);
  if (!format) return Error{fmt::format("--floppy {}: {}", config.path, format.error().message)};
  drive.type = format->drive();
  drive.image = std::move(*image);
  return drive;
}

Result<BoardMedia> open_media(const MachineConfig& config) {
  BoardMedia media;
  Result<std::vector<u8>> vga_rom = read_rom(config.vga_rom_path);
  if (!vga_rom) return vga_rom.error();
  media.vga_rom = std::move(*vga_rom);
  for (const DiskConfig& disk : config.disks) {
    BoardMedia::Drive drive{disk, nullptr};
    if (!disk.path.empty()) {
      Result<std::unique_ptr<DiskImage>> image = open_medium(disk);
      if (!image) return image.error();
      drive.image = std::move(*image);
    }
    media.drives.push_back(std::move(drive));
  }
  for (const DiskConfig& floppy : config.floppies) {
    Result<BoardMedia::Floppy> drive = open_floppy(floppy);
    if (!drive) return drive.error();
    media.floppies.push_back(std::move(*drive));
  }
  for (const NicConfig& nic : config.nics) {
    Result<std::vector<u8>> rom = read_nic_rom(nic);
    if (!rom) return rom.error();
    media.nic_roms.push_back(std::move(*rom));
  }
  return media;
}

constexpr u64 kMinimumMemory = u64{1} << 20;
constexpr u64 kMaximumMemory = u64{3584} << 20;
constexpr u64 kMaximumFirmware = u64{4} << 20;

}  // namespace

Result<void> check_paging(const MachineConfig& config) {
  const Technique technique = config.paging.technique;
  if (technique == Technique::Shadow || config.deprivilege == Deprivilege::Ring1) return {};
  return Error{fmt::format(
      "--paging {}: the guest's own page tables cannot tell its kernel from user code at ring 3: leave "
      "--deprivilege ring3 out",
      name_of(technique))};
}

Result<std::unique_ptr<Machine>> Machine::create(const MachineConfig& config, Log& log) {
  if (config.memory_bytes < kMinimumMemory || config.memory_bytes > kMaximumMemory ||
      config.memory_bytes % kPageSize != 0) {
    return Error{"--memory must be between 1M and 3584M in steps of 4K"};
  }
  if (const Result<void> possible = check_paging(config); !possible) return possible.error();
  const CpuModel* model = CpuModel::find(config.cpu_model);
  if (model == nullptr)
    return Error{"--cpu '" + config.cpu_model + "' is no known model; --cpu list prints them"};
  Result<std::vector<u8>> firmware =
      config.firmware.empty() ? read_rom(config.firmware_path) : Result<std::vector<u8>>(config.firmware);
  if (!firmware) return firmware.error();
  if (firmware->empty() || firmware->size() % kPageSize != 0 || firmware->size() > kMaximumFirmware) {
    return Error{"--firmware " + config.firmware_path +
                 ": no BIOS image: its size must be a multiple of 4 KiB, at most 4 MiB"};
  }
  Result<BoardMedia> media = open_media(config);
  if (!media) return media.error();
  media->firmware_size = firmware->size();
  Result<MemoryStore> store = MemoryStore::create(config.memory_bytes, firmware->size());
  if (!store) return store.error();
  std::unique_ptr<Machine> machine(new Machine(config, log, std::move(*store), *model));
  machine->build(std::move(*media), *firmware);
  return machine;
}

Machine::Machine(const MachineConfig& config, Log& log, MemoryStore store, const CpuModel& model)
    : config_(config),
      model_(config.mode == RunMode::Trap && config.paging.technique == Technique::Direct
                 ? model.with_hypercalls()
                 : model),
      log_(log),
      store_(std::move(store)),
      scheduler_(config.ticks_per_second),
      ports_("port", log),
      device_memory_("memory", log),
      memory_(store_, device_memory_),
      processor_(std::make_unique<Processor>(
          memory_, ports_, model_, ProcessorConfig{config.single_instruction_blocks, config.substitution})) {}

Machine::~Machine() = default;

void Machine::build(BoardMedia media, std::span<const u8> firmware) {
  identity_.emplace(config_, media, firmware);
  scheduler_.connect(*processor_);
  processor_->connect_scheduler(scheduler_);
  for (std::size_t offset = 0; offset < firmware.size(); offset += kPageSize) {
    memory_.write_frame(HostFrame(store_.first_rom_frame().value + static_cast<u32>(offset >> kPageShift)), 0,
                        std::as_bytes(firmware.subspan(offset, kPageSize)));
  }
  memory_.map_rom(GuestPhysical(board::kTopOfAddressSpace - firmware.size()), firmware.size(),
                  store_.first_rom_frame());
  // Its end answers 1 MiB further down too (Intel 290550, "XBCS"): there the reset vector is while address
  // line 20 is masked.
  const u64 aliased = std::min<u64>(firmware.size(), board::kLegacyFirmwareSize);
  memory_.map_rom(GuestPhysical(board::kFirmwareAliasEnd - aliased), aliased,
                  HostFrame(static_cast<u32>(store_.frame_count() - (aliased >> kPageShift))));
  board_ = std::make_unique<Board>(
      BoardConnections{ports_, device_memory_, memory_, scheduler_, log_, *this, *this, inputs_}, config_,
      std::move(media));
  processor_->connect_interrupts(board_->local_apic());
  // A base of zero: there is none.
  processor_->connect_platform(
      {[this] { return board_->local_apic().apic_base(); },
       [this](u64 value) { (void)board_->local_apic().set_apic_base(value); },
       [this](bool asserted) { board_->set_ferr(asserted); }, [this](bool active) { set_smi_active(active); },
       [this] { board_->local_apic().init(); }, [this] { return board_->local_apic().tsc_deadline(); },
       [this](u64 deadline, s64 tsc_offset) {
         board_->local_apic().set_tsc_deadline(deadline, tsc_offset);
       }});
  if (model_.tsc_deadline()) board_->local_apic().offer_tsc_deadline(model_.tsc_hertz());
  inputs_.connect(InputChannel::ClockRate, [this](const std::vector<u8>& payload) {
    if (const std::optional<u64> rate = clock_rate_of(payload)) scheduler_.set_ticks_per_second(*rate);
  });
  inputs_.connect(InputChannel::Medium, [this](const std::vector<u8>& payload) { change_medium(payload); });
  if (config_.mode == RunMode::Trap) {
    monitor_ = std::make_unique<Monitor>(*processor_, memory_, config_.deprivilege, config_.policy,
                                         config_.handover, config_.paging);
    monitor_->paging().set_refusal_handler([this](const std::string& what) { refuse(what); });
    monitor_->attach();
  }
  counters_.emplace(*processor_, monitor_.get(), ports_, device_memory_);
  requested_.reset();
}

void Machine::set_disk_wake(std::function<void()> wake) {
  waits_for_disks_ = !wake;
  board_->set_disk_wake(wake);
}

bool Machine::disk_is_late() const {
  return !waits_for_disks_ && scheduler_.next_deadline_ticks() <= ticks() && board_->waits_for_disks();
}

Stop Machine::idle() const {
  return {StopReason::Idle, 0,
          std::min(scheduler_.next_waking_deadline(), inputs_.next_replay_time(ticks()))};
}

bool Machine::at_breakpoint() const {
  const u32 base = processor_->state.segment(Segment::Cs).base;
  return processor_->has_breakpoint(base + processor_->registers.eip);
}

Stop Machine::run(Ticks limit) {
  while (true) {
    if (requested_) {
      const Stop stop = *requested_;
      requested_.reset();
      return stop;
    }
    // Inputs before events, and both once at each boundary, wherever slices end: a replay has other slices.
    if (ticks() >= limit) return {};
    if (disk_is_late()) return {StopReason::Waiting};
    inputs_.deliver({ticks(), scheduler_.now()});
    scheduler_.run_due();
    if (requested_) continue;
    const Ticks before = ticks();
    const Ticks look = config_.nics.empty() ? limit : before + kTicksBetweenFrames;
    const Ticks next =
        std::min({limit, look, scheduler_.next_deadline_ticks(), inputs_.next_replay_ticks(before)});
    const Exit exit = processor_->run(std::max(next, before));
    switch (exit.reason) {
      case ExitReason::Budget:
      case ExitReason::Stopped:
        // The processor passes the breakpoint on which a run begins.
        if (ticks() > before && at_breakpoint()) return {StopReason::Breakpoint};
        break;
      case ExitReason::Halted:
        if (!inputs_.pending() || scheduler_.now() == kNeverTime) return idle();
        // It gets a moment of its own, later than everything that happened up to now.
        scheduler_.skip_to(scheduler_.now() + 1);
        break;
      case ExitReason::Shutdown:
        return {StopReason::TripleFault};
      case ExitReason::Breakpoint:
        return {StopReason::Breakpoint};
      case ExitReason::Watchpoint:
        return {StopReason::Watchpoint};
      case ExitReason::Invariant:
        return {StopReason::Invariant};
    }
  }
}

void Machine::change_medium(const std::vector<u8>& payload) {
  const std::optional<MediumChange> change = MediumChange::decode(payload);
  RemovableDrive* const drive = change ? board_->removable_drive(change->drive) : nullptr;
  if (drive == nullptr) return;
  Result<std::unique_ptr<DiskImage>> medium = change->open();
  if (!medium) {
    // Whoever asked had it open already; a replay may lack the file.
    log_.write(LogCategory::Disk, "{}", medium.error().message);
  } else if (*medium == nullptr) {
    drive->press_eject();
  } else if (const Result<void> fits = drive->accepts(**medium); !fits) {
    log_.write(LogCategory::Disk, "{}: {}", change->path, fits.error().message);
  } else {
    drive->insert(std::move(*medium));
  }
}

void Machine::reset() {
  board_->reset();
  if (monitor_) monitor_->detach();
  processor_->reset();
  if (monitor_) monitor_->attach();
}

// The PIIX3 answers the shutdown special cycle by INIT# (Intel 290550, "INIT"). System management mode holds
// that back (Intel SDM vol. 3C, 34.3.1).
void Machine::restart() {
  PrivilegedState& guest = processor_->guest_view().state;
  if (guest.smm.active) return reset();
  guest.activity = Activity::Running;
  processor_->pulse_init();
}

void Machine::set_smi_active(bool active) {
  board_->host_bridge().set_smi_active(active);
  drive_a20();
}

void Machine::set_a20(Level level) {
  a20_pin_ = level;
  drive_a20();
}

// In system management mode the processor ignores A20M#, since SMRAM may lie above 1 MiB (Intel Pentium
// Processor Family Developer's Manual, "A20M#").
void Machine::drive_a20() { memory_.set_a20(a20_pin_ == Level::High || processor_->smi_active()); }

void Machine::request(StopReason reason, u8 code) {
  requested_ = Stop{reason, code, kNeverTime};
  processor_->request_stop();
}

void Machine::refuse(const std::string& what) {
  const SystemView& guest = processor_->guest_view();
  refusal_ = fmt::format(
      "--paging {}: the guest, at {:04x}:{:08x}, {}: it needs a paravirtual guest, see docs/paravirtual.md",
      name_of(config_.paging.technique), guest.state.segment(Segment::Cs).selector, guest.registers.eip,
      what);
  request(StopReason::Refused, 0);
}

void Machine::request_reset() { request(StopReason::Reset, 0); }
void Machine::request_power_off() { request(StopReason::PowerOff, 0); }
void Machine::request_exit(u8 code) { request(StopReason::Exit, code); }

std::vector<Serializable*> Machine::components() {
  std::vector<Serializable*> all{&*identity_, &scheduler_, &inputs_, processor_.get(), &memory_};
  const std::vector<Serializable*> devices = board_->components();
  all.insert(all.end(), devices.begin(), devices.end());
  if (monitor_) all.push_back(monitor_.get());
  all.push_back(&*counters_);
  return all;
}

std::vector<std::byte> Machine::save_state() {
  StateWriter writer;
  for (Serializable* component : components()) writer.add(*component);
  return {writer.data().begin(), writer.data().end()};
}

Result<void> Machine::load_state(std::vector<std::byte> data, const std::string& name) {
  Result<StateReader> reader = StateReader::open(std::move(data), name);
  if (!reader) return reader.error();
  for (Serializable* component : components()) {
    if (Result<void> result = reader->restore(*component); !result) return result;
  }
  requested_.reset();
  return {};
}

}  // namespace ringdown
