// A small generator of random numbers that gives the same ones with every compiler.
#pragma once

#include <iterator>

#include "core/types.h"

namespace ringdown {

class SeededRandom {
 public:
  /// Different streams for different numbers of one seed.
  SeededRandom(u64 seed, u64 number) : state_(mix(seed) ^ mix(~number)) {}

  u64 bits() {
    state_ += 0x9e37'79b9'7f4a'7c15;
    return mix(state_);
  }
  u32 word() { return static_cast<u32>(bits() >> 32); }
  u32 below(u32 limit) { return static_cast<u32>(u64{word()} * limit >> 32); }
  bool percent(u32 chance) { return below(100) < chance; }
  template <class Range>
  const auto& of(const Range& range) {
    return *(std::begin(range) + below(static_cast<u32>(std::size(range))));
  }

 private:
  /// The finalizer of MurmurHash3 with the constants of SplitMix64.
  static constexpr u64 mix(u64 z) {
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
    return z ^ (z >> 31);
  }
  u64 state_;
};

}  // namespace ringdown
