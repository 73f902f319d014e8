// The commands by which a host sets a disk up: geometry, size, power, features, SMART (ATA/ATAPI-5, section
// 8).
#include <algorithm>

#include "devices/storage/ata_disk.h"

namespace ringdown {
namespace {

constexpr u32 kMaximumCylinders = 16383;

// CHECK POWER MODE.
constexpr u8 kPowerStandby = 0x00;
constexpr u8 kPowerIdle = 0x80;
constexpr u8 kPowerActive = 0xff;

/// What STANDBY and IDLE mean by their Sector Count (table 10 of ATA/ATAPI-5); 0: never.
Picoseconds standby_period(u8 count) {
  constexpr Picoseconds kMinute = 60 * kPicosecondsPerSecond;
  if (count <= 240) return count * 5 * kPicosecondsPerSecond;
  if (count <= 251) return (count - 240u) * 30 * kMinute;
  if (count == 252) return 21 * kMinute;
  if (count == 255) return 21 * kMinute + 15 * kPicosecondsPerSecond;
  return 8 * 60 * kMinute;  // "between 8 and 12 hours", and a reserved value
}

}  // namespace

AtaDisk::Geometry AtaDisk::default_geometry() const {
  Geometry geometry;
  const u64 cylinders = image_.sectors() / (geometry.heads * geometry.sectors);
  geometry.cylinders = static_cast<u32>(std::clamp<u64>(cylinders, 1, kMaximumCylinders));
  return geometry;
}

void AtaDisk::reset_settings() {
  geometry_ = default_geometry();
  max_sectors_ = lasting_max_;
  max_kept_ = false;
  multiple_ = transfer_mode_ = 0;
  write_cache_ = look_ahead_ = true;
  power_mode_ = kPowerActive;
  standby_after_ = last_command_ = 0;
  previous_command_ = 0;
}

void AtaDisk::nop(u8) { fail(ata_error::kAborted); }

void AtaDisk::recalibrate(u8) { complete(); }

void AtaDisk::initialize_parameters(u8) {
  if (sector_count_.current == 0) return fail(ata_error::kAborted);
  geometry_.sectors = sector_count_.current;
  geometry_.heads = static_cast<u8>(ata_device::Head::get(device_) + 1);
  const u64 cylinders = image_.sectors() / (u64{geometry_.heads} * geometry_.sectors);
  geometry_.cylinders = static_cast<u32>(std::min<u64>(cylinders, 0xffff));
  complete();
}

void AtaDisk::set_multiple(u8) {
  const u8 count = sector_count_.current;
  if (count > kMaximumMultiple || (count & (count - 1)) != 0) return fail(ata_error::kAborted);
  multiple_ = count;
  complete();
}

// --- Host protected area ----------------------------------------------------------------------------------

void AtaDisk::read_native_max(u8) {
  const u64 last = image_.sectors() - 1;
  report_address(extended() ? last : std::min(last, kShortAddresses - 1));
  complete();
}

void AtaDisk::set_max(u8 command) {
  constexpr u8 kReadNativeMax = 0xf8, kReadNativeMaxExt = 0x27, kSetMaxAddress = 0;
  using Volatile = Field<u8, 0>;  // of Sector Count
  const u8 before = extended() ? kReadNativeMaxExt : kReadNativeMax;
  // Of ATA/ATAPI-5's further functions (password, lock) none is supported.
  const bool set_address = extended() || features_.current == kSetMaxAddress;
  if (!set_address || previous_command_ != before) return fail(ata_error::kAborted);
  const bool lasting = !Volatile::get(sector_count_.current);
  u64 last = 0;
  if (!decode_address(last) || last >= image_.sectors() || (lasting && max_kept_)) {
    return fail(ata_error::kIdNotFound);
  }
  log_.write(LogCategory::Disk, "{}: command {:02x} makes sector {} the last", name(), command, last);
  max_sectors_ = last + 1;
  if (lasting) {
    lasting_max_ = max_sectors_;
    max_kept_ = true;
  }
  complete();
}

// --- Power ------------------------------------------------------------------------------------------------

void AtaDisk::set_standby_timer() { standby_after_ = standby_period(sector_count_.current); }

void AtaDisk::standby(u8) {
  if (!flushed()) return;
  power_mode_ = kPowerStandby;
  complete();
}

void AtaDisk::standby_after(u8 command) {
  set_standby_timer();
  standby(command);
}

void AtaDisk::idle(u8) {
  power_mode_ = kPowerIdle;
  complete();
}

void AtaDisk::idle_for(u8 command) {
  set_standby_timer();
  idle(command);
}

void AtaDisk::fall_asleep(u8) {
  if (!flushed()) return;
  power_mode_ = kPowerStandby;  // where the reset that wakes it finds it
  sleep();
}

u8 AtaDisk::power_mode() const {
  const bool timed_out = standby_after_ != 0 && now() - last_command_ >= standby_after_;
  return timed_out ? kPowerStandby : power_mode_;
}

void AtaDisk::wake_up() { power_mode_ = kPowerActive; }

void AtaDisk::check_power(u8) {
  sector_count_.current = power_mode_;
  complete();
}

// --- Features ---------------------------------------------------------------------------------------------

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
  enum : u8 {
    kWriteCacheOn = 0x02,
    kTransferMode = 0x03,
    kLookAheadOff = 0x55,
    kKeepSettings = 0x66,  // over a software reset: they are always kept
    kWriteCacheOff = 0x82,
    kLookAheadOn = 0xaa,
    kRevertSettings = 0xcc,
  };
  switch (features_.current) {
    case kWriteCacheOn:
      write_cache_ = true;
      break;
    case kWriteCacheOff:
      write_cache_ = false;
      // As the rest of the command's time passes; it can fail as a flush does.
      image_.flush();
      return go_on_later();
    case kTransferMode:
      if (!set_transfer_mode(sector_count_.current)) return fail(ata_error::kAborted);
      break;
    case kLookAheadOff:
      look_ahead_ = false;
      break;
    case kLookAheadOn:
      look_ahead_ = true;
      break;
    case kKeepSettings:
    case kRevertSettings:
      break;
    default:
      return fail(ata_error::kAborted);
  }
  complete();
}

void AtaDisk::go_on() {
  if (transfer_ == Transfer::Verify) return verify_more();
  if (flushed()) complete();
}

void AtaDisk::identify(u8) { send(identify_data(), kSectorSize); }

// --- SMART ------------------------------------------------------------------------------------------------

u32 AtaDisk::powered_hours() const { return static_cast<u32>(now() / kPicosecondsPerSecond / 3600); }

void AtaDisk::smart(u8) {
  constexpr u8 kKeyMid = 0x4f, kKeyHigh = 0xc2, kAutosaveOn = 0xf1;
  enum : u8 {
    kReadData = 0xd0,
    kReadThresholds = 0xd1,
    kAutosave = 0xd2,
    kSaveValues = 0xd3,
    kExecuteOffline = 0xd4,
    kReadLog = 0xd5,
    kEnable = 0xd8,
    kDisable = 0xd9,
    kReturnStatus = 0xda,
  };
  const u8 operation = features_.current;
  if (lba_mid_.current != kKeyMid || lba_high_.current != kKeyHigh ||
      (!smart_.enabled() && operation != kEnable)) {
    return fail(ata_error::kAborted);
  }
  switch (operation) {
    case kReadData:
      return send(smart_.data(powered_hours()), kSectorSize);
    case kReadThresholds:
      return send(SmartJournal::thresholds(), kSectorSize);
    case kReadLog:
      return smart_read_log();
    case kAutosave:
      smart_.set_autosave(sector_count_.current == kAutosaveOn);
      break;
    case kExecuteOffline:
      if (!smart_.run_test(lba_low_.current, powered_hours())) return fail(ata_error::kAborted);
      break;
    case kEnable:
    case kDisable:
      smart_.enable(operation == kEnable);
      break;
    case kSaveValues:
    case kReturnStatus:  // the key itself means no threshold exceeded
      break;
    default:
      return fail(ata_error::kAborted);
  }
  complete();
}

void AtaDisk::smart_read_log() {
  std::optional<std::vector<std::byte>> log = smart_.log(lba_low_.current);
  // Every log has one sector.
  if (!log || sector_count_.current != 1) return fail(ata_error::kAborted);
  send(std::move(*log), kSectorSize);
}

}  // namespace ringdown
