// ATA commands of hard disks (ATA/ATAPI-5, section 8; the EXT forms: ATA/ATAPI-6).
#include "devices/storage/ata_disk.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace ringdown {
namespace {

constexpr u8 kMaximumMultiple = 16;
constexpr u64 kLba28Limit = u64{1} << 28;
constexpr u32 kMaximumCylinders = 16383;

// CHECK POWER MODE.
constexpr u8 kPowerStandby = 0x00;
constexpr u8 kPowerIdle = 0x80;
constexpr u8 kPowerActive = 0xff;

}  // namespace

const AtaDisk::Command AtaDisk::kCommands[] = {
    {0x00, 0x00, Kind::Plain, &AtaDisk::nop},
    {0x10, 0x1f, Kind::Plain, &AtaDisk::recalibrate},
    {0x20, 0x21, Kind::Plain, &AtaDisk::read_pio},
    {0x24, 0x24, Kind::Extended, &AtaDisk::read_pio},
    {0x25, 0x25, Kind::Extended, &AtaDisk::read_dma},
    {0x27, 0x27, Kind::Extended, &AtaDisk::read_native_max},
    {0x29, 0x29, Kind::Extended, &AtaDisk::read_multiple},
    {0x30, 0x31, Kind::DataOut, &AtaDisk::write_pio},
    {0x34, 0x34, Kind::ExtendedDataOut, &AtaDisk::write_pio},
    {0x35, 0x35, Kind::Extended, &AtaDisk::write_dma},
    {0x39, 0x39, Kind::ExtendedDataOut, &AtaDisk::write_multiple},
    {0x40, 0x41, Kind::Plain, &AtaDisk::verify},
    {0x42, 0x42, Kind::Extended, &AtaDisk::verify},
    {0x70, 0x7f, Kind::Plain, &AtaDisk::seek},
    {0x91, 0x91, Kind::Plain, &AtaDisk::initialize_parameters},
    {0x94, 0x94, Kind::Plain, &AtaDisk::standby},
    {0x95, 0x95, Kind::Plain, &AtaDisk::idle},
    {0x96, 0x96, Kind::Plain, &AtaDisk::standby},
    {0x97, 0x97, Kind::Plain, &AtaDisk::idle},
    {0x98, 0x98, Kind::Plain, &AtaDisk::check_power},
    {0x99, 0x99, Kind::Plain, &AtaDisk::standby},  // SLEEP, without the need for a reset to wake up
    {0xb0, 0xb0, Kind::Plain, &AtaDisk::smart},
    {0xc4, 0xc4, Kind::Plain, &AtaDisk::read_multiple},
    {0xc5, 0xc5, Kind::DataOut, &AtaDisk::write_multiple},
    {0xc6, 0xc6, Kind::Plain, &AtaDisk::set_multiple},
    {0xc8, 0xc9, Kind::Plain, &AtaDisk::read_dma},
    {0xca, 0xcb, Kind::Plain, &AtaDisk::write_dma},
    {0xe0, 0xe0, Kind::Plain, &AtaDisk::standby},
    {0xe1, 0xe1, Kind::Plain, &AtaDisk::idle},
    {0xe2, 0xe2, Kind::Plain, &AtaDisk::standby},
    {0xe3, 0xe3, Kind::Plain, &AtaDisk::idle},
    {0xe4, 0xe4, Kind::Plain, &AtaDisk::read_buffer},
    {0xe5, 0xe5, Kind::Plain, &AtaDisk::check_power},
    {0xe6, 0xe6, Kind::Plain, &AtaDisk::standby},
    {0xe7, 0xe7, Kind::Plain, &AtaDisk::flush},
    {0xe8, 0xe8, Kind::DataOut, &AtaDisk::write_buffer},
    {0xea, 0xea, Kind::Extended, &AtaDisk::flush},
    {0xec, 0xec, Kind::Plain, &AtaDisk::identify},
    {0xef, 0xef, Kind::Plain, &AtaDisk::set_features},
    {0xf8, 0xf8, Kind::Plain, &AtaDisk::read_native_max},
};

AtaDisk::AtaDisk(Scheduler& scheduler, Log& log, IdePlace place, std::unique_ptr<DiskImage> image,
                 IdeTiming timing)
    : IdeDrive(scheduler, log, place, timing), image_(std::move(image)), geometry_(default_geometry()) {
  set_signature();
}

AtaDisk::Geometry AtaDisk::default_geometry() const {
  Geometry geometry;
  const u64 cylinders = image_->sectors() / (geometry.heads * geometry.sectors);
  geometry.cylinders = static_cast<u32>(std::clamp<u64>(cylinders, 1, kMaximumCylinders));
  return geometry;
}

const AtaDisk::Command* AtaDisk::find(u8 command) {
  for (const Command& row : kCommands) {
    if (command >= row.first && command <= row.last) return &row;
  }
  return nullptr;
}

bool AtaDisk::takes_data_first(u8 command) const {
  const Command* row = find(command);
  return row != nullptr && (row->kind == Kind::DataOut || row->kind == Kind::ExtendedDataOut);
}

bool AtaDisk::extended() const {
  const Command* row = find(command_);
  return row != nullptr && (row->kind == Kind::Extended || row->kind == Kind::ExtendedDataOut);
}

void AtaDisk::execute(u8 command) {
  sectors_left_ = 0;
  sending_ = writing_buffer_ = false;
  const Command* row = find(command);
  if (row == nullptr) {
    // Not a fault of the guest: systems probe for optional commands, and packet devices refuse most of these.
    log_.write(LogCategory::Disk, "{}: command {:02x} is not supported", name(), command);
    return fail(ata_error::kAborted);
  }
  (this->*row->handler)(command);
}

void AtaDisk::set_signature() {
  sector_count_ = {1, 0};
  lba_low_ = {1, 0};
  lba_mid_ = {0, 0};
  lba_high_ = {0, 0};
}

void AtaDisk::hardware_reset() {
  IdeDrive::hardware_reset();
  geometry_ = default_geometry();
  multiple_ = transfer_mode_ = 0;
  write_cache_ = look_ahead_ = smart_enabled_ = true;
  power_mode_ = kPowerActive;
  sector_buffer_.fill(std::byte{0});
  sectors_left_ = 0;
  sending_ = writing_buffer_ = false;
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

bool AtaDisk::begin_transfer() {
  const u32 count =
      extended() ? u32{sector_count_.previous} << 8 | sector_count_.current : sector_count_.current;
  sectors_left_ = count != 0 ? count : extended() ? 0x1'0000 : 0x100;
  if (!decode_address(next_sector_) || next_sector_ >= image_->sectors() ||
      sectors_left_ > image_->sectors() - next_sector_) {
    sectors_left_ = 0;
    fail(ata_error::kIdNotFound);
    return false;
  }
  power_mode_ = kPowerActive;
  return true;
}

// --- Reading and writing ----------------------------------------------------------------------------------

bool AtaDisk::fill(std::vector<std::byte>& data, std::size_t limit) {
  const u32 count = static_cast<u32>(std::min<u64>(sectors_left_, limit / kSectorSize));
  data.resize(std::size_t{count} * kSectorSize);
  const Result<void> read = image_->read(next_sector_, data);
  if (!read) {
    log_.write(LogCategory::Disk, "{}: {}", name(), read.error().message);
    data.clear();
    report_address(next_sector_);
    fail(ata_error::kUncorrectable);
    return false;
  }
  next_sector_ += count;
  sectors_left_ -= count;
  sector_count_ = {static_cast<u8>(sectors_left_), static_cast<u8>(sectors_left_ >> 8)};
  report_address(next_sector_ - 1);
  return true;
}

u64 AtaDisk::bytes_to_receive() const {
  if (writing_buffer_) return kSectorSize;
  return sending_ ? 0 : u64{sectors_left_} * kSectorSize;
}

bool AtaDisk::drain(std::span<const std::byte> data) {
  if (writing_buffer_) {
    std::copy_n(data.begin(), std::min(data.size(), sector_buffer_.size()), sector_buffer_.begin());
    writing_buffer_ = false;
    return true;
  }
  const u32 count = std::min(static_cast<u32>(data.size() / kSectorSize), sectors_left_);
  Result<void> written = image_->write(next_sector_, data.first(std::size_t{count} * kSectorSize));
  if (written && !write_cache_) written = image_->flush();
  if (!written) {
    log_.write(LogCategory::Disk, "{}: {}", name(), written.error().message);
    report_address(next_sector_);
    fail(ata_error::kAborted, ata_status::kDeviceFault);
    return false;
  }
  next_sector_ += count;
  sectors_left_ -= count;
  sector_count_ = {static_cast<u8>(sectors_left_), static_cast<u8>(sectors_left_ >> 8)};
  report_address(next_sector_ - 1);
  return true;
}

void AtaDisk::read_pio(u8) {
  if (!begin_transfer()) return;
  sending_ = true;
  send({}, kSectorSize);
}

void AtaDisk::read_multiple(u8) {
  if (multiple_ == 0) return fail(ata_error::kAborted);
  if (!begin_transfer()) return;
  sending_ = true;
  send({}, multiple_block());
}

void AtaDisk::read_dma(u8) {
  if (!begin_transfer()) return;
  sending_ = true;
  send_by_dma({});
}

void AtaDisk::write_pio(u8) {
  if (image_->read_only()) return fail(ata_error::kAborted);
  if (begin_transfer()) receive(kSectorSize, false);
}

void AtaDisk::write_multiple(u8) {
  if (multiple_ == 0 || image_->read_only()) return fail(ata_error::kAborted);
  if (begin_transfer()) receive(multiple_block(), false);
}

void AtaDisk::write_dma(u8) {
  if (image_->read_only()) return fail(ata_error::kAborted);
  if (begin_transfer()) receive_by_dma();
}

void AtaDisk::verify(u8) {
  if (!begin_transfer()) return;
  report_address(next_sector_ + sectors_left_ - 1);
  sectors_left_ = 0;
  complete();
}

void AtaDisk::seek(u8) {
  u64 sector = 0;
  if (!decode_address(sector) || sector >= image_->sectors()) return fail(ata_error::kIdNotFound);
  complete();
}

void AtaDisk::read_buffer(u8) { send({sector_buffer_.begin(), sector_buffer_.end()}, kSectorSize); }

void AtaDisk::write_buffer(u8) {
  writing_buffer_ = true;
  receive(kSectorSize, false);
}

void AtaDisk::flush(u8) {
  const Result<void> flushed = image_->flush();
  if (flushed) return complete();
  log_.write(LogCategory::Disk, "{}: {}", name(), flushed.error().message);
  fail(ata_error::kAborted, ata_status::kDeviceFault);
}

// --- Settings ---------------------------------------------------------------------------------------------

void AtaDisk::nop(u8) { fail(ata_error::kAborted); }

void AtaDisk::recalibrate(u8) { complete(); }

void AtaDisk::read_native_max(u8) {
  const u64 last = image_->sectors() - 1;
  report_address(extended() ? last : std::min(last, kLba28Limit - 1));
  complete();
}

void AtaDisk::initialize_parameters(u8) {
  if (sector_count_.current == 0) return fail(ata_error::kAborted);
  geometry_.sectors = sector_count_.current;
  geometry_.heads = static_cast<u8>(ata_device::Head::get(device_) + 1);
  const u64 cylinders = image_->sectors() / (u64{geometry_.heads} * geometry_.sectors);
  geometry_.cylinders = static_cast<u32>(std::min<u64>(cylinders, 0xffff));
  complete();
}

void AtaDisk::standby(u8) {
  power_mode_ = kPowerStandby;
  complete();
}

void AtaDisk::idle(u8) {
  power_mode_ = kPowerIdle;
  complete();
}

void AtaDisk::check_power(u8) {
  sector_count_.current = power_mode_;
  complete();
}

void AtaDisk::set_multiple(u8) {
  const u8 count = sector_count_.current;
  if (count > kMaximumMultiple || (count & (count - 1)) != 0) return fail(ata_error::kAborted);
  multiple_ = count;
  complete();
}

bool AtaDisk::set_transfer_mode(u8 mode) {
  // Bits 7:3 give the kind, bits 2:0 the mode: PIO default, PIO 0-4, multiword DMA 0-2, Ultra DMA 0-5.
  const u8 kind = mode >> 3;
  const u8 number = mode & 7;
  const bool known = (kind == 0 && number <= 1) || (kind == 1 && number <= 4) || (kind == 4 && number <= 2) ||
                     (kind == 8 && number <= 5);
  if (known) transfer_mode_ = mode;
  return known;
}

void AtaDisk::set_features(u8) {
  switch (features_.current) {
    case 0x02:
      write_cache_ = true;
      break;
    case 0x82:
      write_cache_ = false;
      if (!image_->flush()) return fail(ata_error::kAborted, ata_status::kDeviceFault);
      break;
    case 0x03:
      if (!set_transfer_mode(sector_count_.current)) return fail(ata_error::kAborted);
      break;
    case 0x55:
      look_ahead_ = false;
      break;
    case 0xaa:
      look_ahead_ = true;
      break;
    case 0x66:  // keep settings over a software reset: they are always kept
    case 0xcc:
      break;
    default:
      return fail(ata_error::kAborted);
  }
  complete();
}

void AtaDisk::identify(u8) { send(identify_data(), kSectorSize); }

void AtaDisk::smart(u8) {
  constexpr u8 kKeyMid = 0x4f, kKeyHigh = 0xc2;
  const u8 operation = features_.current;
  constexpr u8 kEnable = 0xd8;
  if (lba_mid_.current != kKeyMid || lba_high_.current != kKeyHigh ||
      (!smart_enabled_ && operation != kEnable)) {
    return fail(ata_error::kAborted);
  }
  switch (operation) {
    case 0xd0:  // READ DATA
    case 0xd1:  // READ ATTRIBUTE THRESHOLDS: the same frame, without attributes
      return send(smart_data(), kSectorSize);
    case 0xd2:  // ATTRIBUTE AUTOSAVE
    case 0xd4:  // EXECUTE OFF-LINE IMMEDIATE: done at once
      break;
    case kEnable:
      smart_enabled_ = true;
      break;
    case 0xd9:
      smart_enabled_ = false;
      break;
    case 0xda:  // RETURN STATUS: the key itself means no threshold exceeded
      break;
    default:
      return fail(ata_error::kAborted);
  }
  complete();
}

// --- State ------------------------------------------------------------------------------------------------

void AtaDisk::serialize(Archive& archive) {
  IdeDrive::serialize(archive);
  u64 sectors = image_->sectors();
  archive(sectors);
  if (sectors != image_->sectors()) {
    archive.fail(fmt::format("{}: the disk image has another size than the one that was attached", name()));
  }
  archive(geometry_, multiple_, transfer_mode_, write_cache_, look_ahead_, smart_enabled_, power_mode_,
          sector_buffer_, next_sector_, sectors_left_, sending_, writing_buffer_);
  if (!archive.loading()) return;
  const bool inside = next_sector_ <= image_->sectors() && sectors_left_ <= image_->sectors() - next_sector_;
  if (inside && geometry_.heads != 0 && geometry_.sectors != 0 && multiple_ <= kMaximumMultiple &&
      sectors_left_ <= 0x1'0000) {
    return;
  }
  archive.fail("a disk's settings or transfer are impossible");
  hardware_reset();
}

}  // namespace ringdown
