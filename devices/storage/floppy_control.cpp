// Control commands and the movement of heads (section 5.2 of the data sheet).
#include <fmt/core.h>

#include "devices/storage/floppy_controller.h"

namespace ringdown {

using namespace floppy_status;

namespace {

using StepRate = Field<u8, 4, 4>;    // SRT
using HeadUnload = Field<u8, 0, 4>;  // HUT
using HeadLoad = Field<u8, 1, 7>;    // HLT
using NonDma = Field<u8, 0>;         // ND

/// What a seek without a step takes.
constexpr Picoseconds kNoSteps = microseconds(20);
/// RECALIBRATE gives up after so many.
constexpr u8 kRecalibrateSteps = 79;

/// SPECIFY's times are given at 1 Mbit/s and are longer at lower rates.
Picoseconds at_rate(u64 microseconds_at_1_mbps, FloppyRate rate) {
  return microseconds(microseconds_at_1_mbps * 1000) / kilobits_per_second(rate);
}

}  // namespace

Picoseconds FloppyController::step_time() const {
  return at_rate(500 * (16u - StepRate::get(step_and_unload_)), rate_);
}

Picoseconds FloppyController::head_unload_time() const {
  const u8 value = HeadUnload::get(step_and_unload_);
  return at_rate(8'000 * (value == 0 ? 16u : value), rate_);
}

Picoseconds FloppyController::head_load_time() const {
  const u8 value = HeadLoad::get(load_and_mode_);
  return at_rate(1'000 * (value == 0 ? 128u : value), rate_);
}

bool FloppyController::uses_dma() const { return !NonDma::get(load_and_mode_); }

// --- Settings ---------------------------------------------------------------------------------------------

void FloppyController::specify() {
  step_and_unload_ = command_[1];
  load_and_mode_ = command_[2];
  end_command();
}

void FloppyController::configure() {
  configuration_ = command_[2] & floppy_configuration::kAll;
  precompensation_track_ = command_[3];
  if (floppy_configuration::NoPolling::get(configuration_)) scheduler_.cancel(poll_event_);
  end_command();
}

void FloppyController::perpendicular_mode() {
  using namespace floppy_perpendicular;
  const u8 value = command_[1];
  perpendicular_ = Mode::with(perpendicular_, Mode::get(value));
  if (Overwrite::get(value)) perpendicular_ = Drives::with(perpendicular_, Drives::get(value));
  end_command();
}

void FloppyController::lock() {
  locked_ = floppy_code::LockBit::get(command_[0]);
  reply({{static_cast<u8>(locked_ ? 0x10 : 0)}});
}

void FloppyController::dump_registers() {
  const std::array<u8, 10> registers = {
      cylinder_[0],     cylinder_[1],
      cylinder_[2],     cylinder_[3],
      step_and_unload_, load_and_mode_,
      last_count_,      static_cast<u8>((locked_ ? 0x80 : 0) | perpendicular_),
      configuration_,   precompensation_track_};
  reply(registers);
}

void FloppyController::sense_drive() {
  const FloppyDrive* drive = selected_drive();
  u8 status = kAlwaysSet | (command_[1] & 7);
  if (drive != nullptr && drive->write_protected()) status |= kWriteProtected;
  if (drive != nullptr && drive->track_0()) status |= kTrack0;
  reply({{status}});
}

void FloppyController::sense_interrupt() {
  const auto waiting = std::ranges::find_if(pending_, [](u8 status) { return status != 0; });
  if (waiting == pending_.end()) return reply({{kInvalid}});
  const std::array<u8, 2> result = {*waiting,
                                    cylinder_[static_cast<std::size_t>(waiting - pending_.begin())]};
  *waiting = 0;
  reply(result);
  set_interrupt(seek_ended());
}

/// One interrupt tells of the four drives that a reset polled; the end of each seek has its own.
bool FloppyController::seek_ended() const {
  return std::ranges::any_of(pending_, [](u8 status) { return (status & kSeekEnd) != 0; });
}

// --- Seeks ------------------------------------------------------------------------------------------------

void FloppyController::start_recalibrate() {
  cylinder_[unit()] = 0;
  begin_seek({Seek::Kind::Recalibrate, false, kRecalibrateSteps, 0});
  end_command();
}

void FloppyController::start_seek() {
  const u8 from = cylinder_[unit()], to = command_[2];
  const bool inward = to > from;
  begin_seek({Seek::Kind::Absolute, inward, static_cast<u8>(inward ? to - from : from - to), to});
  end_command();
}

void FloppyController::start_relative_seek() {
  const bool inward = floppy_code::RelativeInward::get(command_[0]);
  const u8 from = cylinder_[unit()], steps = command_[2];
  begin_seek({Seek::Kind::Relative, inward, steps, static_cast<u8>(inward ? from + steps : from - steps)});
  end_command();
}

void FloppyController::begin_seek(const Seek& seek) {
  pending_[unit()] = 0;
  set_interrupt(seek_ended());
  seeks_[unit()] = seek;
  const bool steps = seek.steps_left > 0;
  scheduler_.schedule_after(seek_events_[unit()], steps ? step_time() : kNoSteps);
}

void FloppyController::step_head(unsigned unit) {
  Seek& seek = seeks_[unit];
  FloppyDrive* drive = selected_drive();
  const bool at_track_0 = drive != nullptr && drive->track_0();
  const bool recalibrates = seek.kind == Seek::Kind::Recalibrate;
  if (recalibrates && at_track_0) return end_seek(unit, kSeekEnd);
  if (seek.steps_left == 0) {
    return end_seek(unit, recalibrates ? kSeekEnd | kEquipmentCheck | kAbnormal : kSeekEnd);
  }
  if (seek.kind == Seek::Kind::Relative && !seek.inward && at_track_0) {
    return end_seek(unit, kSeekEnd | kEquipmentCheck | kAbnormal);
  }
  if (drive != nullptr) {
    drive->step(seek.inward);
    resume_search();
  }
  --seek.steps_left;
  scheduler_.schedule_after(seek_events_[unit], seek.steps_left > 0 || recalibrates ? step_time() : kNoSteps);
}

void FloppyController::end_seek(unsigned unit, u8 status) {
  cylinder_[unit] = seeks_[unit].target;
  seeks_[unit] = {};
  if (phase_ == Phase::Execution && step_ == Step::Positioning && unit == this->unit()) return load_head();
  pending_[unit] = static_cast<u8>(status | unit);
  set_interrupt(true);
}

}  // namespace ringdown
