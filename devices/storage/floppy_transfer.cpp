// The execution of commands that read or write the disk (section 5.1 of the data sheet, and READ ID).
#include <fmt/core.h>

#include <cstring>

#include "devices/storage/floppy_controller.h"

namespace ringdown {

using namespace floppy_status;

namespace {

/// Sectors of all formats here are 128 << 2 bytes.
constexpr u8 kSizeCode = 2;
constexpr std::size_t kIdSize = 4;

// Parameters of the commands, by their place. Data transfers:
enum TransferByte : std::size_t {
  kUnitByte = 1,
  kCylinder,
  kHead,
  kRecord,
  kSize,
  kEndOfTrack,
  kGap,
  kLength
};
// FORMAT TRACK:
enum FormatByte : std::size_t { kFormatSize = 2, kFormatSectors, kFormatGap, kFormatFiller };

using UnitHead = Field<u8, 2>;
using VerifyCounts = Field<u8, 7>;  // EC

/// A count of 0 stands for 256.
u16 count_of(u8 value) { return value == 0 ? 256 : value; }

/// Bytes of a formatted sector besides its data and gap 3, and of the gap before the first.
constexpr u32 kFormatOverhead = 62;
constexpr u32 kFormatPreamble = 146;
constexpr u32 kIdFieldBytes = 22;

}  // namespace

bool FloppyController::writes() const {
  return executing_ == FloppyCommand::WriteData || executing_ == FloppyCommand::WriteDeletedData ||
         executing_ == FloppyCommand::FormatTrack;
}

bool FloppyController::wants_deleted() const {
  return executing_ == FloppyCommand::ReadDeletedData || executing_ == FloppyCommand::WriteDeletedData;
}

/// Bytes that one event of a transfer moves as a whole.
std::size_t FloppyController::transfer_size() const {
  return executing_ == FloppyCommand::FormatTrack ? kIdSize : kSectorSize;
}

// --- The way to the sector --------------------------------------------------------------------------------

void FloppyController::begin_transfer() {
  phase_ = Phase::Execution;
  set_interrupt(false);
  status_0_ = status_1_ = status_2_ = 0;
  terminal_count_ = wrong_mark_ = false;
  position_ = formatted_ = 0;
  sector_ = 0;
  head_ = UnitHead::get(command_[kUnitByte]) ? 1 : 0;
  std::copy_n(command_.begin() + kCylinder, id_.size(), id_.begin());
  sectors_left_ = count_of(command_[kEndOfTrack]);
  if (executing_ == FloppyCommand::FormatTrack) sectors_left_ = count_of(command_[kFormatSectors]);
  if (looks_only()) sectors_left_ = count_of(command_[kLength]);
  if (executing_ == FloppyCommand::FormatTrack) {
    last_count_ = command_[kFormatSectors];
  } else if (executing_ != FloppyCommand::ReadId) {
    last_count_ = command_[kEndOfTrack];
  }
  fifo_.begin(!floppy_configuration::NoFifo::get(configuration_),
              static_cast<u8>(floppy_configuration::Threshold::get(configuration_) + 1));

  const FloppyDrive* drive = selected_drive();
  if (writes() && drive != nullptr && drive->write_protected()) {
    status_1_ |= kNotWritable;
    return finish(kAbnormal);
  }
  const bool has_cylinder = executing_ != FloppyCommand::FormatTrack && executing_ != FloppyCommand::ReadId;
  const u8 from = cylinder_[unit()], to = command_[kCylinder];
  if (has_cylinder && floppy_configuration::ImpliedSeek::get(configuration_) && from != to) {
    step_ = Step::Positioning;
    const bool inward = to > from;
    return begin_seek({Seek::Kind::Absolute, inward, static_cast<u8>(inward ? to - from : from - to), to});
  }
  load_head();
}

void FloppyController::load_head() {
  const Picoseconds now = scheduler_.now();
  wait_for(Step::LoadingHead, now < head_loaded_until_ ? now : later(now, head_load_time()));
}

void FloppyController::wait_for(Step step, Picoseconds deadline) {
  step_ = step;
  scheduler_.schedule(event_, deadline);
}

/// Gives up at the second index pulse from now.
void FloppyController::miss(const FloppyDrive& drive) {
  wait_for(Step::Missing, later(drive.next_index(scheduler_.now()), drive.revolution()));
}

void FloppyController::search() {
  FloppyDrive* drive = selected_drive();
  if (drive == nullptr || !drive->turning()) {
    // No index pulse will end this: the host has to.
    scheduler_.cancel(event_);
    step_ = Step::NotTurning;
    return;
  }
  if (writes() && !uses_dma()) {
    fifo_.update_from_host();
    set_interrupt(fifo_.requests_service());
  }
  if (uses_dma() && !looks_only() && executing_ != FloppyCommand::ReadId) dma_.set_request(Level::High);
  const Picoseconds now = scheduler_.now();
  if (executing_ == FloppyCommand::FormatTrack) return wait_for(Step::Index, drive->next_index(now));
  if (!legible(*drive)) return miss(*drive);
  if (executing_ == FloppyCommand::ReadId) {
    sector_ = drive->sector_after(now);
    return wait_for(Step::Identified, later(drive->next_id(sector_, now), drive->to_id_end()));
  }
  if (executing_ == FloppyCommand::ReadTrack && sector_ == 0) {
    return wait_for(Step::Index, drive->next_index(now));
  }
  if (!found(*drive)) return miss(*drive);
  approach_sector(*drive, id_[2]);
}

bool FloppyController::legible(const FloppyDrive& drive) const {
  return floppy_code::Mfm::get(command_[0]) && drive.legible(head_, rate_);
}

/// The disk has a sector with the ID that is looked for.
bool FloppyController::found(const FloppyDrive& drive) const {
  return id_[0] == drive.cylinder() && id_[1] == head_ && id_[3] == kSizeCode && id_[2] >= 1 &&
         id_[2] <= drive.format().sectors;
}

/// Whether `step_` can be about what is under the head.
bool FloppyController::on_track(const FloppyDrive& drive) const {
  if (executing_ == FloppyCommand::FormatTrack || step_ == Step::Missing) return true;
  if (!legible(drive)) return false;
  return step_ == Step::Index || (sector_ >= 1 && sector_ <= drive.format().sectors);
}

void FloppyController::approach_sector(FloppyDrive& drive, u8 sector) {
  sector_ = sector;
  position_ = 0;
  const Picoseconds id = drive.next_id(sector, scheduler_.now());
  const Picoseconds data = later(id, drive.to_data());
  const Picoseconds end = later(data, kSectorSize * byte_time(rate_));
  wrong_mark_ = !writes() && executing_ != FloppyCommand::ReadTrack && !looks_only() &&
                drive.deleted(head_, sector) != wants_deleted();
  if (wrong_mark_) {
    status_2_ |= kControlMark;
    if (floppy_code::Skip::get(command_[0])) return wait_for(Step::Skipped, end);
  }
  if (uses_dma() || looks_only()) return wait_for(Step::Sector, end);
  wait_for(Step::Byte, later(data, byte_time(rate_)));
}

// --- Events -----------------------------------------------------------------------------------------------

void FloppyController::execution_event() {
  if (phase_ != Phase::Execution) return;
  switch (step_) {
    case Step::Positioning:
    case Step::NotTurning:
    case Step::Draining:
      break;
    case Step::LoadingHead:
      return search();
    case Step::Missing:
      return not_found();
    case Step::Identified:
      id_ = {selected_drive()->cylinder(), head_, sector_, kSizeCode};
      return finish(0);
    case Step::Index:
      return at_index();
    case Step::Skipped:
      return sector_complete();
    case Step::Sector:
      return move_sector(*selected_drive());
    case Step::Byte:
      return byte_passed();
    case Step::Formatted:
      return finish(0);
  }
}

void FloppyController::not_found() {
  const FloppyDrive& drive = *selected_drive();
  if (!legible(drive)) {
    status_1_ |= kMissingAddressMark;
  } else {
    status_1_ |= kNoData;
    if (id_[0] != drive.cylinder()) status_2_ |= kWrongCylinder;
  }
  finish(kAbnormal);
}

void FloppyController::at_index() {
  if (executing_ == FloppyCommand::FormatTrack) {
    track_start_ = scheduler_.now();
    format_next();
  } else {
    approach_sector(*selected_drive(), 1);
  }
}

// --- Data -------------------------------------------------------------------------------------------------

/// Reads the sector under the head into the buffer; false if the host could not and the command has ended.
bool FloppyController::load_sector(FloppyDrive& drive) {
  if (drive.read(head_, sector_, buffer_)) return true;
  status_1_ |= kDataError;
  status_2_ |= kDataErrorInData;
  finish(kAbnormal);
  return false;
}

/// A data field, or with FORMAT TRACK the place of an ID field, has passed: its bytes move by DMA.
void FloppyController::move_sector(FloppyDrive& drive) {
  if (!writes() && !load_sector(drive)) return;
  if (looks_only()) return sector_complete();
  DmaChannel::Transfer moved;
  const std::span<std::byte> data(buffer_.data(), transfer_size());
  // DMAGATE# keeps the request from the DMA controller.
  if (gate_open()) moved = writes() ? dma_.from_memory(data) : dma_.to_memory(data);
  terminal_count_ = moved.terminal_count;
  if (moved.bytes < data.size() && !terminal_count_) {
    status_1_ |= kOverrun;
    return finish(kAbnormal);
  }
  // After TC the rest of a sector is written with zeros.
  if (writes()) std::ranges::fill(data.subspan(moved.bytes), std::byte{0});
  sector_complete();
}

void FloppyController::byte_passed() {
  const std::size_t size = transfer_size();
  if (writes()) {
    if (fifo_.empty()) {
      status_1_ |= kOverrun;
      return finish(kAbnormal);
    }
    buffer_[position_++] = static_cast<std::byte>(fifo_.pop());
    fifo_.update_from_host();
  } else {
    if (position_ == 0 && !load_sector(*selected_drive())) return;
    if (fifo_.full()) {
      status_1_ |= kOverrun;
      return finish(kAbnormal);
    }
    fifo_.push(static_cast<u8>(buffer_[position_++]));
    fifo_.update_towards_host(position_ == size);
  }
  set_interrupt(fifo_.requests_service());
  if (position_ == size) return sector_complete();
  wait_for(Step::Byte, later(scheduler_.now(), byte_time(rate_)));
}

/// The sector has passed and its bytes have moved: on to the next, or to the result.
void FloppyController::sector_complete() {
  if (executing_ == FloppyCommand::FormatTrack) return format_sector();
  FloppyDrive& drive = *selected_drive();
  if (writes() && !drive.write(head_, sector_, buffer_, wants_deleted())) {
    status_1_ |= kDataError;
    return finish(kAbnormal);
  }
  if (executing_ == FloppyCommand::ReadTrack) {
    if (id_ != std::array<u8, 4>{drive.cylinder(), head_, sector_, kSizeCode}) status_1_ |= kNoData;
  } else if (wrong_mark_ && step_ != Step::Skipped) {
    return finish(0);  // nothing is read behind a sector with the other mark
  }
  const bool counted_out = sectors_left_ <= 1;
  const bool counts = looks_only() && VerifyCounts::get(command_[kUnitByte]);
  if (counts || executing_ == FloppyCommand::ReadTrack) --sectors_left_;
  if (terminal_count_ || (counts && counted_out)) {
    advance_id();
    return finish(0);
  }
  if (executing_ == FloppyCommand::ReadTrack) {
    if (counted_out) {
      status_1_ |= kEndOfCylinder;
      return finish(kAbnormal);
    }
    ++id_[2];
    return approach_sector(drive, sector_ == drive.format().sectors ? 1 : static_cast<u8>(sector_ + 1));
  }
  next_sector(counts);
}

void FloppyController::next_sector(bool counts) {
  const bool last_of_track = id_[2] == command_[kEndOfTrack];
  if (last_of_track && !(floppy_code::MultiTrack::get(command_[0]) && head_ == 0)) {
    // Nobody ended the transfer in time. A VERIFY without a count is meant to end here.
    if (looks_only() && !counts) return finish(0);
    status_1_ |= kEndOfCylinder;
    return finish(kAbnormal);
  }
  if (last_of_track) {
    head_ = 1;
    id_[1] ^= 1;
    id_[2] = 1;
  } else {
    ++id_[2];
  }
  search();
}

/// What the result names after a transfer that was ended by TC: the sector that would have been next
/// (table 5-6).
void FloppyController::advance_id() {
  if (id_[2] != command_[kEndOfTrack]) {
    ++id_[2];
    return;
  }
  id_[2] = 1;
  const bool multi_track = floppy_code::MultiTrack::get(command_[0]);
  if (!multi_track || head_ == 1) ++id_[0];
  if (multi_track) id_[1] ^= 1;
}

// --- FORMAT TRACK -----------------------------------------------------------------------------------------

void FloppyController::format_next() {
  const FloppyDrive& drive = *selected_drive();
  const u32 data = 128u << std::min<u8>(command_[kFormatSize], 7);
  const u32 pitch = kFormatOverhead + data + command_[kFormatGap];
  const auto at = [&](u32 sectors, u32 more) {
    return later(track_start_, (kFormatPreamble + sectors * pitch + more) * byte_time(rate_));
  };
  const Picoseconds end_of_track = later(track_start_, drive.revolution());
  // What does not fit before the index pulse is not written; the last gap 3 may be short.
  if (sectors_left_ == 0 || terminal_count_ || at(formatted_, kFormatOverhead + data) > end_of_track) {
    return wait_for(Step::Formatted, end_of_track);
  }
  --sectors_left_;
  position_ = 0;
  if (uses_dma()) return wait_for(Step::Sector, at(formatted_, kIdFieldBytes));
  wait_for(Step::Byte, at(formatted_, kIdFieldBytes - static_cast<u32>(kIdSize)));
}

/// The buffer holds C, H, R and N of the sector to be made. An image keeps only sectors of its own format;
/// tracks that were formatted otherwise keep what they held.
void FloppyController::format_sector() {
  FloppyDrive& drive = *selected_drive();
  std::ranges::transform(std::span(buffer_).first(kIdSize), id_.begin(),
                         [](std::byte value) { return static_cast<u8>(value); });
  ++formatted_;
  if (legible(drive) && found(drive) && command_[kFormatSize] == kSizeCode) {
    std::array<std::byte, kSectorSize> filler;
    filler.fill(static_cast<std::byte>(command_[kFormatFiller]));
    if (!drive.write(head_, id_[2], filler, false)) {
      status_1_ |= kDataError;
      return finish(kAbnormal);
    }
  } else {
    log_.unimplemented(LogCategory::Disk, "floppy: FORMAT TRACK in another format than the image's");
  }
  format_next();
}

// --- Ends -------------------------------------------------------------------------------------------------

void FloppyController::finish(u8 status) {
  status_0_ = status;
  scheduler_.cancel(event_);
  const bool host_is_late = !uses_dma() && !writes() && !fifo_.empty();
  if (!host_is_late) return conclude();
  step_ = Step::Draining;
  fifo_.update_towards_host(true);
  set_interrupt(true);
}

void FloppyController::conclude() {
  dma_.set_request(Level::Low);
  head_loaded_until_ = later(scheduler_.now(), head_unload_time());
  const u8 status = static_cast<u8>(status_0_ | head_ << 2 | unit());
  log_.write(LogCategory::Disk, "floppy: status {:02x} {:02x} {:02x}, id {}/{}/{}", status, status_1_,
             status_2_, id_[0], id_[1], id_[2]);
  reply({{status, status_1_, status_2_, id_[0], id_[1], id_[2], id_[3]}});
  set_interrupt(true);
}

/// A motor, the selected drive, the rate, the head or the disk was moved: what was passing is lost.
void FloppyController::resume_search() {
  if (phase_ != Phase::Execution || step_ < Step::NotTurning || step_ == Step::Draining) return;
  sector_ = 0;
  search();
}

}  // namespace ringdown
