// The packet device's ATA side: commands, phases of PACKET, medium changes (ATA/ATAPI-5, sections 8.23 and
// 9).
#include "devices/storage/atapi_cdrom.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

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
constexpr u8 kEventEjectRequest = 1;
constexpr u8 kEventNewMedia = 2;
constexpr u8 kEventMediaRemoval = 3;
constexpr u32 kSectorsPerFrame = 4;

/// Frames of mode 1 as they lie on the disc, of which `parts` are wanted: sync, header, user data, and the
/// place of the error correction, which is left zero.
std::vector<std::byte> raw_frames(u32 first, std::span<const std::byte> data, u8 parts,
                                  std::size_t raw_size) {
  constexpr std::size_t kFrameSize = 2048;
  const std::size_t count = data.size() / kFrameSize;
  std::vector<std::byte> raw;
  raw.reserve(count * raw_size);
  const auto append = [&raw](std::initializer_list<unsigned> bytes) {
    for (const unsigned byte : bytes) raw.push_back(static_cast<std::byte>(byte));
  };
  for (std::size_t i = 0; i < count; ++i) {
    if ((parts & frame_part::kSync) != 0) {
      append({0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0});
    }
    if ((parts & frame_part::kHeader) != 0) {
      const MinuteSecondFrame msf = msf_of_frame(static_cast<u32>(first + i));
      append({to_bcd(msf.minute), to_bcd(msf.second), to_bcd(msf.frame), 1});
    }
    if ((parts & frame_part::kUserData) != 0) {
      const std::span<const std::byte> user = data.subspan(i * kFrameSize, kFrameSize);
      raw.insert(raw.end(), user.begin(), user.end());
    }
    raw.resize((i + 1) * raw_size);
  }
  return raw;
}

}  // namespace

AtapiCdrom::AtapiCdrom(Scheduler& scheduler, Log& log, IdePlace place, std::unique_ptr<DiskImage> medium,
                       IdeTiming timing)
    : IdeDrive(scheduler, log, place, timing) {
  if (medium != nullptr) medium_ = std::make_unique<ImageWork>(std::move(medium));
  set_signature();
}

void AtapiCdrom::set_wake(std::function<void()> wake) {
  wake_ = std::move(wake);
  if (medium_ != nullptr) medium_->set_wake(wake_);
}

void AtapiCdrom::insert(std::unique_ptr<DiskImage> medium) {
  medium_ = std::make_unique<ImageWork>(std::move(medium));
  medium_->set_wake(wake_);
  tray_open_ = false;
  attention_ = sense_codes::kMediumChanged;
  media_event_ = kEventNewMedia;
}

void AtapiCdrom::remove() {
  medium_.reset();
  attention_ = sense_codes::kMediumChanged;
  media_event_ = kEventMediaRemoval;
}

void AtapiCdrom::press_eject() {
  if (locked_) {
    media_event_ = kEventEjectRequest;
  } else {
    remove();
  }
}

void AtapiCdrom::hardware_reset() {
  locked_ = dma_ = false;
  attention_ = sense_codes::kPowerOn;
  incoming_ = Incoming::Nothing;
  left_to_receive_ = 0;
  parts_ = frame_part::kUserData;
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
  left_to_receive_ = 0;
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
  incoming_ = Incoming::Packet;
  left_to_receive_ = kPacketLength;
  receive(kPacketLength, false);
}

void AtapiCdrom::drain(std::vector<std::byte> data) {
  if (incoming_ != Incoming::Packet) return;
  std::memcpy(packet_.data(), data.data(), std::min(data.size(), packet_.size()));
  if (const std::optional<Extent> extent = extent_to_read()) begin_reading(*extent);
}

bool AtapiCdrom::drained() {
  // Whatever came, came in one piece.
  left_to_receive_ = 0;
  return true;
}

void AtapiCdrom::data_received() {
  if (incoming_ == Incoming::Packet) {
    execute_packet();
  } else {
    complete();
  }
}

void AtapiCdrom::receive_parameters(std::size_t length) {
  incoming_ = Incoming::Parameters;
  left_to_receive_ = static_cast<u32>(length);
  if (length == 0) {
    complete();
  } else if (dma_) {
    receive_by_dma();
  } else {
    receive(block_limit(), true);
  }
}

void AtapiCdrom::block_offered(std::size_t size) {
  if (command_ != kPacket) return;
  if (left_to_receive_ != 0 && incoming_ == Incoming::Packet) {
    sector_count_.current = atapi_reason::kCommand;
    return;
  }
  sector_count_.current = left_to_receive_ != 0 ? u8{0} : atapi_reason::kInput;
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

void AtapiCdrom::drop_image_work() {
  if (medium_ != nullptr) medium_->stop();
}

bool AtapiCdrom::fill(std::vector<std::byte>& data) {
  if (!ready()) {
    check_condition(sense_codes::kMediumNotPresent);
    return false;
  }
  const u32 first = next_frame_;
  u32 count = 0;
  if (medium_->reading()) {
    const Result<void> read = medium_->take(data);
    if (!read) log_.write(LogCategory::Disk, "{}: {}", name(), read.error().message);
    const std::size_t end = read ? kFrameSize - 1 : 0;
    count = static_cast<u32>((data.size() + end) / kFrameSize);
  }
  if (count == 0) {
    Sense sense = sense_codes::kUnrecoveredReadError;
    sense.frame = first;
    check_condition(sense);
    return false;
  }
  data.resize(std::size_t{count} * kFrameSize);
  if (parts_ != frame_part::kUserData) data = raw_frames(first, data, parts_, frame_size());
  next_frame_ += count;
  frames_left_ -= std::min(count, frames_left_);
  return true;
}

bool AtapiCdrom::holds(const Extent& extent) const {
  return ready() && extent.first <= frames() && extent.count <= frames() - extent.first;
}

void AtapiCdrom::begin_reading(const Extent& extent) {
  if (!holds(extent)) return;
  next_frame_ = static_cast<u32>(extent.first);
  frames_left_ = static_cast<u32>(extent.count);
  parts_ = extent.parts;
  read_rest();
}

void AtapiCdrom::read_rest() {
  if (frames_left_ == 0 || !holds({next_frame_, frames_left_, parts_})) return;
  const u64 first_sector = u64{next_frame_} * kSectorsPerFrame;
  const u64 sectors = std::min<u64>(u64{frames_left_} * kSectorsPerFrame, medium_->sectors() - first_sector);
  const std::size_t frames_in_piece = (dma_ ? kDmaChunk : kPioChunk) / std::max(frame_size(), kFrameSize);
  medium_->read(first_sector, sectors, static_cast<u32>(frames_in_piece * kSectorsPerFrame));
}

void AtapiCdrom::read_frames() {
  const std::optional<Extent> extent = extent_to_read();
  if (!extent) return check_condition(sense_codes::kInvalidField);
  if (!holds(*extent)) return check_condition(sense_codes::kAddressOutOfRange);
  // The work began when the packet came.
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
  archive(tray_open_, locked_, attention_, media_event_, transfer_mode_, sense_, packet_, incoming_,
          left_to_receive_, dma_, byte_count_limit_, next_frame_, frames_left_, parts_);
  if (archive.loading() && (left_to_receive_ > 0xffff || frame_size() == 0)) {
    archive.fail("a CD-ROM drive's transfer is impossible");
    hardware_reset();
  }
  if (archive.loading()) read_rest();
}

}  // namespace ringdown
