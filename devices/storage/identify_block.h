// The 256 words of IDENTIFY DEVICE and IDENTIFY PACKET DEVICE (ATA/ATAPI-5, sections 8.12 and 8.13).
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown {

class IdentifyBlock {
 public:
  void set(std::size_t word, u16 value) { words_[word] = value; }
  void set_dword(std::size_t word, u32 value) {
    set(word, static_cast<u16>(value));
    set(word + 1, static_cast<u16>(value >> 16));
  }
  /// Text of `length` bytes padded with blanks; the first character of a word is its high byte.
  void text(std::size_t word, std::size_t length, std::string_view value) {
    for (std::size_t i = 0; i < length; ++i) {
      const u8 character = i < value.size() ? static_cast<u8>(value[i]) : u8{' '};
      u16& target = words_[word + i / 2];
      target =
          static_cast<u16>(i % 2 == 0 ? (target & 0xff) | character << 8 : (target & 0xff00) | character);
    }
  }
  /// Words 63 to 68 and 88: multiword DMA 0 to 2, PIO 3 and 4, Ultra DMA up to `ultra`, and which of the DMA
  /// modes is selected by `mode` as SET FEATURES took it.
  void set_transfer_modes(u8 mode, unsigned ultra) {
    const unsigned selected = 0x100u << (mode & 7);
    set(63, static_cast<u16>(0x0007 | (mode >> 3 == 4 ? selected : 0)));
    set(64, 0x0003);
    for (std::size_t word = 65; word <= 68; ++word) set(word, kCycleNanoseconds);
    set(88, static_cast<u16>(((2u << ultra) - 1) | (mode >> 3 == 8 ? selected : 0)));
  }
  /// The block as it goes over the cable, with the integrity word.
  std::vector<std::byte> finish() {
    constexpr u8 kSignature = 0xa5;
    words_[255] = kSignature;
    u8 sum = 0;
    for (const u16 word : words_) sum = static_cast<u8>(sum + (word & 0xff) + (word >> 8));
    words_[255] = static_cast<u16>(kSignature | static_cast<u8>(-sum) << 8);

    std::vector<std::byte> data;
    data.reserve(words_.size() * 2);
    for (const u16 word : words_) {
      data.push_back(static_cast<std::byte>(word & 0xff));
      data.push_back(static_cast<std::byte>(word >> 8));
    }
    return data;
  }

 private:
  static constexpr u16 kCycleNanoseconds = 120;
  std::array<u16, 256> words_{};
};

}  // namespace ringdown
