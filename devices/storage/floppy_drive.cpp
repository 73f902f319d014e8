// Mechanics and the layout of tracks.
#include "devices/storage/floppy_drive.h"

#include <algorithm>

namespace ringdown {

namespace {

/// From motor on to full speed; drives promise half a second, and most are faster.
constexpr Picoseconds kSpinUp = milliseconds(300);

// Bytes of a track in MFM: gap 4a, sync and index mark, gap 1; then for each sector sync, address mark, C, H,
// R, N and CRC; gap 2 with sync and data mark; data and CRC; gap 3.
constexpr u32 kPreamble = 80 + 16 + 50;
constexpr u32 kIdField = 12 + 4 + 4 + 2;
constexpr u32 kGap2 = 22;
constexpr u32 kGap2Perpendicular = 41;
constexpr u32 kDataMark = 12 + 4;
constexpr u32 kGap3 = 84;

constexpr u8 kCylindersOf5InchDouble = 40;

/// Where the stop is: drives have a few tracks more than the formats use.
constexpr u8 last_position(FloppyDriveType type) { return type == FloppyDriveType::Kb360 ? 42 : 83; }

}  // namespace

void FloppyDrive::insert(std::unique_ptr<DiskImage> image, const FloppyFormat& format) {
  remove();
  image_ = std::move(image);
  format_ = format;
  deleted_.assign((format.total_sectors() + 7) / 8, 0);
}

void FloppyDrive::remove() {
  image_.reset();
  format_ = {};
  deleted_.clear();
  changed_ = true;
}

void FloppyDrive::set_motor(bool on, Picoseconds now) {
  if (on && !motor_) up_to_speed_ = now + kSpinUp;
  motor_ = on;
}

void FloppyDrive::step(bool inward) {
  if (inward) {
    if (position_ < last_position(type_)) ++position_;
  } else if (position_ > 0) {
    --position_;
  }
  if (image_ != nullptr) changed_ = false;
}

// --- Rotation ---------------------------------------------------------------------------------------------

Picoseconds FloppyDrive::revolution() const {
  constexpr Picoseconds kMinute = 60 * kPicosecondsPerSecond;
  return kMinute / (type_ == FloppyDriveType::Mb1_2 ? 360 : 300);
}

Picoseconds FloppyDrive::next_index(Picoseconds time) const {
  if (time <= up_to_speed_) return up_to_speed_;
  const Picoseconds since_index = (time - up_to_speed_) % revolution();
  return since_index == 0 ? time : later(time, revolution() - since_index);
}

Picoseconds FloppyDrive::to_id_end() const { return kIdField * byte_time(rate()); }

Picoseconds FloppyDrive::to_data() const {
  const u32 gap = rate() == FloppyRate::Mbps1 ? kGap2Perpendicular : kGap2;
  return (kIdField + gap + kDataMark) * byte_time(rate());
}

u32 FloppyDrive::pitch() const {
  // Formats with many sectors have a smaller gap 3.
  const u32 capacity = static_cast<u32>(revolution() / byte_time(rate()));
  const u32 sector = static_cast<u32>(to_data() / byte_time(rate())) + kSectorSize + 2;
  return std::min(sector + kGap3, (capacity - kPreamble) / format_.sectors);
}

Picoseconds FloppyDrive::angle_of(u8 sector) const {
  return (kPreamble + (sector - 1u) * pitch()) * byte_time(rate());
}

Picoseconds FloppyDrive::next_id(u8 sector, Picoseconds time) const {
  const Picoseconds angle = angle_of(sector);
  return later(next_index(time > angle ? time - angle : 0), angle);
}

u8 FloppyDrive::sector_after(Picoseconds time) const {
  u8 nearest = 1;
  for (u8 sector = 2; sector <= format_.sectors; ++sector) {
    if (next_id(sector, time) < next_id(nearest, time)) nearest = sector;
  }
  return nearest;
}

// --- The track --------------------------------------------------------------------------------------------

bool FloppyDrive::double_steps() const {
  return type_ == FloppyDriveType::Mb1_2 && format_.cylinders == kCylindersOf5InchDouble;
}

u8 FloppyDrive::cylinder() const { return double_steps() ? position_ / 2 : position_; }

bool FloppyDrive::legible(u8 head, FloppyRate at_rate) const {
  const bool between_tracks = double_steps() && position_ % 2 != 0;
  return image_ != nullptr && !between_tracks && at_rate == rate() && head < format_.heads &&
         cylinder() < format_.cylinders;
}

u32 FloppyDrive::number(u8 head, u8 sector) const {
  return (u32{cylinder()} * format_.heads + head) * format_.sectors + sector - 1;
}

Result<void> FloppyDrive::read(u8 head, u8 sector, std::span<std::byte> data) {
  return image_->read(number(head, sector), data);
}

Result<void> FloppyDrive::write(u8 head, u8 sector, std::span<const std::byte> data, bool deleted) {
  const u32 at = number(head, sector);
  Result<void> written = image_->write(at, data);
  if (!written) return written;
  const u8 mark = static_cast<u8>(1u << at % 8);
  deleted_[at / 8] = static_cast<u8>(deleted ? deleted_[at / 8] | mark : deleted_[at / 8] & ~mark);
  return {};
}

bool FloppyDrive::deleted(u8 head, u8 sector) const {
  const u32 at = number(head, sector);
  return (deleted_[at / 8] >> at % 8 & 1) != 0;
}

void FloppyDrive::serialize(Archive& archive) {
  // An empty drive has a format without sectors.
  FloppyDriveType type = type_;
  u32 sectors = format_.total_sectors();
  std::vector<u8> deleted = deleted_;
  archive(type, sectors, position_, motor_, changed_, up_to_speed_, deleted);
  if (!archive.loading()) return;
  if (type != type_ || sectors != format_.total_sectors() || deleted.size() != deleted_.size()) {
    return archive.fail("the floppy drive is another, or held another disk");
  }
  deleted_ = std::move(deleted);
  position_ = std::min(position_, last_position(type_));
}

}  // namespace ringdown
