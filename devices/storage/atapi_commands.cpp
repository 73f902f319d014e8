// Packet commands of the CD-ROM drive (MMC-2; SFF-8020i for what older drivers expect).
#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "devices/storage/atapi_cdrom.h"
#include "devices/storage/cd_address.h"
#include "devices/storage/sense_codes.h"

namespace ringdown {
namespace {

constexpr u8 kTrack = 1;
constexpr u8 kLeadOut = 0xaa;
constexpr u8 kDataTrack = 0x14;  // ADR 1, CONTROL: data, uninterrupted
constexpr u16 kCdRomProfile = 0x0008;
constexpr u16 kSpeed = 16 * 176;  // kilobytes per second
constexpr u8 kEventNewMedia = 2;
constexpr u8 kEventMediaRemoval = 3;

/// Builds a reply byte by byte; numbers are big-endian, as in all of SCSI.
class Reply {
 public:
  Reply& bytes(std::initializer_list<unsigned> values) {
    for (const unsigned value : values) data_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  Reply& word(u32 value) { return bytes({value >> 8 & 0xff, value & 0xff}); }
  Reply& dword(u32 value) { return word(value >> 16).word(value & 0xffff); }
  Reply& zeros(std::size_t count) {
    data_.resize(data_.size() + count);
    return *this;
  }
  Reply& text(std::string_view value, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) {
      data_.push_back(i < value.size() ? static_cast<std::byte>(value[i]) : std::byte{' '});
    }
    return *this;
  }
  /// A disc address of four bytes, as time or as frame number.
  Reply& address(u32 frame, bool as_time) {
    if (!as_time) return dword(frame);
    const MinuteSecondFrame msf = msf_of_frame(frame);
    return bytes({0, msf.minute, msf.second, msf.frame});
  }
  void set_word(std::size_t at, std::size_t value) {
    data_[at] = static_cast<std::byte>(value >> 8);
    data_[at + 1] = static_cast<std::byte>(value);
  }
  Reply& append(const std::vector<std::byte>& more) {
    data_.insert(data_.end(), more.begin(), more.end());
    return *this;
  }
  std::size_t size() const { return data_.size(); }
  std::vector<std::byte> take() { return std::move(data_); }

 private:
  std::vector<std::byte> data_;
};

}  // namespace

// Code, needs a medium, executed in spite of unit attention.
const AtapiCdrom::Command AtapiCdrom::kCommands[] = {
    {0x00, true, false, &AtapiCdrom::test_unit_ready},
    {0x03, false, true, &AtapiCdrom::request_sense},
    {0x12, false, true, &AtapiCdrom::inquiry},
    {0x1a, false, false, &AtapiCdrom::mode_sense_6},
    {0x1b, false, false, &AtapiCdrom::start_stop_unit},
    {0x1e, false, false, &AtapiCdrom::prevent_allow},
    {0x25, true, false, &AtapiCdrom::read_capacity},
    {0x28, true, false, &AtapiCdrom::read_10},
    {0x2b, true, false, &AtapiCdrom::seek},
    {0x42, true, false, &AtapiCdrom::read_subchannel},
    {0x43, true, false, &AtapiCdrom::read_toc},
    {0x46, false, true, &AtapiCdrom::get_configuration},
    {0x4a, false, true, &AtapiCdrom::get_event_status},
    {0x51, true, false, &AtapiCdrom::read_disc_information},
    {0x5a, false, false, &AtapiCdrom::mode_sense_10},
    {0xa8, true, false, &AtapiCdrom::read_12},
    {0xb9, true, false, &AtapiCdrom::read_cd_msf},
    {0xbb, false, false, &AtapiCdrom::set_cd_speed},
    {0xbd, false, false, &AtapiCdrom::mechanism_status},
    {0xbe, true, false, &AtapiCdrom::read_cd},
};

void AtapiCdrom::execute_packet() {
  const auto row = std::find_if(std::begin(kCommands), std::end(kCommands),
                                [this](const Command& c) { return c.code == packet_[0]; });
  log_.write(LogCategory::Disk, "{}: packet {:02x}", name(), packet_[0]);
  if (row == std::end(kCommands)) return check_condition(sense_codes::kInvalidOperation);
  if (attention_ && !row->ignores_attention) {
    attention_ = false;
    return check_condition(sense_codes::kMediumChanged);
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

void AtapiCdrom::request_sense() {
  Sense sense = sense_;
  if (sense.key == 0 && attention_) {
    attention_ = false;
    sense = sense_codes::kMediumChanged;
  }
  sense_ = sense_codes::kNone;
  Reply data;
  data.bytes({0x70, 0, sense.key})
      .zeros(4)
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
      attention_ = !open && medium_ != nullptr;
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

// --- The medium -------------------------------------------------------------------------------------------

void AtapiCdrom::read_capacity() { reply(Reply().dword(frames() - 1).dword(kFrameSize).take(), 8); }

void AtapiCdrom::seek() {
  if (packet_dword(2) >= frames()) return check_condition(sense_codes::kAddressOutOfRange);
  complete();
}

void AtapiCdrom::read_10() { read_frames(packet_dword(2), packet_word(7), false); }

void AtapiCdrom::read_12() { read_frames(packet_dword(2), packet_dword(6), false); }

void AtapiCdrom::read_cd() {
  read_selected_channels(packet_dword(2), static_cast<u32>(packet_[6]) << 16 | packet_word(7));
}

void AtapiCdrom::read_cd_msf() {
  const u32 first = packet_frame(3);
  const u32 end = packet_frame(6);
  if (end < first) return check_condition(sense_codes::kInvalidField);
  read_selected_channels(first, end - first);
}

void AtapiCdrom::read_selected_channels(u64 frame, u64 count) {
  // Byte 9 selects the parts of a frame, byte 10 the subchannel.
  constexpr u8 kParts = 0xf8, kNothing = 0x00, kUserData = 0x10, kWholeFrame = 0xf8;
  const u8 parts = packet_[9] & kParts;
  if ((packet_[10] & 7) != 0) return check_condition(sense_codes::kInvalidField);
  if (parts == kNothing) return complete();
  if (parts != kUserData && parts != kWholeFrame) return check_condition(sense_codes::kInvalidField);
  read_frames(frame, count, parts == kWholeFrame);
}

void AtapiCdrom::read_toc() {
  const bool as_time = (packet_[1] & 2) != 0;
  // SFF-8020i had the format in the last byte.
  const u8 format = (packet_[2] & 0x0f) != 0 ? packet_[2] & 0x0f : packet_[9] >> 6;
  const u8 start = packet_[6];
  enum : u8 { kToc = 0, kSessions = 1, kFullToc = 2 };
  Reply data;
  data.word(0).bytes({1, 1});  // first and last track, or session
  switch (format) {
    case kToc:
      if (start > kTrack && start != kLeadOut) return check_condition(sense_codes::kInvalidField);
      if (start != kLeadOut) data.bytes({0, kDataTrack, kTrack, 0}).address(0, as_time);
      data.bytes({0, kDataTrack, kLeadOut, 0}).address(frames(), as_time);
      break;
    case kSessions:
      data.bytes({0, kDataTrack, kTrack, 0}).address(0, as_time);
      break;
    case kFullToc:
      data.append(full_toc());
      break;
    default:
      return check_condition(sense_codes::kInvalidField);
  }
  data.set_word(0, data.size() - 2);
  reply(data.take(), packet_word(7));
}

std::vector<std::byte> AtapiCdrom::full_toc() const {
  // Session, ADR and CONTROL, track, point, running time, zero, and the point's minute, second, frame.
  constexpr u8 kFirstTrackPoint = 0xa0, kLastTrackPoint = 0xa1, kLeadOutPoint = 0xa2;
  Reply entries;
  const auto entry = [&entries](u8 point, MinuteSecondFrame p) {
    entries.bytes({1, kDataTrack, 0, point, 0, 0, 0, 0, p.minute, p.second, p.frame});
  };
  entry(kFirstTrackPoint, {kTrack, 0, 0});
  entry(kLastTrackPoint, {kTrack, 0, 0});
  entry(kLeadOutPoint, msf_of_frame(frames()));
  entry(kTrack, msf_of_frame(0));
  return entries.take();
}

void AtapiCdrom::read_subchannel() {
  constexpr u8 kSubQ = 0x40, kCurrentPosition = 1, kNoAudioStatus = 0x15;
  const bool as_time = (packet_[1] & 2) != 0;
  Reply data;
  data.bytes({0, kNoAudioStatus});
  if ((packet_[2] & kSubQ) == 0) return reply(data.word(0).take(), packet_word(7));
  if (packet_[3] != kCurrentPosition) return check_condition(sense_codes::kInvalidField);
  data.word(12).bytes({kCurrentPosition, kDataTrack, kTrack, 1});
  data.address(next_frame_, as_time).address(next_frame_, as_time);
  reply(data.take(), packet_word(7));
}

void AtapiCdrom::read_disc_information() {
  // Complete disc, complete last session; one session with one track; no lead-in or lead-out to write.
  Reply data;
  data.word(32)
      .bytes({0x0e, kTrack, 1, kTrack, kTrack, 0x20, 0})
      .zeros(7)
      .dword(0xffff'ffff)
      .dword(0xffff'ffff)
      .zeros(10);
  reply(data.take(), packet_word(7));
}

}  // namespace ringdown
