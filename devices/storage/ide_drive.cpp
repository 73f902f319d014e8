// Register access and the PIO and DMA data transfer protocols (ATA/ATAPI-5, sections 7 and 9).
#include "devices/storage/ide_drive.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace ringdown {

using namespace ata_status;

IdeDrive::IdeDrive(Scheduler& scheduler, Log& log, IdePlace place, IdeTiming timing)
    : log_(log),
      place_(place),
      scheduler_(scheduler),
      timing_(timing),
      event_(scheduler.add(fmt::format("ide{}", place.channel), place.drive,
                           [this](Picoseconds) { event(); })) {}

std::string IdeDrive::name() const { return fmt::format("ide{}.{}", place_.channel, place_.drive); }

void IdeDrive::enter(Phase phase, u8 status) {
  phase_ = phase;
  status_ = status;
}

void IdeDrive::busy_until(Picoseconds delay) {
  status_ = kBusy | kReady | kSeekComplete;
  // Never at the same instant, where the machine could not wait for the image between two events.
  scheduler_.schedule_after(event_, std::max<Picoseconds>(delay, 1));
}

void IdeDrive::request_interrupt() {
  interrupt_ = true;
  if (cable_ != nullptr) cable_->interrupt_changed();
}

void IdeDrive::withdraw_interrupt() {
  interrupt_ = false;
  if (cable_ != nullptr) cable_->interrupt_changed();
}

// --- Resets -----------------------------------------------------------------------------------------------

void IdeDrive::abandon() {
  scheduler_.cancel(event_);
  drop_image_work();
  buffer_.clear();
  position_ = block_end_ = 0;
  phase_ = Phase::Idle;
}

void IdeDrive::hardware_reset() {
  software_reset_ = false;
  features_ = {};
  finish_reset();
  withdraw_interrupt();
}

void IdeDrive::set_software_reset(bool asserted) {
  if (asserted == software_reset_) return;
  software_reset_ = asserted;
  if (asserted) {
    abandon();
    diagnosing_ = false;
    enter(Phase::Reset, kBusy);
    withdraw_interrupt();
  } else {
    busy_until(timing_.command);
  }
}

void IdeDrive::diagnose() {
  abandon();
  diagnosing_ = true;
  withdraw_interrupt();
  phase_ = Phase::Reset;
  busy_until(timing_.command);
}

void IdeDrive::sleep() {
  complete();
  asleep_ = true;
}

void IdeDrive::finish_reset() {
  abandon();
  asleep_ = false;
  error_ = ata_error::kDiagnosticsPassed;
  device_ = 0;
  enter(Phase::Idle, kReady | kSeekComplete);
  set_signature();
  // Device 0 reports for both.
  if (diagnosing_ && place_.drive == 0) request_interrupt();
  diagnosing_ = false;
}

// --- Registers --------------------------------------------------------------------------------------------

u8 IdeDrive::read_register(AtaRegister reg, bool previous) const {
  const auto value = [previous](const Fifo& fifo) { return previous ? fifo.previous : fifo.current; };
  switch (reg) {
    case AtaRegister::ErrorFeatures:
      return error_;
    case AtaRegister::SectorCount:
      return value(sector_count_);
    case AtaRegister::LbaLow:
      return value(lba_low_);
    case AtaRegister::LbaMid:
      return value(lba_mid_);
    case AtaRegister::LbaHigh:
      return value(lba_high_);
    case AtaRegister::Device:
      return device_;
    case AtaRegister::Data:
    case AtaRegister::StatusCommand:
      break;
  }
  return status_;
}

void IdeDrive::write_register(AtaRegister reg, u8 value) {
  // Selecting the other drive must work whatever this one does.
  if (reg == AtaRegister::Device) device_ = value;
  if ((status_ & (kBusy | kDataRequest)) != 0) return;
  switch (reg) {
    case AtaRegister::ErrorFeatures:
      features_.push(value);
      break;
    case AtaRegister::SectorCount:
      sector_count_.push(value);
      break;
    case AtaRegister::LbaLow:
      lba_low_.push(value);
      break;
    case AtaRegister::LbaMid:
      lba_mid_.push(value);
      break;
    case AtaRegister::LbaHigh:
      lba_high_.push(value);
      break;
    case AtaRegister::Device:
    case AtaRegister::Data:
    case AtaRegister::StatusCommand:
      break;
  }
}

u8 IdeDrive::read_status() {
  if (interrupt_) withdraw_interrupt();
  return status_;
}

void IdeDrive::write_command(u8 command) {
  if (asleep_ && !interrupts_commands(command)) {
    log_.write(LogCategory::Disk, "{}: command {:02x} to a sleeping drive is ignored", name(), command);
    return;
  }
  if (phase_ == Phase::Reset || ((status_ & kBusy) != 0 && !interrupts_commands(command))) {
    log_.write(LogCategory::Disk, "{}: command {:02x} while busy is ignored", name(), command);
    return;
  }
  log_.write(LogCategory::Disk,
             "{}: command {:02x}, features {:02x}, count {:02x}, address {:02x}{:02x}{:02x}/{:02x}", name(),
             command, features_.current, sector_count_.current, lba_high_.current, lba_mid_.current,
             lba_low_.current, device_);
  abandon();
  if (interrupt_) withdraw_interrupt();
  command_ = command;
  error_ = 0;
  phase_ = Phase::Command;
  prepare(command);
  busy_until(takes_data_first(command) ? timing_.block : timing_.command);
}

// --- Ends of commands -------------------------------------------------------------------------------------

void IdeDrive::finish_quietly() {
  abandon();
  enter(Phase::Idle, kReady | kSeekComplete);
}

void IdeDrive::complete() {
  finish_quietly();
  request_interrupt();
}

void IdeDrive::fail(u8 error, u8 more_status) {
  log_.write(LogCategory::Disk, "{}: command {:02x} fails with error {:02x}", name(), command_, error);
  abandon();
  error_ = error;
  enter(Phase::Idle, kReady | kSeekComplete | kError | more_status);
  request_interrupt();
}

void IdeDrive::finish_later() {
  phase_ = Phase::Finishing;
  busy_until(timing_.block);
}

void IdeDrive::go_on_later() {
  phase_ = Phase::GoingOn;
  busy_until(timing_.block);
}

// --- PIO --------------------------------------------------------------------------------------------------

void IdeDrive::block_offered(std::size_t) {}

void IdeDrive::send(std::vector<std::byte> data, std::size_t block) {
  buffer_ = std::move(data);
  position_ = 0;
  block_ = block;
  offer_block();
}

void IdeDrive::offer_block() {
  if (position_ == buffer_.size()) {
    if (!more_to_send()) return complete();
    position_ = 0;
    if (!fill(buffer_)) return;
  }
  block_end_ = std::min<u64>(position_ + block_, buffer_.size());
  enter(Phase::DataIn, kReady | kSeekComplete | kDataRequest);
  block_offered(block_end_ - position_);
  request_interrupt();
}

u32 IdeDrive::read_data(Width width) {
  if (phase_ != Phase::DataIn) return 0;
  // The last word of an odd count is padded.
  const std::size_t count = std::min<u64>(bytes_of(width), block_end_ - position_);
  u32 value = 0;
  std::memcpy(&value, buffer_.data() + position_, count);
  position_ += count;
  if (position_ == block_end_) {
    if (position_ < buffer_.size() || more_to_send()) {
      phase_ = Phase::NextIn;
      busy_until(timing_.block);
    } else {
      all_sent();
    }
  }
  return value;
}

void IdeDrive::receive(std::size_t block, bool announce) {
  buffer_.clear();
  block_ = block;
  request_block(announce);
}

void IdeDrive::request_block(bool announce) {
  position_ = buffer_.size();
  block_end_ =
      position_ + std::min<u64>(block_, bytes_to_receive() - std::min(bytes_to_receive(), position_));
  buffer_.resize(block_end_);
  enter(Phase::DataOut, kReady | kSeekComplete | kDataRequest);
  block_offered(block_end_ - position_);
  if (announce) request_interrupt();
}

void IdeDrive::write_data(Width width, u32 value) {
  if (phase_ != Phase::DataOut) return;
  const std::size_t count = std::min<u64>(bytes_of(width), block_end_ - position_);
  std::memcpy(buffer_.data() + position_, &value, count);
  position_ += count;
  if (position_ == block_end_) take_written_block();
}

void IdeDrive::take_written_block() {
  const bool last = bytes_to_receive() == buffer_.size();
  if (!last && buffer_.size() + block_ <= kPioChunk) {
    phase_ = Phase::NextOut;
    return busy_until(timing_.block);
  }
  drain(std::exchange(buffer_, {}));
  position_ = block_end_ = 0;
  phase_ = Phase::Stored;
  // The last block pays for the whole command.
  busy_until(last ? timing_.command : timing_.block);
}

// --- DMA --------------------------------------------------------------------------------------------------

void IdeDrive::send_by_dma(std::vector<std::byte> data) {
  buffer_ = std::move(data);
  position_ = 0;
  run_dma_in();
}

void IdeDrive::run_dma_in() {
  if (position_ == buffer_.size()) {
    if (!more_to_send()) return complete();
    position_ = 0;
    if (!fill(buffer_)) return;
  }
  DmaPort* port = cable_ != nullptr ? cable_->dma_port() : nullptr;
  if (port != nullptr) position_ += port->to_memory(std::span(buffer_).subspan(position_));
  if (position_ != buffer_.size()) return enter(Phase::DmaInWait, kReady | kSeekComplete | kDataRequest);
  if (!more_to_send()) return complete();
  phase_ = Phase::DmaIn;
  busy_until(timing_.block);
}

void IdeDrive::receive_by_dma() {
  buffer_.clear();
  position_ = 0;
  run_dma_out();
}

void IdeDrive::run_dma_out() {
  const u64 left = bytes_to_receive();
  if (buffer_.empty()) buffer_.resize(std::min<u64>(left, kDmaChunk));
  DmaPort* port = cable_ != nullptr ? cable_->dma_port() : nullptr;
  if (port != nullptr) position_ += port->from_memory(std::span(buffer_).subspan(position_));
  if (position_ != buffer_.size()) return enter(Phase::DmaOutWait, kReady | kSeekComplete | kDataRequest);
  drain(std::exchange(buffer_, {}));
  phase_ = Phase::DmaStored;
  busy_until(position_ == left ? timing_.command : timing_.block);
  position_ = 0;
}

void IdeDrive::dma_started() {
  if (phase_ != Phase::DmaInWait && phase_ != Phase::DmaOutWait) return;
  phase_ = phase_ == Phase::DmaInWait ? Phase::DmaIn : Phase::DmaOut;
  busy_until(timing_.block);
}

// --- The event --------------------------------------------------------------------------------------------

bool IdeDrive::waits_for_image() {
  return scheduler_.scheduled(event_) && scheduler_.deadline(event_) <= scheduler_.now() && !image_ready();
}

void IdeDrive::event() {
  switch (phase_) {
    case Phase::Reset:
      if (!software_reset_) finish_reset();
      break;
    case Phase::Command:
      execute(command_);
      break;
    case Phase::NextIn:
      offer_block();
      break;
    case Phase::NextOut:
      request_block(true);
      break;
    case Phase::Stored:
      if (!drained()) break;
      if (bytes_to_receive() != 0) {
        request_block(true);
      } else {
        data_received();
      }
      break;
    case Phase::DmaIn:
      run_dma_in();
      break;
    case Phase::DmaOut:
      run_dma_out();
      break;
    case Phase::DmaStored:
      if (!drained()) break;
      if (bytes_to_receive() != 0) {
        run_dma_out();
      } else {
        complete();
      }
      break;
    case Phase::GoingOn:
      go_on();
      break;
    case Phase::Finishing:
      complete();
      break;
    case Phase::Idle:
    case Phase::DataIn:
    case Phase::DataOut:
    case Phase::DmaInWait:
    case Phase::DmaOutWait:
      break;
  }
}

// --- State ------------------------------------------------------------------------------------------------

void IdeDrive::serialize(Archive& archive) {
  archive(features_, sector_count_, lba_low_, lba_mid_, lba_high_, device_, error_, status_, command_);
  archive(phase_, software_reset_, diagnosing_, asleep_, interrupt_, position_, block_end_, block_);
  u64 length = buffer_.size();
  archive(length);
  if (archive.loading()) {
    if (length > kDmaChunk) {
      archive.fail("a drive's buffer is too long");
      length = 0;
    }
    buffer_.resize(length);
  }
  archive.bytes(buffer_);
  if (archive.loading()) validate(archive);
}

void IdeDrive::validate(Archive& archive) {
  const bool waits_for_bytes = phase_ == Phase::DataIn || phase_ == Phase::DataOut;
  const bool consistent = phase_ <= kLastPhase && position_ <= buffer_.size() &&
                          block_end_ <= buffer_.size() && block_ <= kPioChunk &&
                          (!waits_for_bytes || position_ < block_end_);
  if (!archive.failed() && consistent) return;
  archive.fail("a drive's transfer is inconsistent");
  abandon();
  status_ = kReady | kSeekComplete;
}

}  // namespace ringdown
