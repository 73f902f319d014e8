// A PS/2 mouse that can turn into an IntelliMouse: commands, modes, and movement packets.
#pragma once

#include <array>
#include <deque>

#include "core/archive.h"
#include "core/scheduler.h"
#include "devices/input/ps2_device.h"

namespace ringdown {

/// Source: IBM PS/2 Hardware Interface Technical Reference, "Mouse"; Microsoft's description of the wheel
/// (identification by three sample rates).
class Ps2Mouse final : public Ps2Device {
 public:
  Ps2Mouse(Scheduler& scheduler, Ps2Host& host);

  /// Bits of `buttons`.
  static constexpr u8 kLeft = 1, kRight = 2, kMiddle = 4, kFourth = 8, kFifth = 16;

  struct Movement {
    s16 right;  // counts
    s16 down;
    s8 wheel;  // clicks towards the user
    u8 buttons;
  };

  void reset();
  void move(const Movement& movement);

  void receive(u8 byte) override;
  bool has_output() const override { return !responses_.empty() || !packet_.empty(); }
  std::optional<u8> take() override;
  void serialize(Archive& archive);

 private:
  enum class Kind : u8 { Standard = 0, Wheel = 3, FiveButtons = 4 };
  enum class Mode : u8 { Stream, Remote };
  enum class Parameter : u8 { None, Resolution, SampleRate };

  void command(u8 byte);
  void set_defaults();
  void set_sample_rate(u8 rate);
  void respond(u8 byte);
  void respond_status();
  void append_packet(std::deque<u8>& queue, bool scaled);
  bool moved() const;
  void sample();
  void start_sampling();

  Scheduler& scheduler_;
  Ps2Host& host_;
  EventId sample_event_;
  EventId self_test_;
  std::deque<u8> responses_;
  std::deque<u8> packet_;
  Parameter expects_ = Parameter::None;
  Kind kind_ = Kind::Standard;
  Mode mode_ = Mode::Stream;
  bool wrap_ = false;
  bool reporting_ = false;
  bool scaling_2_to_1_ = false;
  u8 resolution_ = 2;
  u8 sample_rate_ = 100;
  std::array<u8, 3> recent_rates_{};
  s32 right_ = 0;  // since the last packet
  s32 up_ = 0;
  s32 wheel_ = 0;
  u8 buttons_ = 0;
  u8 reported_buttons_ = 0;
  u8 last_sent_ = 0;
};

}  // namespace ringdown
