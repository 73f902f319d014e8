// Registers, resets, and the command and result phases.
#include "devices/storage/floppy_controller.h"

#include <fmt/core.h>

namespace ringdown {

using namespace floppy_status;

namespace {

/// From 3F0h. The status registers A and B at 0 and 1 are there in PS/2 modes only.
enum class Port : u32 { DigitalOutput = 2, Tape = 3, StatusOrRateSelect = 4, Data = 5 };

using OutputDrive = Field<u8, 0, 2>;
using OutputRunning = Field<u8, 2>;  // RESET#
using OutputGate = Field<u8, 3>;     // DMAGATE#: lets INT and DRQ through
using OutputMotors = Field<u8, 4, 4>;

using TapeSelect = Field<u8, 0, 2>;

using RateSelect = Field<u8, 0, 2, FloppyRate>;
using RatePowerDown = Field<u8, 6>;
using RateReset = Field<u8, 7>;
constexpr FloppyRate kRateAtPowerOn = FloppyRate::Kbps250;

using StatusDrivesBusy = Field<u8, 0, 4>;
using StatusBusy = Field<u8, 4>;
using StatusNonDma = Field<u8, 5>;
using StatusToHost = Field<u8, 6>;
using StatusRequest = Field<u8, 7>;

using InputChanged = Field<u8, 7>;

/// From the end of a reset to the interrupt of drive polling; the host may send a CONFIGURE that forbids it.
constexpr Picoseconds kPollDelay = microseconds(250);

constexpr u8 kOpenLines = 0xff;

}  // namespace

FloppyController::FloppyController(Scheduler& scheduler, Log& log, InterruptLine line, DmaChannel& dma)
    : scheduler_(scheduler),
      log_(log),
      line_(line),
      dma_(dma),
      event_(scheduler.add("floppy", 0, [this](Picoseconds) { execution_event(); })),
      poll_event_(scheduler.add("floppy", 1, [this](Picoseconds) { poll_drives(); })) {
  for (unsigned unit = 0; unit < kUnits; ++unit) {
    seek_events_[unit] = scheduler.add("floppy seek", unit, [this, unit](Picoseconds) { step_head(unit); });
  }
  reset();
}

void FloppyController::attach(unsigned drive, FloppyDriveType type) {
  drives_[drive] = std::make_unique<FloppyDrive>(type);
  slots_[drive].emplace(*this, *drives_[drive]);
}

RemovableDrive* FloppyController::removable(unsigned drive) {
  return drive < kDrives && slots_[drive] ? &*slots_[drive] : nullptr;
}

DiskImage* FloppyController::image(unsigned drive) {
  return drive < kDrives && drives_[drive] ? drives_[drive]->image() : nullptr;
}

Result<void> FloppyController::Slot::accepts(DiskImage& medium) const {
  const Result<FloppyFormat> format = floppy_format_of(medium, drive_.type());
  if (!format) return format.error();
  return {};
}

void FloppyController::Slot::insert(std::unique_ptr<DiskImage> medium) {
  const Result<FloppyFormat> format = floppy_format_of(*medium, drive_.type());
  if (!format) {
    controller_.log_.write(LogCategory::Disk, "floppy: {}", format.error().message);
    return;
  }
  drive_.insert(std::move(medium), *format);
  if (controller_.selected_drive() == &drive_) controller_.resume_search();
}

void FloppyController::Slot::remove() {
  drive_.remove();
  if (controller_.selected_drive() == &drive_) controller_.resume_search();
}

// --- Resets -----------------------------------------------------------------------------------------------

void FloppyController::reset() {
  locked_ = false;
  write_digital_output(0);
  enter_reset();
  tape_ = 0;
  rate_ = kRateAtPowerOn;
  step_and_unload_ = load_and_mode_ = last_count_ = 0;
  perpendicular_ = 0;
}

void FloppyController::enter_reset() {
  scheduler_.cancel(event_);
  scheduler_.cancel(poll_event_);
  for (const EventId event : seek_events_) scheduler_.cancel(event);
  seeks_ = {};
  pending_ = {};
  cylinder_ = {};
  fifo_ = {};
  phase_ = Phase::Reset;
  command_bytes_ = result_size_ = result_position_ = 0;
  // LOCK protects the FIFO and the precompensation; SPECIFY's values outlive every reset but the pin's.
  if (locked_) {
    configuration_ &= floppy_configuration::kLocked;
  } else {
    configuration_ = floppy_configuration::kAtReset;
    precompensation_track_ = 0;
  }
  perpendicular_ = floppy_perpendicular::Mode::with(perpendicular_, 0);
  dma_.set_request(Level::Low);
  set_interrupt(false);
}

void FloppyController::leave_reset() {
  phase_ = Phase::Command;
  scheduler_.schedule_after(poll_event_, kPollDelay);
}

void FloppyController::poll_drives() {
  // After a reset each drive has become ready, as far as the controller knows.
  for (unsigned unit = 0; unit < kUnits; ++unit) pending_[unit] = static_cast<u8>(kPolled | unit);
  set_interrupt(true);
}

// --- Registers --------------------------------------------------------------------------------------------

u64 FloppyController::read(u32 offset, Width) {
  switch (static_cast<Port>(offset)) {
    case Port::DigitalOutput:
      return digital_output_;
    case Port::Tape:
      return TapeSelect::with(kOpenLines, tape_);
    case Port::StatusOrRateSelect:
      return main_status();
    case Port::Data:
      return read_data();
  }
  return kOpenLines;
}

void FloppyController::write(u32 offset, Width, u64 value) {
  const u8 byte = static_cast<u8>(value);
  switch (static_cast<Port>(offset)) {
    case Port::DigitalOutput:
      write_digital_output(byte);
      break;
    case Port::Tape:
      tape_ = TapeSelect::get(byte);
      break;
    case Port::StatusOrRateSelect:
      write_rate_select(byte);
      break;
    case Port::Data:
      write_data(byte);
      break;
  }
}

u64 FloppyController::read_input(u32, Width) {
  const FloppyDrive* drive = selected_drive();
  return InputChanged::with(kOpenLines, drive != nullptr && drive->changed());
}

void FloppyController::write_rate(u32, Width, u64 value) {
  select_rate(RateSelect::get(static_cast<u8>(value)));
}

void FloppyController::write_rate_select(u8 value) {
  // Leaving power down clears what is known of the drives; entering and leaving are not told apart here.
  if (RatePowerDown::get(value)) cylinder_ = pending_ = {};
  if (RateReset::get(value) && phase_ != Phase::Reset) {
    enter_reset();
    leave_reset();
  }
  select_rate(RateSelect::get(value));
}

void FloppyController::select_rate(FloppyRate rate) {
  if (rate_ == rate) return;
  rate_ = rate;
  resume_search();
}

void FloppyController::write_digital_output(u8 value) {
  const u8 before = digital_output_;
  const FloppyDrive* const drive_before = selected_drive();
  const bool turning_before = drive_before != nullptr && drive_before->turning();
  digital_output_ = value;
  for (unsigned number = 0; number < kDrives; ++number) {
    if (drives_[number]) {
      drives_[number]->set_motor((OutputMotors::get(value) >> number & 1) != 0, scheduler_.now());
    }
  }
  if (OutputRunning::get(value) != OutputRunning::get(before)) {
    if (OutputRunning::get(value)) {
      leave_reset();
    } else {
      enter_reset();
    }
  } else {
    const FloppyDrive* const drive = selected_drive();
    if (drive != drive_before || (drive != nullptr && drive->turning() != turning_before)) resume_search();
  }
  update_lines();
}

u8 FloppyController::main_status() const {
  u8 busy = 0;
  for (unsigned unit = 0; unit < kUnits; ++unit) {
    const bool moved = (pending_[unit] & kSeekEnd) != 0;
    if (seeks_[unit].kind != Seek::Kind::None || moved) busy |= static_cast<u8>(1u << unit);
  }
  const u8 idle = StatusDrivesBusy::with(0, busy);
  switch (phase_) {
    case Phase::Reset:
      return 0;
    case Phase::Command:
      return StatusRequest::with(StatusBusy::with(idle, command_bytes_ > 0), true);
    case Phase::Execution: {
      const bool by_host = !uses_dma();
      u8 status = StatusNonDma::with(StatusBusy::with(idle, true), by_host);
      status = StatusToHost::with(status, !writes());
      return StatusRequest::with(status, by_host && fifo_.requests_service());
    }
    case Phase::Result:
      return StatusRequest::with(StatusToHost::with(StatusBusy::with(idle, true), true), true);
  }
  return idle;
}

void FloppyController::set_interrupt(bool active) {
  interrupt_ = active;
  update_lines();
}

void FloppyController::update_lines() { line_.set(interrupt_ && gate_open() ? Level::High : Level::Low); }

bool FloppyController::gate_open() const { return OutputGate::get(digital_output_); }

// --- Phases -----------------------------------------------------------------------------------------------

u8 FloppyController::read_data() {
  if (phase_ == Phase::Execution && !uses_dma() && !writes() && !fifo_.empty()) {
    const u8 value = fifo_.pop();
    fifo_.update_towards_host(false);
    set_interrupt(fifo_.requests_service());
    if (step_ == Step::Draining && fifo_.empty()) conclude();
    return value;
  }
  if (phase_ != Phase::Result) return kOpenLines;
  set_interrupt(seek_ended());
  const u8 value = result_[result_position_++];
  if (result_position_ == result_size_) end_command();
  return value;
}

void FloppyController::write_data(u8 value) {
  if (phase_ == Phase::Execution && !uses_dma() && writes() && !fifo_.full()) {
    fifo_.push(value);
    fifo_.update_from_host();
    set_interrupt(fifo_.requests_service());
  } else if (phase_ == Phase::Command) {
    take_command_byte(value);
  }
}

void FloppyController::take_command_byte(u8 value) {
  command_[command_bytes_++] = value;
  const FloppyCommandCode& code = decode_floppy_command(command_[0]);
  if (command_bytes_ <= code.parameters) return;
  log_.write(LogCategory::Disk, "floppy: command {:02x} {:02x} {:02x} {:02x} {:02x} {:02x} {:02x}",
             command_[0], command_[1], command_[2], command_[3], command_[4], command_[5], command_[6]);
  execute();
}

void FloppyController::execute() {
  const FloppyCommand command = decode_floppy_command(command_[0]).command;
  constexpr u8 kVersion = 0x90;  // of the 82077: an enhanced controller
  switch (command) {
    case FloppyCommand::ReadData:
    case FloppyCommand::ReadDeletedData:
    case FloppyCommand::WriteData:
    case FloppyCommand::WriteDeletedData:
    case FloppyCommand::ReadTrack:
    case FloppyCommand::Verify:
    case FloppyCommand::FormatTrack:
    case FloppyCommand::ReadId:
      executing_ = command;
      return begin_transfer();
    case FloppyCommand::Version:
      return reply({{kVersion}});
    case FloppyCommand::Recalibrate:
      return start_recalibrate();
    case FloppyCommand::SenseInterruptStatus:
      return sense_interrupt();
    case FloppyCommand::Specify:
      return specify();
    case FloppyCommand::SenseDriveStatus:
      return sense_drive();
    case FloppyCommand::Seek:
      return start_seek();
    case FloppyCommand::Configure:
      return configure();
    case FloppyCommand::RelativeSeek:
      return start_relative_seek();
    case FloppyCommand::DumpRegisters:
      return dump_registers();
    case FloppyCommand::PerpendicularMode:
      return perpendicular_mode();
    case FloppyCommand::Lock:
      return lock();
    case FloppyCommand::Invalid:
      return reply({{kInvalid}});
  }
}

void FloppyController::reply(std::span<const u8> result) {
  std::ranges::copy(result, result_.begin());
  result_size_ = static_cast<u8>(result.size());
  result_position_ = 0;
  phase_ = Phase::Result;
}

void FloppyController::end_command() {
  phase_ = Phase::Command;
  command_ = {};
  command_bytes_ = 0;
}

// --- State ------------------------------------------------------------------------------------------------

void FloppyController::Seek::serialize(Archive& archive) {
  archive(kind, inward, steps_left, target);
  if (kind > Kind::Relative) archive.fail("the floppy controller has no such seek");
}

void FloppyController::validate(Archive& archive) {
  const bool known = phase_ <= kLastPhase && step_ <= kLastStep && executing_ <= kLastFloppyCommand;
  const std::size_t most = command_.size() - (phase_ == Phase::Command ? 1 : 0);
  const bool fits = command_bytes_ <= most && result_size_ <= result_.size() &&
                    (step_ != Step::Byte || position_ < transfer_size()) && head_ <= 1 &&
                    rate_ <= FloppyRate::Mbps1;
  const bool answers = phase_ != Phase::Result || result_position_ < result_size_;
  // A transfer goes on with the disk that it was about.
  const bool transfers = phase_ == Phase::Execution && step_ > Step::NotTurning && step_ != Step::Draining;
  const FloppyDrive* drive = selected_drive();
  const bool possible = !transfers || (drive != nullptr && drive->turning() && on_track(*drive));
  if (!known || !fits || !answers || !possible) archive.fail("the floppy controller's state is impossible");
}

void FloppyController::serialize(Archive& archive) {
  for (const auto& drive : drives_) {
    bool present = drive != nullptr;
    archive(present);
    if (present != (drive != nullptr)) return archive.fail("the floppy drives are others");
    if (drive) drive->serialize(archive);
  }
  archive(digital_output_, tape_, rate_, phase_, interrupt_, command_, command_bytes_, result_, result_size_,
          result_position_);
  archive(step_and_unload_, load_and_mode_, configuration_, precompensation_track_, perpendicular_, locked_,
          last_count_);
  archive(cylinder_, seeks_, pending_, head_loaded_until_);
  archive(executing_, step_, status_0_, status_1_, status_2_, id_, head_, sectors_left_, sector_, wrong_mark_,
          terminal_count_, fifo_, buffer_, position_, formatted_, track_start_);
  if (!archive.loading()) return;
  validate(archive);
  if (archive.failed()) return enter_reset();
  dma_.set_request(phase_ == Phase::Execution && uses_dma() ? Level::High : Level::Low);
  update_lines();
}

}  // namespace ringdown
