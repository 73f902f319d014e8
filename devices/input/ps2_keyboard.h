// An enhanced (101/102-key) PS/2 keyboard: commands, scan code sets, and its buffer of sixteen bytes.
#pragma once

#include <deque>
#include <span>

#include "core/archive.h"
#include "core/scheduler.h"
#include "devices/input/ps2_device.h"

namespace ringdown {

/// Source: IBM PS/2 Hardware Interface Technical Reference, "Keyboard". Keys do not repeat by themselves: the
/// host's repeated makes come through `keys`, and the typematic rate is kept for nothing. In set 3 every key
/// sends make and break.
class Ps2Keyboard final : public Ps2Device {
 public:
  Ps2Keyboard(Scheduler& scheduler, Ps2Host& host);

  void reset();
  /// Whole sequences of set 2. Dropped while scanning is off; what does not fit ends in the overrun code.
  void keys(std::span<const u8> set_2);

  struct Leds {
    bool scroll_lock, num_lock, caps_lock;
  };
  Leds leds() const;

  void receive(u8 byte) override;
  bool has_output() const override { return !responses_.empty() || !buffer_.empty(); }
  std::optional<u8> take() override;
  void serialize(Archive& archive);

 private:
  enum class Parameter : u8 { None, Leds, ScanCodeSet, Typematic, KeyList };

  void command(u8 byte);
  void parameter(u8 byte);
  void set_defaults();
  void respond(u8 byte);
  void finish_self_test();

  Scheduler& scheduler_;
  Ps2Host& host_;
  EventId self_test_;
  std::deque<u8> responses_;  // to commands; go before keys
  std::deque<u8> buffer_;     // keys
  Parameter expects_ = Parameter::None;
  u8 scan_code_set_ = 2;
  u8 leds_ = 0;
  u8 typematic_ = 0;
  bool scanning_ = true;
  u8 last_sent_ = 0;
};

}  // namespace ringdown
