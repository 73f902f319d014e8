// One's complement sums by 32-bit words: the order of bytes matters at the end only (RFC 1071, section 2).
#include "core/internet_checksum.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ringdown {

namespace {

constexpr u16 swap_bytes(u16 value) { return static_cast<u16>(value << 8 | value >> 8); }

u16 fold(u64 sum) {
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<u16>(sum);
}

}  // namespace

u16 internet_sum(std::span<const std::byte> bytes) {
  u64 sum = 0;
  std::size_t done = 0;
  for (; done + sizeof(u32) <= bytes.size(); done += sizeof(u32)) {
    u32 word;
    std::memcpy(&word, bytes.data() + done, sizeof word);
    sum += word;
  }
  u32 rest = 0;
  std::memcpy(&rest, bytes.data() + done, bytes.size() - done);
  static_assert(std::endian::native == std::endian::little);
  return swap_bytes(fold(sum + rest));
}

void InternetChecksum::add(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const u16 sum = internet_sum(bytes);
  // A byte at an odd place is the low one of its word.
  sum_ = add_carry(sum_, odd_ ? swap_bytes(sum) : sum);
  odd_ = odd_ != (bytes.size() % 2 != 0);
}

u16 load_network16(std::span<const std::byte> bytes, std::size_t at) {
  u16 value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return swap_bytes(value);
}

u32 load_network32(std::span<const std::byte> bytes, std::size_t at) {
  return u32{load_network16(bytes, at)} << 16 | load_network16(bytes, at + 2);
}

void store_network16(std::span<std::byte> bytes, std::size_t at, u16 value) {
  const u16 swapped = swap_bytes(value);
  std::memcpy(bytes.data() + at, &swapped, sizeof swapped);
}

void store_network32(std::span<std::byte> bytes, std::size_t at, u32 value) {
  store_network16(bytes, at, static_cast<u16>(value >> 16));
  store_network16(bytes, at + 2, static_cast<u16>(value));
}

void insert_checksum(std::span<std::byte> frame, const ChecksumPlace& place) {
  const std::size_t end = std::min(place.end, frame.size());
  if (place.start >= end || place.field + sizeof(u16) > frame.size()) return;
  u16 value = static_cast<u16>(~internet_sum(frame.subspan(place.start, end - place.start)));
  if (value == 0 && place.zero == ZeroChecksum::AllOnes) value = 0xffff;
  store_network16(frame, place.field, value);
}

}  // namespace ringdown
