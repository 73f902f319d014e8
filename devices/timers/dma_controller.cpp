// Register decoding and counting of the 8237A.
#include "devices/timers/dma_controller.h"

#include "core/field.h"

namespace ringdown {
namespace {

/// Registers behind the address and count pairs; some differ between read and write.
enum class Index : u8 {
  CommandOrStatus = 8,
  Request = 9,
  SingleMask = 10,
  Mode = 11,
  ClearByteFlipFlop = 12,
  MasterClearOrTemporary = 13,
  ClearMask = 14,
  AllMasks = 15,
};
constexpr unsigned kFirstControl = 8;

using CommandMemoryToMemory = Field<u8, 0>;
using CommandHoldSource = Field<u8, 1>;
using CommandDisable = Field<u8, 2>;
using SelectedChannel = Field<u8, 0, 2>;
using SingleMaskSet = Field<u8, 2>;
using RequestSet = Field<u8, 2>;
using ModeKind = Field<u8, 2, 2, DmaController::Kind>;
using ModeAutoInitialize = Field<u8, 4>;
using ModeDescending = Field<u8, 5>;
using ModeTransfer = Field<u8, 6, 2>;
constexpr u8 kModeCascade = 3;
using StatusRequests = Field<u8, 4, 4>;

constexpr u8 bit(unsigned n) { return static_cast<u8>(1u << n); }

}  // namespace

void DmaController::reset() {
  // The same as a master clear; addresses and counts stay.
  command_ = terminal_counts_ = software_requests_ = temporary_ = 0;
  mask_ = kAllMasked;
  high_byte_next_ = false;
}

u8 DmaController::read_half(u16 value) {
  const bool high = high_byte_next_;
  high_byte_next_ = !high;
  return static_cast<u8>(high ? value >> 8 : value);
}

void DmaController::write_half(u16& base, u16& current, u8 value) {
  base = static_cast<u16>(high_byte_next_ ? (base & 0x00ff) | value << 8 : (base & 0xff00) | value);
  current = base;
  high_byte_next_ = !high_byte_next_;
}

u8 DmaController::read(unsigned index) {
  if (index < kFirstControl) {
    const Channel& channel = channels_[index / 2];
    return read_half(index % 2 == 0 ? channel.current_address : channel.current_count);
  }
  if (index == static_cast<unsigned>(Index::CommandOrStatus)) {
    const u8 status = StatusRequests::with(terminal_counts_, requests_ | software_requests_);
    terminal_counts_ = 0;
    return status;
  }
  if (index == static_cast<unsigned>(Index::MasterClearOrTemporary)) return temporary_;
  if (index == static_cast<unsigned>(Index::AllMasks)) return mask_;
  return 0;
}

void DmaController::write(unsigned index, u8 value) {
  if (index >= kFirstControl) {
    write_control(index, value);
    return;
  }
  Channel& channel = channels_[index / 2];
  if (index % 2 == 0) {
    write_half(channel.base_address, channel.current_address, value);
  } else {
    write_half(channel.base_count, channel.current_count, value);
  }
}

void DmaController::write_control(unsigned index, u8 value) {
  const u8 selected = bit(SelectedChannel::get(value));
  switch (static_cast<Index>(index)) {
    case Index::CommandOrStatus:
      command_ = value;
      break;
    case Index::Request:
      software_requests_ = static_cast<u8>(RequestSet::get(value) ? software_requests_ | selected
                                                                  : software_requests_ & ~selected);
      break;
    case Index::SingleMask:
      mask_ = static_cast<u8>(SingleMaskSet::get(value) ? mask_ | selected : mask_ & ~selected);
      break;
    case Index::Mode:
      channels_[SelectedChannel::get(value)].mode = value;
      break;
    case Index::ClearByteFlipFlop:
      high_byte_next_ = false;
      break;
    case Index::MasterClearOrTemporary:
      reset();
      break;
    case Index::ClearMask:
      mask_ = 0;
      break;
    case Index::AllMasks:
      mask_ = value & kAllMasked;
      break;
  }
}

void DmaController::set_request(unsigned channel, bool request) {
  requests_ = static_cast<u8>(request ? requests_ | bit(channel) : requests_ & ~bit(channel));
}

bool DmaController::running() const { return !CommandDisable::get(command_); }

bool DmaController::enabled(unsigned channel) const { return running() && (mask_ & bit(channel)) == 0; }

void DmaController::end_software_request(unsigned channel) {
  software_requests_ &= static_cast<u8>(~bit(channel));
}

bool DmaController::copies_memory() const { return CommandMemoryToMemory::get(command_); }

void DmaController::advance_source() {
  if (CommandHoldSource::get(command_)) return;
  Channel& source = channels_[0];
  source.current_address = static_cast<u16>(source.current_address + (descending(0) ? -1 : 1));
}

bool DmaController::cascades(unsigned channel) const {
  return ModeTransfer::get(channels_[channel].mode) == kModeCascade;
}

DmaController::Kind DmaController::kind(unsigned channel) const {
  return ModeKind::get(channels_[channel].mode);
}

bool DmaController::descending(unsigned channel) const {
  return ModeDescending::get(channels_[channel].mode);
}

bool DmaController::advance(unsigned channel, u32 transfers) {
  Channel& state = channels_[channel];
  const bool terminal = transfers == remaining(channel);
  const u32 distance = descending(channel) ? 0u - transfers : transfers;
  state.current_address = static_cast<u16>(state.current_address + distance);
  state.current_count = static_cast<u16>(state.current_count - transfers);
  if (!terminal) return false;
  terminal_counts_ |= bit(channel);
  end_software_request(channel);
  if (ModeAutoInitialize::get(state.mode)) {
    state.current_address = state.base_address;
    state.current_count = state.base_count;
  } else {
    mask_ |= bit(channel);
  }
  return true;
}

void DmaController::serialize(Archive& archive) {
  archive(channels_, command_, mask_, terminal_counts_, high_byte_next_, software_requests_, temporary_);
  mask_ &= kAllMasked;
  software_requests_ &= kAllMasked;
  terminal_counts_ &= kAllMasked;
}

}  // namespace ringdown
