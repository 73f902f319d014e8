// The floppy controller's FIFO in non-DMA transfers, with the rule when it asks the host for service.
#pragma once

#include <algorithm>
#include <array>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// Intel 82077AA data sheet, section 4.2: service is asked for at a threshold and until the FIFO is empty
/// (reading) or full (writing). Without the FIFO there is room for one byte.
class FloppyFifo {
 public:
  /// `threshold` is 1 to 16: the bytes that a late host may cost; it means nothing without the FIFO.
  void begin(bool fifo_enabled, u8 threshold) {
    *this = {};
    capacity_ = fifo_enabled ? kSize : 1;
    threshold_ = fifo_enabled ? threshold : 0;
  }

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == capacity_; }
  bool requests_service() const { return request_; }

  /// The FIFO must not be full.
  void push(u8 value) { bytes_[count_++] = value; }
  /// The FIFO must not be empty.
  u8 pop() {
    const u8 value = bytes_[0];
    std::copy(bytes_.begin() + 1, bytes_.begin() + count_, bytes_.begin());
    --count_;
    return value;
  }

  /// After a change on the way to the host; `last`: no more bytes of the sector come.
  void update_towards_host(bool last) {
    const u8 enough = std::max<u8>(1, static_cast<u8>(capacity_ - threshold_));
    request_ = !empty() && (request_ || last || count_ >= enough);
  }
  /// After a change on the way from the host.
  void update_from_host() { request_ = !full() && (request_ || count_ <= threshold_); }

  void serialize(Archive& archive) {
    archive(bytes_, count_, capacity_, threshold_, request_);
    if (capacity_ != 1 && capacity_ != kSize) archive.fail("the floppy controller's FIFO has no such size");
    count_ = std::min(count_, capacity_);
    threshold_ = std::min(threshold_, kSize);
  }

 private:
  static constexpr u8 kSize = 16;

  std::array<u8, kSize> bytes_{};
  u8 count_ = 0;
  u8 capacity_ = 1;
  u8 threshold_ = 0;
  bool request_ = false;
};

}  // namespace ringdown
