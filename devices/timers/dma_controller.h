// One 8237A DMA controller: the programming of its four channels.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// Registers, masks and counts; moving data is its owner's work. Source: Intel 8237A data sheet.
class DmaController {
 public:
  static constexpr unsigned kChannels = 4;

  enum class Kind : u8 { Verify = 0, Write = 1, Read = 2, Illegal = 3 };  // as memory sees it

  void reset();
  /// Registers 0 to 15.
  u8 read(unsigned index);
  void write(unsigned index, u8 value);

  void set_request(unsigned channel, bool request);
  bool requested(unsigned channel) const { return (requests_ >> channel & 1) != 0; }
  /// Whether the controller serves requests at all.
  bool running() const;
  /// Whether a request of the channel's device would be served.
  bool enabled(unsigned channel) const;
  /// A request by software, which no mask holds back; the terminal count ends it.
  bool software_requested(unsigned channel) const { return (software_requests_ >> channel & 1) != 0; }
  void end_software_request(unsigned channel);
  /// A request of channel 0 copies memory to memory, from its address to that of channel 1.
  bool copies_memory() const;
  /// Channel 0 takes part in a copy as its source: its address moves on, unless it is to be held.
  void advance_source();
  void set_temporary(u8 value) { temporary_ = value; }
  bool cascades(unsigned channel) const;
  Kind kind(unsigned channel) const;
  bool descending(unsigned channel) const;
  u16 address(unsigned channel) const { return channels_[channel].current_address; }
  /// Transfers left, 1 to 65536.
  u32 remaining(unsigned channel) const { return u32{channels_[channel].current_count} + 1; }
  /// `transfers` (at most `remaining`) were made; returns whether that reached the terminal count.
  bool advance(unsigned channel, u32 transfers);

  void serialize(Archive& archive);

 private:
  struct Channel {
    u16 base_address = 0;
    u16 base_count = 0;
    u16 current_address = 0;
    u16 current_count = 0;
    u8 mode = 0;
    void serialize(Archive& archive) {
      archive(base_address, base_count, current_address, current_count, mode);
    }
  };

  u8 read_half(u16 value);
  void write_half(u16& base, u16& current, u8 value);
  void write_control(unsigned index, u8 value);

  static constexpr u8 kAllMasked = 0x0f;

  std::array<Channel, kChannels> channels_;
  u8 command_ = 0;
  u8 mask_ = kAllMasked;
  u8 requests_ = 0;  // DREQ levels: their devices drive them again after a restore
  u8 software_requests_ = 0;
  u8 terminal_counts_ = 0;
  u8 temporary_ = 0;  // the byte last copied from memory to memory
  bool high_byte_next_ = false;
};

}  // namespace ringdown
