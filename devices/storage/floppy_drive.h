// A floppy drive: its motor, its heads, and the disk that turns in it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/archive.h"
#include "core/disk_image.h"
#include "core/scheduler.h"
#include "devices/storage/floppy_format.h"

namespace ringdown {

/// The drive as its cable shows it: lines, and when which field of a track passes the head. The controller
/// moves the bytes. Tracks have the layout of IBM's System 34 (Intel 82077AA data sheet, figure 5-3).
class FloppyDrive {
 public:
  explicit FloppyDrive(FloppyDriveType type) : type_(type) {}

  FloppyDriveType type() const { return type_; }

  /// `format` must fit the drive. Replaces a disk that is there.
  void insert(std::unique_ptr<DiskImage> image, const FloppyFormat& format);
  void remove();
  DiskImage* image() { return image_.get(); }

  // --- Lines ---
  void set_motor(bool on, Picoseconds now);
  void step(bool inward);
  bool track_0() const { return position_ == 0; }
  /// DSKCHG: the disk was taken out, or none has been stepped over since.
  bool changed() const { return changed_; }
  /// The sensor sees an open hole, or no disk.
  bool write_protected() const { return image_ == nullptr || image_->read_only(); }
  /// Index pulses come, or will when the motor is up to speed.
  bool turning() const { return motor_ && image_ != nullptr; }

  // --- Rotation; only while it is turning ---
  /// The first index pulse at or after `time`.
  Picoseconds next_index(Picoseconds time) const;
  /// The first time from `time` on at which the ID field of `sector` (from 1) begins.
  Picoseconds next_id(u8 sector, Picoseconds time) const;
  /// The sector whose ID field begins next.
  u8 sector_after(Picoseconds time) const;
  /// From the beginning of an ID field.
  Picoseconds to_id_end() const;
  Picoseconds to_data() const;
  Picoseconds revolution() const;

  // --- The track under the head ---
  /// Whether ID fields can be read there at `rate`.
  bool legible(u8 head, FloppyRate rate) const;
  /// C of its ID fields.
  u8 cylinder() const;
  const FloppyFormat& format() const { return format_; }
  /// One sector of the track; errors are those of the host.
  Result<void> read(u8 head, u8 sector, std::span<std::byte> data);
  Result<void> write(u8 head, u8 sector, std::span<const std::byte> data, bool deleted);
  /// The sector has a deleted data address mark. Images hold none: it is known while the disk is in.
  bool deleted(u8 head, u8 sector) const;

  /// The disk itself is no part of the state; another format is refused.
  void serialize(Archive& archive);

 private:
  u32 pitch() const;
  Picoseconds angle_of(u8 sector) const;
  u32 number(u8 head, u8 sector) const;
  FloppyRate rate() const { return format_.rate_in(type_); }
  /// A 48 tpi disk in a 96 tpi drive: software steps twice for each of its tracks.
  bool double_steps() const;

  FloppyDriveType type_;
  std::unique_ptr<DiskImage> image_;
  FloppyFormat format_{};

  u8 position_ = 0;  // of the head, in steps from track 0
  bool motor_ = false;
  bool changed_ = true;
  Picoseconds up_to_speed_ = 0;  // when an index pulse came at full speed
  std::vector<u8> deleted_;      // a bit for each sector of the disk
};

}  // namespace ringdown
