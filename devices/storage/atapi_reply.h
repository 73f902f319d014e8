// What packet commands answer with, built byte by byte.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "devices/storage/cd_address.h"

namespace ringdown {

/// Builds a reply byte by byte; numbers are big-endian, as in all of SCSI.
class Reply {
 public:
  Reply& bytes(std::initializer_list<unsigned> values) {
    for (const unsigned value : values) data_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  Reply& word(u32 value) { return bytes({value >> 8 & 0xff, value & 0xff}); }
  Reply& dword(u32 value) { return word(value >> 16).word(value & 0xffff); }
  Reply& zeros(std::size_t count) {
    data_.resize(data_.size() + count);
    return *this;
  }
  Reply& text(std::string_view value, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) {
      data_.push_back(i < value.size() ? static_cast<std::byte>(value[i]) : std::byte{' '});
    }
    return *this;
  }
  /// A disc address of four bytes, as time or as frame number.
  Reply& address(u32 frame, bool as_time) {
    if (!as_time) return dword(frame);
    const MinuteSecondFrame msf = msf_of_frame(frame);
    return bytes({0, msf.minute, msf.second, msf.frame});
  }
  void set_word(std::size_t at, std::size_t value) {
    data_[at] = static_cast<std::byte>(value >> 8);
    data_[at + 1] = static_cast<std::byte>(value);
  }
  Reply& append(const std::vector<std::byte>& more) {
    data_.insert(data_.end(), more.begin(), more.end());
    return *this;
  }
  std::size_t size() const { return data_.size(); }
  std::vector<std::byte> take() { return std::move(data_); }

 private:
  std::vector<std::byte> data_;
};

}  // namespace ringdown
