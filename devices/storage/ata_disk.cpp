// A disk's commands, its addresses, and how sectors go to and fro (ATA/ATAPI-5, section 8; the EXT forms:
// ATA/ATAPI-6).
#include "devices/storage/ata_disk.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace ringdown {

const AtaDisk::Command AtaDisk::kCommands[] = {
    {0x00, 0x00, &AtaDisk::nop},
    {0x10, 0x1f, &AtaDisk::recalibrate},
    {0x20, 0x21, &AtaDisk::read_pio, Transfer::Read},
    {0x24, 0x24, &AtaDisk::read_pio, Transfer::Read, Way::Pio, Form::Extended},
    {0x25, 0x25, &AtaDisk::read_dma, Transfer::Read, Way::Dma, Form::Extended},
    {0x27, 0x27, &AtaDisk::read_native_max, Transfer::None, Way::Pio, Form::Extended},
    {0x29, 0x29, &AtaDisk::read_multiple, Transfer::Read, Way::Pio, Form::Extended},
    {0x30, 0x31, &AtaDisk::write_pio, Transfer::Write},
    {0x34, 0x34, &AtaDisk::write_pio, Transfer::Write, Way::Pio, Form::Extended},
    {0x35, 0x35, &AtaDisk::write_dma, Transfer::Write, Way::Dma, Form::Extended},
    {0x37, 0x37, &AtaDisk::set_max, Transfer::None, Way::Pio, Form::Extended},
    {0x39, 0x39, &AtaDisk::write_multiple, Transfer::Write, Way::Pio, Form::Extended},
    {0x40, 0x41, &AtaDisk::verify, Transfer::Verify},
    {0x42, 0x42, &AtaDisk::verify, Transfer::Verify, Way::Pio, Form::Extended},
    {0x70, 0x7f, &AtaDisk::seek},
    {0x91, 0x91, &AtaDisk::initialize_parameters},
    {0x94, 0x94, &AtaDisk::standby, Transfer::Flush},
    {0x95, 0x95, &AtaDisk::idle},
    {0x96, 0x96, &AtaDisk::standby_after, Transfer::Flush},
    {0x97, 0x97, &AtaDisk::idle_for},
    {0x98, 0x98, &AtaDisk::check_power},
    {0x99, 0x99, &AtaDisk::fall_asleep, Transfer::Flush},
    {0xb0, 0xb0, &AtaDisk::smart},
    {0xc4, 0xc4, &AtaDisk::read_multiple, Transfer::Read},
    {0xc5, 0xc5, &AtaDisk::write_multiple, Transfer::Write},
    {0xc6, 0xc6, &AtaDisk::set_multiple},
    {0xc8, 0xc9, &AtaDisk::read_dma, Transfer::Read, Way::Dma},
    {0xca, 0xcb, &AtaDisk::write_dma, Transfer::Write, Way::Dma},
    {0xe0, 0xe0, &AtaDisk::standby, Transfer::Flush},
    {0xe1, 0xe1, &AtaDisk::idle},
    {0xe2, 0xe2, &AtaDisk::standby_after, Transfer::Flush},
    {0xe3, 0xe3, &AtaDisk::idle_for},
    {0xe4, 0xe4, &AtaDisk::read_buffer},
    {0xe5, 0xe5, &AtaDisk::check_power},
    {0xe6, 0xe6, &AtaDisk::fall_asleep, Transfer::Flush},
    {0xe7, 0xe7, &AtaDisk::flush, Transfer::Flush},
    {0xe8, 0xe8, &AtaDisk::write_buffer, Transfer::Buffer},
    {0xea, 0xea, &AtaDisk::flush, Transfer::Flush, Way::Pio, Form::Extended},
    {0xec, 0xec, &AtaDisk::identify},
    {0xef, 0xef, &AtaDisk::set_features},
    {0xf8, 0xf8, &AtaDisk::read_native_max},
    {0xf9, 0xf9, &AtaDisk::set_max},
};

AtaDisk::AtaDisk(Scheduler& scheduler, Log& log, IdePlace place, std::unique_ptr<DiskImage> image,
                 IdeTiming timing)
    : IdeDrive(scheduler, log, place, timing),
      image_(std::move(image)),
      geometry_(default_geometry()),
      max_sectors_(image_.sectors()),
      lasting_max_(image_.sectors()) {
  set_signature();
}

const AtaDisk::Command* AtaDisk::find(u8 command) {
  for (const Command& row : kCommands) {
    if (command >= row.first && command <= row.last) return &row;
  }
  return nullptr;
}

bool AtaDisk::takes_data_first(u8 command) const {
  const Command* row = find(command);
  return row != nullptr && (row->transfer == Transfer::Write || row->transfer == Transfer::Buffer);
}

bool AtaDisk::extended() const {
  const Command* row = find(command_);
  return row != nullptr && row->form == Form::Extended;
}

void AtaDisk::prepare(u8 command) {
  power_mode_ = power_mode();
  transfer_ = Transfer::None;
  sectors_left_ = 0;
  if (const Command* row = find(command)) begin_transfer(*row);
}

void AtaDisk::execute(u8 command) {
  const Command* row = find(command);
  if (row == nullptr) {
    // Not a fault of the guest: systems probe for optional commands, and packet devices refuse most of these.
    log_.write(LogCategory::Disk, "{}: command {:02x} is not supported", name(), command);
    fail(ata_error::kAborted);
  } else {
    (this->*row->handler)(command);
  }
  previous_command_ = command;
  last_command_ = now();
}

void AtaDisk::set_signature() {
  sector_count_ = {1, 0};
  lba_low_ = {1, 0};
  lba_mid_ = {0, 0};
  lba_high_ = {0, 0};
}

void AtaDisk::hardware_reset() {
  IdeDrive::hardware_reset();
  reset_settings();
  sector_buffer_.fill(std::byte{0});
  transfer_ = Transfer::None;
  addressed_ = true;
  next_sector_ = end_ = 0;
  sectors_left_ = 0;
  error_at_end_ = 0;
}

void AtaDisk::log_error(const std::string& message) {
  log_.write(LogCategory::Disk, "{}: {}", name(), message);
}

// --- Addresses --------------------------------------------------------------------------------------------

bool AtaDisk::decode_address(u64& sector) const {
  const u64 low24 = u64{lba_high_.current} << 16 | u64{lba_mid_.current} << 8 | lba_low_.current;
  if (extended()) {
    sector =
        u64{lba_high_.previous} << 40 | u64{lba_mid_.previous} << 32 | u64{lba_low_.previous} << 24 | low24;
    return true;
  }
  const u8 head = ata_device::Head::get(device_);
  if (ata_device::Lba::get(device_)) {
    sector = u64{head} << 24 | low24;
    return true;
  }
  const u32 cylinder = u32{lba_high_.current} << 8 | lba_mid_.current;
  if (lba_low_.current == 0 || lba_low_.current > geometry_.sectors || head >= geometry_.heads) return false;
  sector = (u64{cylinder} * geometry_.heads + head) * geometry_.sectors + lba_low_.current - 1;
  return true;
}

void AtaDisk::report_address(u64 sector) {
  const auto byte = [](u64 value, unsigned n) { return static_cast<u8>(value >> (8 * n)); };
  if (extended()) {
    lba_low_ = {byte(sector, 0), byte(sector, 3)};
    lba_mid_ = {byte(sector, 1), byte(sector, 4)};
    lba_high_ = {byte(sector, 2), byte(sector, 5)};
    return;
  }
  u64 head = sector >> 24;
  if (!ata_device::Lba::get(device_)) {
    const u64 track = sector / geometry_.sectors;
    const u64 cylinder = track / geometry_.heads;
    head = track % geometry_.heads;
    sector = cylinder << 8 | (sector % geometry_.sectors + 1);
  }
  lba_low_.current = byte(sector, 0);
  lba_mid_.current = byte(sector, 1);
  lba_high_.current = byte(sector, 2);
  device_ = ata_device::Head::with(device_, static_cast<u8>(head));
}

void AtaDisk::begin_transfer(const Command& command) {
  transfer_ = command.transfer;
  if (transfer_ == Transfer::Flush) return image_.flush();
  if (transfer_ == Transfer::None || transfer_ == Transfer::Buffer) return;
  const bool extended = command.form == Form::Extended;
  const u32 count =
      extended ? u32{sector_count_.previous} << 8 | sector_count_.current : sector_count_.current;
  sectors_left_ = count != 0 ? count : extended ? 0x1'0000 : 0x100;
  end_ = end_of_disk();
  error_at_end_ = ata_error::kIdNotFound;
  addressed_ = decode_address(next_sector_) && next_sector_ < end_;
  if (!addressed_) {
    next_sector_ = end_ = 0;
  } else {
    wake_up();
    if (transfer_ != Transfer::Write) read_rest();
  }
}

void AtaDisk::read_rest() {
  const Command* row = find(command_);
  const u32 piece = row != nullptr && row->way == Way::Dma ? kDmaChunk : kPioChunk;
  image_.read(next_sector_, std::min<u64>(sectors_left_, end_ - next_sector_), piece / kSectorSize);
}

bool AtaDisk::transfer_possible() {
  if (addressed_) return true;
  transfer_ = Transfer::None;
  sectors_left_ = 0;
  fail(ata_error::kIdNotFound);
  return false;
}

void AtaDisk::advance(u32 count) {
  next_sector_ += count;
  sectors_left_ -= count;
  sector_count_ = {static_cast<u8>(sectors_left_), static_cast<u8>(sectors_left_ >> 8)};
  report_address(next_sector_ - 1);
}

void AtaDisk::fail_here(u8 error, u8 more_status) {
  report_address(next_sector_);
  transfer_ = Transfer::None;
  sectors_left_ = 0;
  if (error != ata_error::kIdNotFound) smart_.count_error();
  fail(error, more_status);
}

bool AtaDisk::fail_at_end() {
  if (sectors_left_ == 0 || next_sector_ < end_) return false;
  fail_here(error_at_end_);
  return true;
}

// --- Reading and writing ----------------------------------------------------------------------------------

bool AtaDisk::fill(std::vector<std::byte>& data) {
  if (fail_at_end()) return false;
  const Result<void> read = image_.take(data);
  const u32 count = static_cast<u32>(data.size() / kSectorSize);
  if (!read) {
    // A drive delivers what lies before the bad sector.
    log_error(read.error().message);
    end_ = next_sector_ + count;
    error_at_end_ = ata_error::kUncorrectable;
    if (fail_at_end()) return false;
  }
  advance(count);
  return true;
}

u64 AtaDisk::bytes_to_receive() const {
  if (transfer_ == Transfer::Buffer) return kSectorSize;
  if (transfer_ != Transfer::Write) return 0;
  return std::min<u64>(sectors_left_, end_ - next_sector_) * kSectorSize;
}

void AtaDisk::drain(std::vector<std::byte> data) {
  if (transfer_ == Transfer::Buffer) {
    std::copy_n(data.begin(), std::min(data.size(), sector_buffer_.size()), sector_buffer_.begin());
    return;
  }
  data.resize(std::min<std::size_t>(data.size(), bytes_to_receive()));
  image_.write(next_sector_, std::move(data));
  if (!write_cache_) image_.flush();
}

bool AtaDisk::drained() {
  if (transfer_ == Transfer::Buffer) {
    transfer_ = Transfer::None;
    return true;
  }
  const ImageWork::Done done = image_.finish();
  const u32 stored = std::min(done.sectors, static_cast<u32>(bytes_to_receive() / kSectorSize));
  if (stored != 0) advance(stored);
  if (done.failed || stored == 0) {
    log_error(done.error);
    fail_here(ata_error::kAborted, ata_status::kDeviceFault);
    return false;
  }
  return !fail_at_end();
}

void AtaDisk::read_pio(u8) {
  if (transfer_possible()) send({}, kSectorSize);
}

void AtaDisk::read_multiple(u8) {
  if (multiple_ == 0) return fail(ata_error::kAborted);
  if (transfer_possible()) send({}, multiple_block());
}

void AtaDisk::read_dma(u8) {
  if (transfer_possible()) send_by_dma({});
}

void AtaDisk::write_pio(u8) {
  if (image_.read_only()) return fail(ata_error::kAborted);
  if (transfer_possible()) receive(kSectorSize, false);
}

void AtaDisk::write_multiple(u8) {
  if (multiple_ == 0 || image_.read_only()) return fail(ata_error::kAborted);
  if (transfer_possible()) receive(multiple_block(), false);
}

void AtaDisk::write_dma(u8) {
  if (image_.read_only()) return fail(ata_error::kAborted);
  if (transfer_possible()) receive_by_dma();
}

void AtaDisk::verify(u8) {
  if (transfer_possible()) verify_more();
}

void AtaDisk::verify_more() {
  std::vector<std::byte> checked;
  if (!fill(checked)) return;
  if (sectors_left_ != 0) return go_on_later();
  complete();
}

void AtaDisk::seek(u8) {
  u64 sector = 0;
  if (!decode_address(sector) || sector >= end_of_disk()) return fail(ata_error::kIdNotFound);
  complete();
}

void AtaDisk::read_buffer(u8) { send({sector_buffer_.begin(), sector_buffer_.end()}, kSectorSize); }

void AtaDisk::write_buffer(u8) { receive(kSectorSize, false); }

bool AtaDisk::flushed() {
  const ImageWork::Done done = image_.finish();
  if (!done.failed) return true;
  log_error(done.error);
  fail(ata_error::kAborted, ata_status::kDeviceFault);
  return false;
}

void AtaDisk::flush(u8) {
  if (flushed()) complete();
}

// --- State ------------------------------------------------------------------------------------------------

void AtaDisk::serialize(Archive& archive) {
  IdeDrive::serialize(archive);
  u64 sectors = image_.sectors();
  archive(sectors);
  if (sectors != image_.sectors()) {
    archive.fail(fmt::format("{}: the disk image has another size than the one that was attached", name()));
  }
  archive(image_, geometry_, max_sectors_, lasting_max_, max_kept_, multiple_, transfer_mode_, write_cache_,
          look_ahead_, power_mode_, standby_after_, last_command_, previous_command_, smart_, sector_buffer_);
  archive(transfer_, addressed_, next_sector_, sectors_left_, end_, error_at_end_);
  if (!archive.loading()) return;
  const bool reads = transfer_ == Transfer::Read || transfer_ == Transfer::Verify;
  const bool inside = next_sector_ <= end_ && end_ <= image_.sectors() && sectors_left_ <= 0x1'0000;
  const bool settings = geometry_.heads != 0 && geometry_.sectors != 0 && multiple_ <= kMaximumMultiple &&
                        transfer_ <= Transfer::Flush;
  if (archive.failed() || !inside || !settings) {
    archive.fail("a disk's settings or transfer are impossible");
    return hardware_reset();
  }
  if (reads && sectors_left_ != 0 && next_sector_ < end_) read_rest();
}

}  // namespace ringdown
