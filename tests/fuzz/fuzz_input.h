// The bytes of one fuzz input, read as numbers from front to back.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "core/types.h"

namespace ringdown::test {

/// Behind its end, an input reads as zeros: any bytes, none too, are a whole input.
class FuzzInput {
 public:
  explicit FuzzInput(std::span<const u8> bytes) : bytes_(bytes) {}

  template <class T>
  T take() {
    T value{};
    const std::size_t length = std::min(sizeof(T), bytes_.size());
    if (length != 0) std::memcpy(&value, bytes_.data(), length);
    bytes_ = bytes_.subspan(length);
    return value;
  }
  /// A number below `bound`, from one byte.
  unsigned below(unsigned bound) { return take<u8>() % bound; }
  bool empty() const { return bytes_.empty(); }
  /// What has not been taken yet.
  std::span<const u8> rest() const { return bytes_; }

 private:
  std::span<const u8> bytes_;
};

}  // namespace ringdown::test
