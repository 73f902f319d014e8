// Framing of the gdb remote protocol: packets, checksums, escapes and acknowledgements.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown::gdb {

/// `$payload#checksum` with the special characters escaped (gdb manual, "Remote Protocol: Overview").
std::string frame(std::string_view payload);

std::string to_hex(std::span<const u8> bytes);
/// None if the text is no even number of hexadecimal digits.
std::optional<std::vector<u8>> from_hex(std::string_view text);
/// Takes hexadecimal digits off the front of `text`. None without a digit or if they exceed 64 bits.
std::optional<u64> take_hex(std::string_view& text);
/// Takes `expected` off the front of `text`; false if something else stands there.
bool take(std::string_view& text, std::string_view expected);

/// Cuts a byte stream into packets.
class PacketReader {
 public:
  enum class Kind : u8 {
    Packet,     // `payload` unescaped, checksum correct
    Damaged,    // a packet whose checksum is wrong
    Interrupt,  // the byte 03h
    Ack,
    Nack,
  };
  struct Item {
    Kind kind;
    std::string payload;
  };

  /// Packets longer than this are damaged.
  static constexpr std::size_t kMaximumPacket = 0x4000;

  std::vector<Item> feed(std::string_view bytes);

 private:
  enum class State : u8 { Between, Payload, Escape, ChecksumHigh, ChecksumLow };
  void between(char byte, std::vector<Item>& items);

  State state_ = State::Between;
  std::string payload_;
  u8 sum_ = 0;
  std::string checksum_;
  bool too_long_ = false;
};

}  // namespace ringdown::gdb
