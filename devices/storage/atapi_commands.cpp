// Packet commands of the CD-ROM drive (MMC-2; SFF-8020i for what older drivers expect).
#include <algorithm>
#include <utility>

#include "devices/storage/atapi_cdrom.h"
#include "devices/storage/atapi_reply.h"
#include "devices/storage/cd_address.h"
#include "devices/storage/sense_codes.h"

namespace ringdown {
namespace {

constexpr u8 kSavePages = 1;
constexpr u16 kCdRomProfile = 0x0008;
constexpr u16 kSpeed = 16 * 176;  // kilobytes per second
constexpr u8 kEventNewMedia = 2;
constexpr u8 kEventMediaRemoval = 3;

}  // namespace

// Code, needs a medium, executed in spite of unit attention.
const AtapiCdrom::Command AtapiCdrom::kCommands[] = {
    {0x00, true, false, &AtapiCdrom::test_unit_ready},
    {0x01, false, false, &AtapiCdrom::rezero},
    {0x03, false, true, &AtapiCdrom::request_sense},
    {0x12, false, true, &AtapiCdrom::inquiry},
    {0x15, false, false, &AtapiCdrom::mode_select_6},
    {0x1a, false, false, &AtapiCdrom::mode_sense_6},
    {0x1b, false, false, &AtapiCdrom::start_stop_unit},
    {0x1e, false, false, &AtapiCdrom::prevent_allow},
    {0x25, true, false, &AtapiCdrom::read_capacity},
    {kRead10, true, false, &AtapiCdrom::read_frames},
    {0x2b, true, false, &AtapiCdrom::seek},
    {0x2f, true, false, &AtapiCdrom::verify},
    {0x42, true, false, &AtapiCdrom::read_subchannel},
    {0x43, true, false, &AtapiCdrom::read_toc},
    {0x44, true, false, &AtapiCdrom::read_header},
    {0x45, true, false, &AtapiCdrom::play_audio},
    {0x46, false, true, &AtapiCdrom::get_configuration},
    {0x47, true, false, &AtapiCdrom::play_audio},
    {0x48, true, false, &AtapiCdrom::play_audio},
    {0x4a, false, true, &AtapiCdrom::get_event_status},
    {0x4b, true, false, &AtapiCdrom::pause_resume},
    {0x4e, true, false, &AtapiCdrom::stop_playing},
    {0x51, true, false, &AtapiCdrom::read_disc_information},
    {0x52, true, false, &AtapiCdrom::read_track_information},
    {0x55, false, false, &AtapiCdrom::mode_select_10},
    {0x5a, false, false, &AtapiCdrom::mode_sense_10},
    {0xa5, true, false, &AtapiCdrom::play_audio},
    {kRead12, true, false, &AtapiCdrom::read_frames},
    {kReadCdMsf, true, false, &AtapiCdrom::read_frames},
    {0xba, true, false, &AtapiCdrom::play_audio},
    {0xbb, false, false, &AtapiCdrom::set_cd_speed},
    {0xbd, false, false, &AtapiCdrom::mechanism_status},
    {kReadCd, true, false, &AtapiCdrom::read_frames},
};

void AtapiCdrom::execute_packet() {
  const auto row = std::find_if(std::begin(kCommands), std::end(kCommands),
                                [this](const Command& c) { return c.code == packet_[0]; });
  log_.write(LogCategory::Disk, "{}: packet {:02x}", name(), packet_[0]);
  if (row == std::end(kCommands)) return check_condition(sense_codes::kInvalidOperation);
  if (attention_.key != 0 && !row->ignores_attention) {
    return check_condition(std::exchange(attention_, sense_codes::kNone));
  }
  if (row->needs_medium && !ready()) {
    return check_condition(tray_open_ ? sense_codes::kMediumNotPresentTrayOpen
                                      : sense_codes::kMediumNotPresent);
  }
  if (row->handler != &AtapiCdrom::request_sense) sense_ = sense_codes::kNone;
  (this->*row->handler)();
}

u16 AtapiCdrom::packet_word(std::size_t offset) const {
  return static_cast<u16>(packet_[offset] << 8 | packet_[offset + 1]);
}

u32 AtapiCdrom::packet_dword(std::size_t offset) const {
  return static_cast<u32>(packet_word(offset)) << 16 | packet_word(offset + 2);
}

u32 AtapiCdrom::packet_frame(std::size_t offset) const {
  return frame_of_msf({packet_[offset], packet_[offset + 1], packet_[offset + 2]});
}

// --- The unit ---------------------------------------------------------------------------------------------

void AtapiCdrom::test_unit_ready() { complete(); }

void AtapiCdrom::rezero() { complete(); }

void AtapiCdrom::request_sense() {
  constexpr unsigned kCurrent = 0x70, kWithFrame = 0x80;
  Sense sense = std::exchange(sense_, sense_codes::kNone);
  if (sense.key == 0) sense = std::exchange(attention_, sense_codes::kNone);
  Reply data;
  data.bytes({kCurrent | (sense.frame ? kWithFrame : 0u), 0, sense.key})
      .dword(sense.frame.value_or(0))
      .bytes({10})
      .zeros(4)
      .bytes({sense.code, sense.qualifier})
      .zeros(4);
  reply(data.take(), packet_[4]);
}

void AtapiCdrom::inquiry() {
  constexpr u8 kVitalProductData = 1;
  if ((packet_[1] & kVitalProductData) != 0) return check_condition(sense_codes::kInvalidField);
  Reply data;
  data.bytes({0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0});  // CD-ROM, removable, ATAPI
  data.text("RINGDOWN", 8).text("CD-ROM", 16).text("1.0", 4);
  reply(data.take(), packet_[4]);
}

void AtapiCdrom::start_stop_unit() {
  constexpr u8 kStart = 1, kLoadEject = 2;
  if ((packet_[4] & kLoadEject) != 0) {
    const bool open = (packet_[4] & kStart) == 0;
    if (open && locked_) return check_condition(sense_codes::kRemovalPrevented);
    if (open != tray_open_) {
      tray_open_ = open;
      media_event_ = open ? kEventMediaRemoval : medium_ != nullptr ? kEventNewMedia : u8{0};
      if (!open && medium_ != nullptr) attention_ = sense_codes::kMediumChanged;
    }
  }
  complete();
}

void AtapiCdrom::prevent_allow() {
  locked_ = (packet_[4] & 1) != 0;
  complete();
}

void AtapiCdrom::set_cd_speed() { complete(); }

void AtapiCdrom::mechanism_status() {
  constexpr u8 kDoorOpen = 0x10;
  Reply data;
  data.bytes({0, tray_open_ ? kDoorOpen : 0u}).zeros(6);
  reply(data.take(), packet_word(8));
}

void AtapiCdrom::get_event_status() {
  constexpr u8 kPolled = 1, kMediaClass = 4, kMediaClassBit = 1 << kMediaClass, kNoEventAvailable = 0x80;
  if ((packet_[1] & kPolled) == 0) return check_condition(sense_codes::kInvalidField);
  Reply data;
  if ((packet_[4] & kMediaClassBit) != 0) {
    data.word(6).bytes(
        {kMediaClass, kMediaClassBit, media_event_, (ready() ? 2u : 0u) | (tray_open_ ? 1u : 0u)});
    data.zeros(2);
    media_event_ = 0;
  } else {
    data.word(2).bytes({kNoEventAvailable, kMediaClassBit});
  }
  reply(data.take(), packet_word(7));
}

// --- Mode pages and features ------------------------------------------------------------------------------

u8 AtapiCdrom::medium_type() const {
  constexpr u8 kDataDisc = 0x01, kNoDisc = 0x70, kDoorOpen = 0x71;
  return tray_open_ ? kDoorOpen : medium_ != nullptr ? kDataDisc : kNoDisc;
}

std::optional<std::vector<std::byte>> AtapiCdrom::mode_pages() const {
  constexpr u8 kErrorRecovery = 0x01, kCdParameters = 0x0d, kAudioControl = 0x0e, kCapabilities = 0x2a,
               kAll = 0x3f;
  const u8 wanted = packet_[2] & 0x3f;
  const auto included = [wanted](u8 page) { return wanted == page || wanted == kAll; };
  Reply pages;
  if (included(kErrorRecovery)) pages.bytes({kErrorRecovery, 6, 0, 5}).zeros(4);
  if (included(kCdParameters))
    pages.bytes({kCdParameters, 6, 0, 13}).word(kSecondsPerMinute).word(kFramesPerSecond);
  if (included(kAudioControl)) {
    pages.bytes({kAudioControl, 14, 4, 0, 0, 0}).word(kFramesPerSecond).bytes({1, 0xff, 2, 0xff}).zeros(4);
  }
  if (included(kCapabilities)) {
    // Reads CD-R and CD-RW, mode 2 and multisession; a tray that locks and ejects.
    pages.bytes({kCapabilities, 18, 0x03, 0, 0x70, 0, locked_ ? 0x2bu : 0x29u, 0});
    pages.word(kSpeed).word(2).word(128).word(kSpeed).zeros(4);
  }
  if (pages.size() == 0) return std::nullopt;
  return pages.take();
}

// Nothing that the pages say changes what this drive does: they are taken and left alone.
void AtapiCdrom::mode_select_6() {
  if ((packet_[1] & kSavePages) != 0) return check_condition(sense_codes::kInvalidField);
  receive_parameters(packet_[4]);
}

void AtapiCdrom::mode_select_10() {
  if ((packet_[1] & kSavePages) != 0) return check_condition(sense_codes::kInvalidField);
  receive_parameters(packet_word(7));
}

void AtapiCdrom::mode_sense_6() {
  constexpr u8 kSavedValues = 3;
  if (packet_[2] >> 6 == kSavedValues) return check_condition(sense_codes::kSavingNotSupported);
  const auto pages = mode_pages();
  if (!pages) return check_condition(sense_codes::kInvalidField);
  Reply data;
  data.bytes({static_cast<unsigned>(pages->size() + 3), medium_type(), 0, 0}).append(*pages);
  reply(data.take(), packet_[4]);
}

void AtapiCdrom::mode_sense_10() {
  constexpr u8 kSavedValues = 3;
  if (packet_[2] >> 6 == kSavedValues) return check_condition(sense_codes::kSavingNotSupported);
  const auto pages = mode_pages();
  if (!pages) return check_condition(sense_codes::kInvalidField);
  Reply data;
  data.word(static_cast<u32>(pages->size() + 6)).bytes({medium_type()}).zeros(5).append(*pages);
  reply(data.take(), packet_word(7));
}

void AtapiCdrom::get_configuration() {
  struct Feature {
    u16 code;
    bool current;
    u8 version;
    std::vector<std::byte> data;
  };
  const bool present = ready();
  const Feature features[] = {
      {0x0000, true, 0, Reply().word(kCdRomProfile).bytes({present ? 1u : 0u, 0}).take()},  // profile list
      {0x0001, true, 0, Reply().dword(2).take()},                                           // core: ATAPI
      {0x0003, true, 0, Reply().bytes({0x29, 0, 0, 0}).take()},                 // removable medium
      {0x0010, present, 0, Reply().dword(kFrameSize).word(1).zeros(2).take()},  // random readable
      {0x001e, present, 1, Reply().zeros(4).take()},                            // CD read
  };
  enum : u8 { kAll = 0, kCurrent = 1, kOne = 2 };
  const u8 request = packet_[1] & 3;
  const u16 start = packet_word(2);
  Reply list;
  for (const Feature& feature : features) {
    if (request == kOne ? feature.code != start : feature.code < start) continue;
    if (request == kCurrent && !feature.current) continue;
    constexpr u8 kPersistent = 2;
    const unsigned flags =
        feature.version << 2u | (feature.code <= 3 ? kPersistent : 0u) | (feature.current ? 1u : 0u);
    list.word(feature.code).bytes({flags, static_cast<unsigned>(feature.data.size())}).append(feature.data);
  }
  Reply data;
  data.dword(static_cast<u32>(list.size() + 4)).word(0).word(present ? kCdRomProfile : 0).append(list.take());
  reply(data.take(), packet_word(7));
}

}  // namespace ringdown
