// Framing of the gdb remote protocol: packets, checksums, escapes and acknowledgements.
#include "frontend/debug/gdb_packet.h"

#include <fmt/core.h>

#include <charconv>

namespace ringdown::gdb {

namespace {

constexpr char kEscape = '}';
constexpr char kEscapeXor = 0x20;
constexpr char kInterrupt = 0x03;

}  // namespace

std::string frame(std::string_view payload) {
  std::string packet = "$";
  u8 sum = 0;
  const auto append = [&](char byte) {
    packet += byte;
    sum = static_cast<u8>(sum + static_cast<u8>(byte));
  };
  for (char byte : payload) {
    if (byte == '$' || byte == '#' || byte == '*' || byte == kEscape) {
      append(kEscape);
      append(static_cast<char>(byte ^ kEscapeXor));
    } else {
      append(byte);
    }
  }
  return packet + fmt::format("#{:02x}", sum);
}

std::string to_hex(std::span<const u8> bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (u8 byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0f];
  }
  return text;
}

std::optional<std::vector<u8>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<u8> bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    u8 byte = 0;
    const char* end = text.data() + i + 2;
    const auto [stop, error] = std::from_chars(text.data() + i, end, byte, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    bytes.push_back(byte);
  }
  return bytes;
}

std::optional<u64> take_hex(std::string_view& text) {
  u64 value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

std::vector<PacketReader::Item> PacketReader::feed(std::string_view bytes) {
  std::vector<Item> items;
  for (char byte : bytes) {
    switch (state_) {
      case State::Between:
        between(byte, items);
        break;
      case State::Payload:
        if (byte == '#') {
          state_ = State::ChecksumHigh;
          break;
        }
        sum_ = static_cast<u8>(sum_ + static_cast<u8>(byte));
        if (byte == kEscape) {
          state_ = State::Escape;
        } else if (payload_.size() < kMaximumPacket) {
          payload_ += byte;
        } else {
          too_long_ = true;
        }
        break;
      case State::Escape:
        sum_ = static_cast<u8>(sum_ + static_cast<u8>(byte));
        payload_ += static_cast<char>(byte ^ kEscapeXor);
        state_ = State::Payload;
        break;
      case State::ChecksumHigh:
        checksum_ = byte;
        state_ = State::ChecksumLow;
        break;
      case State::ChecksumLow: {
        checksum_ += byte;
        const auto wanted = from_hex(checksum_);
        const bool good = !too_long_ && wanted && wanted->front() == sum_;
        items.push_back({good ? Kind::Packet : Kind::Damaged, std::move(payload_)});
        state_ = State::Between;
        break;
      }
    }
  }
  return items;
}

void PacketReader::between(char byte, std::vector<Item>& items) {
  switch (byte) {
    case '$':
      state_ = State::Payload;
      payload_.clear();
      sum_ = 0;
      too_long_ = false;
      break;
    case kInterrupt:
      items.push_back({Kind::Interrupt, {}});
      break;
    case '+':
      items.push_back({Kind::Ack, {}});
      break;
    case '-':
      items.push_back({Kind::Nack, {}});
      break;
    default:
      break;  // noise between packets is ignored
  }
}

}  // namespace ringdown::gdb
