// The packet device's ATA side: commands, phases of PACKET, medium changes (ATA/ATAPI-5, sections 8.23 and
// 9).
#include "devices/storage/atapi_cdrom.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "devices/storage/cd_address.h"
#include "devices/storage/identify_block.h"
#include "devices/storage/sense_codes.h"

namespace ringdown {
namespace {

enum AtaCommand : u8 {
  kNop = 0x00,
  kDeviceReset = 0x08,
  kReadSectors = 0x20,
  kPacket = 0xa0,
  kIdentifyPacketDevice = 0xa1,
  kStandbyImmediate = 0xe0,
  kIdleImmediate = 0xe1,
  kStandby = 0xe2,
  kIdle = 0xe3,
  kCheckPowerMode = 0xe5,
  kSleep = 0xe6,
  kIdentifyDevice = 0xec,
  kSetFeatures = 0xef,
};

// PACKET's Features register.
using UseDma = Field<u8, 0>;
using Overlap = Field<u8, 1>;

constexpr u8 kSetTransferMode = 0x03;
constexpr u8 kPowerActive = 0xff;
constexpr u8 kEventNewMedia = 2;
constexpr u8 kEventMediaRemoval = 3;
constexpr u32 kSectorsPerFrame = 4;

/// Wraps each frame of user data as it lies on the disc: sync, header of mode 1, data, and the place of the
/// error correction, which is left zero.
std::vector<std::byte> raw_frames(u32 first, std::span<const std::byte> data, std::size_t frame_size,
                                  std::size_t raw_frame_size) {
  constexpr std::size_t kSyncLength = 12, kHeaderLength = 4;
  const std::size_t count = data.size() / frame_size;
  std::vector<std::byte> raw(count * raw_frame_size);
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<std::byte> frame = std::span(raw).subspan(i * raw_frame_size, raw_frame_size);
    std::fill_n(frame.begin() + 1, kSyncLength - 2, std::byte{0xff});
    const MinuteSecondFrame msf = msf_of_frame(static_cast<u32>(first + i));
    const u8 header[kHeaderLength] = {to_bcd(msf.minute), to_bcd(msf.second), to_bcd(msf.frame), 1};
    std::memcpy(frame.data() + kSyncLength, header, kHeaderLength);
    std::memcpy(frame.data() + kSyncLength + kHeaderLength, data.data() + i * frame_size, frame_size);
  }
  return raw;
}

}  // namespace

AtapiCdrom::AtapiCdrom(Scheduler& scheduler, Log& log, IdePlace place, std::unique_ptr<DiskImage> medium,
                       IdeTiming timing)
    : IdeDrive(scheduler, log, place, timing), medium_(std::move(medium)) {
  set_signature();
}

void AtapiCdrom::insert(std::unique_ptr<DiskImage> medium) {
  medium_ = std::move(medium);
  tray_open_ = false;
  attention_ = true;
  media_event_ = kEventNewMedia;
}

void AtapiCdrom::remove() {
  medium_.reset();
  attention_ = true;
  media_event_ = kEventMediaRemoval;
}

void AtapiCdrom::hardware_reset() {
  locked_ = attention_ = receiving_packet_ = dma_ = raw_ = false;
  media_event_ = transfer_mode_ = 0;
  sense_ = {};
  packet_ = {};
  byte_count_limit_ = 0;
  next_frame_ = frames_left_ = 0;
  IdeDrive::hardware_reset();
}

void AtapiCdrom::set_signature() {
  sector_count_ = {1, 0};
  lba_low_ = {1, 0};
  lba_mid_ = {0x14, 0};
  lba_high_ = {0xeb, 0};
  // A packet device does not say DRDY before its first command.
  status_ = 0;
}

bool AtapiCdrom::takes_data_first(u8 command) const { return command == kPacket; }

bool AtapiCdrom::interrupts_commands(u8 command) const { return command == kDeviceReset; }

// --- ATA commands -----------------------------------------------------------------------------------------

void AtapiCdrom::execute(u8 command) {
  frames_left_ = 0;
  receiving_packet_ = false;
  switch (command) {
    case kPacket:
      return begin_packet();
    case kIdentifyPacketDevice:
      return send(identify_data(), kSectorSize);
    case kDeviceReset: {
      const u8 device = device_;
      finish_reset();
      device_ = device;
      return;
    }
    case kIdentifyDevice:
    case kReadSectors:
      // Refused with the signature, by which old drivers find packet devices.
      set_signature();
      return fail(ata_error::kAborted);
    case kSetFeatures:
      if (features_.current != kSetTransferMode) return fail(ata_error::kAborted);
      transfer_mode_ = sector_count_.current;
      return complete();
    case kCheckPowerMode:
      sector_count_.current = kPowerActive;
      return complete();
    case kStandbyImmediate:
    case kIdleImmediate:
    case kStandby:
    case kIdle:
    case kSleep:
      return complete();
    case kNop:
    default:  // commands of disks
      return fail(ata_error::kAborted);
  }
}

std::vector<std::byte> AtapiCdrom::identify_data() const {
  IdentifyBlock block;
  block.set(0, 0x85c0);  // ATAPI, CD-ROM, removable, DRQ within 50 us without interrupt, 12-byte packets
  block.text(10, 20, fmt::format("RC{:03}{}", place_.channel, place_.drive));
  block.text(23, 8, "1.0");
  block.text(27, 40, "Ringdown CD-ROM");
  block.set(49, 0x0b00);  // IORDY, LBA, DMA
  block.set(51, 0x0200);
  block.set(52, 0x0200);
  block.set(53, 0x0006);  // words 64 to 70 and 88 are valid
  block.set_transfer_modes(transfer_mode_, 2);
  block.set(80, 0x003e);  // ATA-1 to ATA/ATAPI-5
  block.set(82, 0x4218);  // NOP, DEVICE RESET, PACKET, power management
  block.set(83, 0x4000);
  block.set(84, 0x4000);
  block.set(85, 0x4218);
  block.set(87, 0x4000);
  return block.finish();
}

// --- Phases of PACKET -------------------------------------------------------------------------------------

void AtapiCdrom::begin_packet() {
  if (Overlap::get(features_.current)) return fail(ata_error::kAborted);
  dma_ = UseDma::get(features_.current);
  byte_count_limit_ = static_cast<u16>(lba_high_.current << 8 | lba_mid_.current);
  receiving_packet_ = true;
  receive(kPacketLength, false);
}

bool AtapiCdrom::drain(std::span<const std::byte> data) {
  std::memcpy(packet_.data(), data.data(), std::min(data.size(), packet_.size()));
  receiving_packet_ = false;
  return true;
}

void AtapiCdrom::block_offered(std::size_t size) {
  if (command_ != kPacket) return;
  if (receiving_packet_) {
    sector_count_.current = atapi_reason::kCommand;
    return;
  }
  sector_count_.current = atapi_reason::kInput;
  lba_mid_.current = static_cast<u8>(size);
  lba_high_.current = static_cast<u8>(size >> 8);
}

void AtapiCdrom::all_sent() {
  // PACKET ends with a status phase that has its own interrupt.
  if (command_ == kPacket) {
    finish_later();
  } else {
    finish_quietly();
  }
}

void AtapiCdrom::complete() {
  if (command_ == kPacket) sector_count_.current = atapi_reason::kInput | atapi_reason::kCommand;
  IdeDrive::complete();
}

void AtapiCdrom::check_condition(Sense sense) {
  log_.write(LogCategory::Disk, "{}: packet {:02x}: sense {:x}/{:02x}/{:02x}", name(), packet_[0], sense.key,
             sense.code, sense.qualifier);
  sense_ = sense;
  frames_left_ = 0;
  sector_count_.current = atapi_reason::kInput | atapi_reason::kCommand;
  fail(static_cast<u8>(sense.key << 4 | ata_error::kAborted));
}

std::size_t AtapiCdrom::block_limit() const {
  // The limit is even unless one block takes everything; 0 and FFFFh mean the largest even number.
  constexpr std::size_t kLargest = 0xfffe;
  if (byte_count_limit_ == 0 || byte_count_limit_ == 0xffff) return kLargest;
  return std::max<std::size_t>(byte_count_limit_ & kLargest, 2);
}

void AtapiCdrom::reply(std::vector<std::byte> data, std::size_t allocation_length) {
  if (data.size() > allocation_length) data.resize(allocation_length);
  if (data.empty() && frames_left_ == 0) return complete();
  if (dma_) {
    send_by_dma(std::move(data));
  } else {
    send(std::move(data), block_limit());
  }
}

// --- Reading the medium -----------------------------------------------------------------------------------

u32 AtapiCdrom::frames() const {
  // An image may end within its last frame.
  const u64 count = medium_ != nullptr ? (medium_->sectors() + kSectorsPerFrame - 1) / kSectorsPerFrame : 0;
  return static_cast<u32>(std::min<u64>(count, 0xffff'ffff));
}

bool AtapiCdrom::fill(std::vector<std::byte>& data, std::size_t limit) {
  const u32 count = static_cast<u32>(std::min<u64>(frames_left_, limit / frame_size()));
  if (!ready() || next_frame_ >= frames() || count > frames() - next_frame_) {
    check_condition(sense_codes::kMediumNotPresent);
    return false;
  }
  data.assign(std::size_t{count} * kFrameSize, std::byte{0});
  const u64 first_sector = u64{next_frame_} * kSectorsPerFrame;
  const u64 sectors = std::min<u64>(u64{count} * kSectorsPerFrame, medium_->sectors() - first_sector);
  const Result<void> read = medium_->read(first_sector, std::span(data).first(sectors * kSectorSize));
  if (!read) {
    log_.write(LogCategory::Disk, "{}: {}", name(), read.error().message);
    data.clear();
    check_condition(sense_codes::kUnrecoveredReadError);
    return false;
  }
  if (raw_) data = raw_frames(next_frame_, data, kFrameSize, kRawFrameSize);
  next_frame_ += count;
  frames_left_ -= count;
  return true;
}

void AtapiCdrom::read_frames(u64 frame, u64 count, bool raw) {
  if (frame > frames() || count > frames() - frame) return check_condition(sense_codes::kAddressOutOfRange);
  next_frame_ = static_cast<u32>(frame);
  frames_left_ = static_cast<u32>(count);
  raw_ = raw;
  reply({}, 0);
}

// --- State ------------------------------------------------------------------------------------------------

void AtapiCdrom::serialize(Archive& archive) {
  IdeDrive::serialize(archive);
  u64 sectors = medium_ != nullptr ? medium_->sectors() : 0;
  const u64 attached = sectors;
  archive(sectors);
  if (sectors != attached) {
    archive.fail(fmt::format("{}: another medium was in the drive: insert the same image", name()));
  }
  archive(tray_open_, locked_, attention_, media_event_, transfer_mode_, sense_, packet_, receiving_packet_,
          dma_, byte_count_limit_, next_frame_, frames_left_, raw_);
}

}  // namespace ringdown
