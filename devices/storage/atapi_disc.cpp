// Packet commands that read the disc or tell how it is laid out (MMC-2, chapter 9): one session with one data
// track.
#include <algorithm>

#include "devices/storage/atapi_cdrom.h"
#include "devices/storage/atapi_reply.h"
#include "devices/storage/cd_address.h"
#include "devices/storage/sense_codes.h"

namespace ringdown {
namespace {

constexpr u8 kTrack = 1;
constexpr u8 kLeadOut = 0xaa;
constexpr u8 kDataTrack = 0x14;  // ADR 1, CONTROL: data, uninterrupted

}  // namespace

void AtapiCdrom::read_capacity() { reply(Reply().dword(frames() - 1).dword(kFrameSize).take(), 8); }

void AtapiCdrom::seek() {
  if (packet_dword(2) >= frames()) return check_condition(sense_codes::kAddressOutOfRange);
  complete();
}

std::optional<AtapiCdrom::Extent> AtapiCdrom::extent_to_read() const {
  switch (packet_[0]) {
    case kRead10:
      return Extent{packet_dword(2), packet_word(7)};
    case kRead12:
      return Extent{packet_dword(2), packet_dword(6)};
    case kReadCd:
      return selected_channels(packet_dword(2), u32{packet_[6]} << 16 | packet_word(7));
    case kReadCdMsf: {
      const u32 first = packet_frame(3);
      const u32 end = packet_frame(6);
      if (end < first) return std::nullopt;
      return selected_channels(first, end - first);
    }
    default:
      return std::nullopt;
  }
}

std::optional<AtapiCdrom::Extent> AtapiCdrom::selected_channels(u64 first, u64 count) const {
  // Byte 1 says what the frames are expected to be, byte 9 selects their parts and error flags, byte 10 the
  // subchannel. Mode 1 has no subheader (40h).
  using namespace frame_part;
  constexpr u8 kParts = kSync | kHeader | kUserData | kErrorCorrection, kErrorFlags = 0x06;
  constexpr u8 kAnyKind = 0, kModeOne = 2;
  const u8 kind = packet_[1] >> 2 & 7;
  if ((kind != kAnyKind && kind != kModeOne) || (packet_[9] & kErrorFlags) != 0 || (packet_[10] & 7) != 0) {
    return std::nullopt;
  }
  const u8 parts = packet_[9] & kParts;
  return parts == 0 ? Extent{} : Extent{first, count, parts};
}

void AtapiCdrom::verify() {
  if (!holds({packet_dword(2), packet_word(7)})) return check_condition(sense_codes::kAddressOutOfRange);
  complete();
}

void AtapiCdrom::read_header() {
  const u32 frame = packet_dword(2);
  if (frame >= frames()) return check_condition(sense_codes::kAddressOutOfRange);
  const bool as_time = (packet_[1] & 2) != 0;
  reply(Reply().bytes({1, 0, 0, 0}).address(frame, as_time).take(), packet_word(7));
}

// The only track is of data.
void AtapiCdrom::play_audio() { check_condition(sense_codes::kNoAudioTrack); }
void AtapiCdrom::pause_resume() { check_condition(sense_codes::kNothingPlays); }
void AtapiCdrom::stop_playing() { complete(); }

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
  constexpr u8 kSubQ = 0x40, kNoAudioStatus = 0x15;
  enum : u8 { kCurrentPosition = 1, kCatalogNumber = 2, kRecordingCode = 3 };
  const bool as_time = (packet_[1] & 2) != 0;
  const u8 format = packet_[3];
  Reply data;
  data.bytes({0, kNoAudioStatus});
  if ((packet_[2] & kSubQ) == 0) return reply(data.word(0).take(), packet_word(7));
  switch (format) {
    case kCurrentPosition:
      data.word(12).bytes({format, kDataTrack, kTrack, 1});
      data.address(next_frame_, as_time).address(next_frame_, as_time);
      break;
    case kCatalogNumber:
      data.word(20).bytes({format}).zeros(19);  // there is none
      break;
    case kRecordingCode:
      data.word(20).bytes({format, kDataTrack, kTrack}).zeros(17);
      break;
    default:
      return check_condition(sense_codes::kInvalidField);
  }
  reply(data.take(), packet_word(7));
}

void AtapiCdrom::read_track_information() {
  enum : u8 { kByAddress = 0, kByTrack = 1, kBySession = 2 };
  const u8 by = packet_[1] & 3;
  const u32 number = packet_dword(2);
  const bool found = by == kByAddress ? number < frames() : by <= kBySession && number == kTrack;
  if (!found) return check_condition(sense_codes::kInvalidField);
  constexpr u8 kUninterruptedData = 4, kModeOne = 1;
  Reply data;
  data.word(34).bytes({kTrack, kTrack, 0, kUninterruptedData, kModeOne, 0});
  data.zeros(16);  // it begins at frame 0; nothing can be written
  data.dword(frames()).zeros(8);
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
