// Commands and packets of a PS/2 mouse.
#include "devices/input/ps2_mouse.h"

#include <algorithm>

#include "core/field.h"

namespace ringdown {
namespace {

enum class Command : u8 {
  Scaling1To1 = 0xe6,
  Scaling2To1 = 0xe7,
  SetResolution = 0xe8,
  StatusRequest = 0xe9,
  SetStream = 0xea,
  ReadData = 0xeb,
  ResetWrap = 0xec,
  SetWrap = 0xee,
  SetRemote = 0xf0,
  ReadId = 0xf2,
  SetSampleRate = 0xf3,
  Enable = 0xf4,
  Disable = 0xf5,
  SetDefaults = 0xf6,
  Resend = 0xfe,
  Reset = 0xff,
};

constexpr u8 kAcknowledge = 0xfa;
constexpr u8 kResendRequest = 0xfe;
constexpr u8 kSelfTestPassed = 0xaa;

// First byte of a packet.
using PacketButtons = Field<u8, 0, 3>;
using PacketAlways = Field<u8, 3>;
using PacketXSign = Field<u8, 4>;
using PacketYSign = Field<u8, 5>;

// Status byte; its buttons stand in the other order.
using StatusRight = Field<u8, 0>;
using StatusMiddle = Field<u8, 1>;
using StatusLeft = Field<u8, 2>;
using StatusScaling = Field<u8, 4>;
using StatusEnabled = Field<u8, 5>;
using StatusRemote = Field<u8, 6>;

constexpr s32 kCounterMinimum = -256;
constexpr s32 kCounterMaximum = 255;
constexpr s32 kWheelMinimum = -8;
constexpr s32 kWheelMaximum = 7;
/// Movement that nobody fetches is forgotten beyond this.
constexpr s32 kAccumulatorLimit = 4096;
/// A guest that sends command after command without reading loses the answers beyond this.
constexpr std::size_t kMaximumResponses = 16;
constexpr std::size_t kLongestResponse = 8;
constexpr std::size_t kMaximumPacket = 4;
constexpr u8 kDefaultSampleRate = 100;
/// A real self test takes some 300 ms; nothing depends on it.
constexpr Picoseconds kSelfTestTime = milliseconds(10);

/// "Scaling 2:1": small movements get finer, large ones double.
s32 scale_2_to_1(s32 counts) {
  constexpr std::array<s32, 6> kSmall = {0, 1, 1, 3, 6, 9};
  const s32 size = counts < 0 ? -counts : counts;
  const s32 scaled =
      size < static_cast<s32>(kSmall.size()) ? kSmall[static_cast<std::size_t>(size)] : 2 * size;
  return counts < 0 ? -scaled : scaled;
}

s32 accumulate(s32 sum, s32 counts) {
  return std::clamp(sum + counts, -kAccumulatorLimit, kAccumulatorLimit);
}

}  // namespace

Ps2Mouse::Ps2Mouse(Scheduler& scheduler, Ps2Host& host) : scheduler_(scheduler), host_(host) {
  sample_event_ = scheduler.add("ps2-mouse", 0, [this](Picoseconds) { sample(); });
  self_test_ = scheduler.add("ps2-mouse", 1, [this](Picoseconds) {
    respond(kSelfTestPassed);
    respond(static_cast<u8>(Kind::Standard));
  });
}

void Ps2Mouse::reset() {
  scheduler_.cancel(self_test_);
  responses_.clear();
  kind_ = Kind::Standard;
  recent_rates_ = {};
  last_sent_ = 0;
  set_defaults();
}

void Ps2Mouse::set_defaults() {
  packet_.clear();
  scheduler_.cancel(sample_event_);
  expects_ = Parameter::None;
  mode_ = Mode::Stream;
  wrap_ = reporting_ = scaling_2_to_1_ = false;
  resolution_ = 2;
  sample_rate_ = kDefaultSampleRate;
  right_ = up_ = wheel_ = 0;
}

void Ps2Mouse::move(const Movement& movement) {
  right_ = accumulate(right_, movement.right);
  up_ = accumulate(up_, -movement.down);
  wheel_ = accumulate(wheel_, movement.wheel);
  buttons_ = movement.buttons;
  start_sampling();
}

bool Ps2Mouse::moved() const {
  const bool wheel = kind_ != Kind::Standard && wheel_ != 0;
  return right_ != 0 || up_ != 0 || wheel || buttons_ != reported_buttons_;
}

void Ps2Mouse::start_sampling() {
  if (mode_ != Mode::Stream || !reporting_ || !moved() || scheduler_.scheduled(sample_event_)) return;
  scheduler_.schedule_after(sample_event_, kPicosecondsPerSecond / sample_rate_);
}

void Ps2Mouse::sample() {
  if (mode_ != Mode::Stream || !reporting_ || !moved()) return;
  // A packet that the host has not taken yet is not followed by another: movement adds up meanwhile.
  if (packet_.empty()) {
    append_packet(packet_, true);
    host_.output_ready();
  }
  start_sampling();
}

void Ps2Mouse::append_packet(std::deque<u8>& queue, bool scaled) {
  const s32 right = std::clamp(right_, kCounterMinimum, kCounterMaximum);
  const s32 up = std::clamp(up_, kCounterMinimum, kCounterMaximum);
  right_ -= right;
  up_ -= up;
  reported_buttons_ = buttons_;
  const auto counter = [&](s32 counts) {
    return scaled && scaling_2_to_1_ ? std::clamp(scale_2_to_1(counts), kCounterMinimum, kCounterMaximum)
                                     : counts;
  };
  u8 first = PacketAlways::kMask;
  first = PacketButtons::with(first, buttons_ & (kLeft | kRight | kMiddle));
  first = PacketXSign::with(first, right < 0);
  first = PacketYSign::with(first, up < 0);
  queue.insert(queue.end(), {first, static_cast<u8>(counter(right)), static_cast<u8>(counter(up))});
  if (kind_ == Kind::Standard) {
    wheel_ = 0;
    return;
  }
  const s32 wheel = std::clamp(wheel_, kWheelMinimum, kWheelMaximum);
  wheel_ -= wheel;
  u8 fourth = static_cast<u8>(wheel);
  // With five buttons the wheel keeps four bits.
  if (kind_ == Kind::FiveButtons)
    fourth = static_cast<u8>((fourth & 0x0f) | (buttons_ & (kFourth | kFifth)) << 1);
  queue.push_back(fourth);
}

std::optional<u8> Ps2Mouse::take() {
  std::deque<u8>& queue = responses_.empty() ? packet_ : responses_;
  if (queue.empty()) return std::nullopt;
  last_sent_ = queue.front();
  queue.pop_front();
  return last_sent_;
}

void Ps2Mouse::respond(u8 byte) {
  responses_.push_back(byte);
  host_.output_ready();
}

void Ps2Mouse::respond_status() {
  u8 status = StatusScaling::with(0, scaling_2_to_1_);
  status = StatusEnabled::with(status, reporting_);
  status = StatusRemote::with(status, mode_ == Mode::Remote);
  status = StatusLeft::with(status, (buttons_ & kLeft) != 0);
  status = StatusMiddle::with(status, (buttons_ & kMiddle) != 0);
  status = StatusRight::with(status, (buttons_ & kRight) != 0);
  respond(status);
  respond(resolution_);
  respond(sample_rate_);
}

void Ps2Mouse::set_sample_rate(u8 rate) {
  if (rate != 0) sample_rate_ = rate;
  recent_rates_ = {recent_rates_[1], recent_rates_[2], rate};
  // The knocks that make a wheel mouse, and then a five-button mouse, of it.
  if (recent_rates_ == std::array<u8, 3>{200, 100, 80}) kind_ = Kind::Wheel;
  if (recent_rates_ == std::array<u8, 3>{200, 200, 80} && kind_ != Kind::Standard) kind_ = Kind::FiveButtons;
}

void Ps2Mouse::receive(u8 byte) {
  if (responses_.size() >= kMaximumResponses) responses_.clear();
  const auto is = [byte](Command command) { return byte == static_cast<u8>(command); };
  if (wrap_ && !is(Command::ResetWrap) && !is(Command::Reset)) {
    respond(byte);
    return;
  }
  // A command interrupts a packet on its way.
  packet_.clear();
  const Parameter kind = expects_;
  expects_ = Parameter::None;
  if (kind == Parameter::Resolution) {
    resolution_ = byte & 3;
    respond(kAcknowledge);
  } else if (kind == Parameter::SampleRate) {
    set_sample_rate(byte);
    respond(kAcknowledge);
  } else {
    command(byte);
  }
  start_sampling();
}

void Ps2Mouse::command(u8 byte) {
  const Command command = static_cast<Command>(byte);
  if (command == Command::Reset) reset();
  respond(kAcknowledge);
  switch (command) {
    case Command::Scaling1To1:
    case Command::Scaling2To1:
      scaling_2_to_1_ = command == Command::Scaling2To1;
      break;
    case Command::SetResolution:
      expects_ = Parameter::Resolution;
      break;
    case Command::StatusRequest:
      respond_status();
      break;
    case Command::SetStream:
      mode_ = Mode::Stream;
      break;
    case Command::ReadData:
      append_packet(responses_, false);
      break;
    case Command::ResetWrap:
    case Command::SetWrap:
      wrap_ = command == Command::SetWrap;
      break;
    case Command::SetRemote:
      mode_ = Mode::Remote;
      break;
    case Command::ReadId:
      respond(static_cast<u8>(kind_));
      break;
    case Command::SetSampleRate:
      expects_ = Parameter::SampleRate;
      break;
    case Command::Enable:
    case Command::Disable:
      reporting_ = command == Command::Enable;
      right_ = up_ = wheel_ = 0;
      break;
    case Command::SetDefaults:
      set_defaults();
      break;
    case Command::Resend:
      responses_.back() = last_sent_;
      break;
    case Command::Reset:
      scheduler_.schedule_after(self_test_, kSelfTestTime);
      break;
    default:
      responses_.back() = kResendRequest;
      break;
  }
}

void Ps2Mouse::serialize(Archive& archive) {
  archive(responses_, packet_, expects_, kind_, mode_, wrap_, reporting_, scaling_2_to_1_, resolution_,
          sample_rate_, recent_rates_, right_, up_, wheel_, buttons_, reported_buttons_, last_sent_);
  const bool kind_known = kind_ == Kind::Standard || kind_ == Kind::Wheel || kind_ == Kind::FiveButtons;
  const auto bounded = [](s32 sum) { return sum >= -kAccumulatorLimit && sum <= kAccumulatorLimit; };
  if (!kind_known || mode_ > Mode::Remote || expects_ > Parameter::SampleRate || sample_rate_ == 0 ||
      responses_.size() > kMaximumResponses + kLongestResponse || packet_.size() > kMaximumPacket ||
      !bounded(right_) || !bounded(up_) || !bounded(wheel_)) {
    archive.fail("mouse state is impossible");
    responses_.clear();
    kind_ = Kind::Standard;
    set_defaults();
  }
}

}  // namespace ringdown
