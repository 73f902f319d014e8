// Management frames: preamble, start, operation, addresses, turnaround, data.
#include "devices/network/e1000/mdio_pins.h"

#include "core/field.h"

namespace ringdown::e1000 {

namespace {

constexpr u32 kPreamble = 32;
constexpr u8 kHeaderBits = 14;
constexpr u8 kTurnaroundBits = 2;
constexpr u8 kFrameBits = kHeaderBits + kTurnaroundBits + 16;

using RegisterNumber = Field<u16, 0, 5>;
using PhyNumber = Field<u16, 5, 5>;
using StartAndOperation = Field<u16, 10, 4>;
constexpr u16 kStartRead = 0b0110;
constexpr u16 kStartWrite = 0b0101;

}  // namespace

void MdioPins::drive(bool clock, bool data) {
  if (clock && !clock_) rising_edge(data);
  clock_ = clock;
}

void MdioPins::rising_edge(bool bit) {
  if (position_ == 0) {
    data_ = true;
    if (bit) {
      if (ones_ < kPreamble) ++ones_;
      return;
    }
    // The first zero behind a preamble starts a frame.
    if (ones_ < kPreamble) {
      ones_ = 0;
      return;
    }
  }
  ++position_;
  if (position_ <= kHeaderBits) {
    header_ = static_cast<u16>(header_ << 1 | (bit ? 1 : 0));
    if (position_ == kHeaderBits) header_complete();
    return;
  }
  if (reading_) {
    if (position_ == kHeaderBits + 1) {
      data_ = !addressed_;  // the second half of the turnaround
    } else {
      data_ = !addressed_ || (shift_ & 0x8000) != 0;
      shift_ = static_cast<u16>(shift_ << 1);
    }
  } else if (position_ > kHeaderBits + kTurnaroundBits) {
    shift_ = static_cast<u16>(shift_ << 1 | (bit ? 1 : 0));
    if (position_ == kFrameBits && addressed_) phy_.write(RegisterNumber::get(header_), shift_);
  }
  if (position_ == kFrameBits) {
    position_ = 0;
    ones_ = kPreamble - 1;  // one bit between frames suffices: the PHY says so in bit 6 of its status
  }
}

void MdioPins::header_complete() {
  const u16 operation = StartAndOperation::get(header_);
  reading_ = operation == kStartRead;
  addressed_ = (reading_ || operation == kStartWrite) && PhyNumber::get(header_) == kPhyAddress;
  shift_ = 0;
  if (reading_ && addressed_) shift_ = phy_.read(RegisterNumber::get(header_));
}

void MdioPins::serialize(Archive& archive) {
  archive(header_, ones_, position_, shift_, reading_, addressed_, clock_, data_);
  if (ones_ > kPreamble || position_ >= kFrameBits) {
    archive.fail("a PHY's management frame is longer than it can be");
    ones_ = 0;
    position_ = 0;
  }
}

}  // namespace ringdown::e1000
