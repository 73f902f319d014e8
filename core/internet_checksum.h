// The Internet checksum (RFC 1071): of bytes that come in pieces, and put into a frame.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "core/types.h"

namespace ringdown {

/// The one's complement sum of 16-bit words in network order. Pieces may have odd lengths; the last odd byte
/// of all counts as if a zero byte followed.
class InternetChecksum {
 public:
  InternetChecksum() = default;
  /// Continues from a sum, such as that of a pseudo header.
  explicit InternetChecksum(u16 sum) : sum_(sum) {}

  void add(std::span<const std::byte> bytes);
  /// A 16-bit word, at an even place.
  void add(u16 word) { sum_ = add_carry(sum_, word); }

  /// The sum of what was added.
  u16 sum() const { return sum_; }
  /// What the header's field has to hold.
  u16 checksum() const { return static_cast<u16>(~sum_); }

 private:
  static u16 add_carry(u16 a, u16 b) {
    const u32 total = u32{a} + b;
    return static_cast<u16>(total + (total >> 16));
  }

  u16 sum_ = 0;
  bool odd_ = false;  // an odd number of bytes was added
};

/// The sum over one piece.
u16 internet_sum(std::span<const std::byte> bytes);

/// 16 and 32-bit values of headers: network order. `at + sizeof(value) <= bytes.size()`.
u16 load_network16(std::span<const std::byte> bytes, std::size_t at);
u32 load_network32(std::span<const std::byte> bytes, std::size_t at);
void store_network16(std::span<std::byte> bytes, std::size_t at, u16 value);
void store_network32(std::span<std::byte> bytes, std::size_t at, u32 value);

/// What a checksum of zero becomes: a sender of UDP over IPv4 means "none" by it (RFC 768), where the other
/// form of zero is the same number.
enum class ZeroChecksum : u8 { Keep, AllOnes };

/// Which bytes of a frame a checksum covers, and where it goes.
struct ChecksumPlace {
  std::size_t start = 0;  // the first byte that it covers
  std::size_t end = 0;    // behind the last one; what is beyond the frame is not there
  std::size_t field = 0;  // where it is stored, anywhere in the frame
  ZeroChecksum zero = ZeroChecksum::Keep;
};

/// Calculates a checksum over [start, end), whose field holds what to begin from (the pseudo header's sum, as
/// drivers leave it there, or zero), and stores it. Nothing happens if a part of it does not lie within the
/// frame.
void insert_checksum(std::span<std::byte> frame, const ChecksumPlace& place);

}  // namespace ringdown
