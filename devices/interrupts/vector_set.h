// A set of interrupt vectors laid out as the 256-bit registers of a local APIC.
#pragma once

#include <array>
#include <bit>
#include <optional>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// IRR, ISR or TMR: eight 32-bit registers, one bit for each vector.
class VectorSet {
 public:
  void insert(u8 vector) { words_[vector / 32] |= 1u << vector % 32; }
  void erase(u8 vector) { words_[vector / 32] &= ~(1u << vector % 32); }
  bool contains(u8 vector) const { return (words_[vector / 32] >> vector % 32 & 1) != 0; }
  std::optional<u8> highest() const {
    for (unsigned i = kWords; i-- > 0;) {
      if (words_[i] != 0)
        return static_cast<u8>(i * 32 + 31 - static_cast<unsigned>(std::countl_zero(words_[i])));
    }
    return std::nullopt;
  }
  u32 word(unsigned index) const { return words_[index % kWords]; }
  void serialize(Archive& archive) { archive(words_); }

 private:
  static constexpr unsigned kWords = 8;
  std::array<u32, kWords> words_{};
};

}  // namespace ringdown
