// Commands and key buffer of a PS/2 keyboard.
#include "devices/input/ps2_keyboard.h"

#include <vector>

#include "core/field.h"
#include "devices/input/scan_codes.h"

namespace ringdown {
namespace {

enum class Command : u8 {
  SetLeds = 0xed,
  Echo = 0xee,
  SetScanCodeSet = 0xf0,
  ReadId = 0xf2,
  SetTypematic = 0xf3,
  Enable = 0xf4,
  DefaultAndDisable = 0xf5,
  SetDefault = 0xf6,
  AllTypematic = 0xf7,
  AllMakeBreak = 0xf8,
  AllMake = 0xf9,
  AllTypematicMakeBreak = 0xfa,
  KeyTypematic = 0xfb,
  KeyMakeBreak = 0xfc,
  KeyMake = 0xfd,
  Resend = 0xfe,
  Reset = 0xff,
};

constexpr u8 kAcknowledge = 0xfa;
constexpr u8 kResendRequest = 0xfe;
constexpr u8 kSelfTestPassed = 0xaa;
constexpr u8 kIdFirst = 0xab;
constexpr u8 kIdSecond = 0x83;
constexpr u8 kFirstCommand = 0xed;

using LedScroll = Field<u8, 0>;
using LedNum = Field<u8, 1>;
using LedCaps = Field<u8, 2>;

constexpr std::size_t kBufferSize = 16;
/// A guest that sends command after command without reading loses the answers beyond this.
constexpr std::size_t kMaximumResponses = 16;
constexpr std::size_t kLongestResponse = 4;
constexpr u8 kTypematicDefault = 0x2b;  // 10.9 characters per second after 500 ms
/// A real self test takes some 500 ms; nothing depends on it.
constexpr Picoseconds kSelfTestTime = milliseconds(10);

u8 overrun_code(u8 scan_code_set) { return scan_code_set == 1 ? 0xff : 0x00; }

}  // namespace

Ps2Keyboard::Ps2Keyboard(Scheduler& scheduler, Ps2Host& host) : scheduler_(scheduler), host_(host) {
  self_test_ = scheduler.add("ps2-keyboard", 0, [this](Picoseconds) { finish_self_test(); });
  set_defaults();
}

void Ps2Keyboard::reset() {
  scheduler_.cancel(self_test_);
  responses_.clear();
  set_defaults();
  leds_ = last_sent_ = 0;
  scanning_ = true;
}

void Ps2Keyboard::set_defaults() {
  buffer_.clear();
  expects_ = Parameter::None;
  scan_code_set_ = 2;
  typematic_ = kTypematicDefault;
}

Ps2Keyboard::Leds Ps2Keyboard::leds() const {
  return {LedScroll::get(leds_), LedNum::get(leds_), LedCaps::get(leds_)};
}

void Ps2Keyboard::keys(std::span<const u8> set_2) {
  if (!scanning_) return;
  std::vector<u8> codes(set_2.begin(), set_2.end());
  if (scan_code_set_ == 1) codes = set_1_of(set_2);
  if (scan_code_set_ == 3) codes = set_3_of(set_2);
  for (const u8 code : codes) {
    if (buffer_.size() > kBufferSize) break;
    // The seventeenth byte is the overrun code, and nothing follows it until there is room.
    buffer_.push_back(buffer_.size() == kBufferSize ? overrun_code(scan_code_set_) : code);
  }
  if (!buffer_.empty()) host_.output_ready();
}

std::optional<u8> Ps2Keyboard::take() {
  std::deque<u8>& queue = responses_.empty() ? buffer_ : responses_;
  if (queue.empty()) return std::nullopt;
  last_sent_ = queue.front();
  queue.pop_front();
  return last_sent_;
}

void Ps2Keyboard::respond(u8 byte) {
  responses_.push_back(byte);
  host_.output_ready();
}

void Ps2Keyboard::receive(u8 byte) {
  if (responses_.size() >= kMaximumResponses) responses_.clear();
  // A byte of the command range ends a command that waits for its parameter.
  if (expects_ != Parameter::None && byte < kFirstCommand) {
    parameter(byte);
  } else {
    expects_ = Parameter::None;
    command(byte);
  }
}

void Ps2Keyboard::parameter(u8 byte) {
  const Parameter kind = expects_;
  if (kind != Parameter::KeyList) expects_ = Parameter::None;
  respond(kAcknowledge);
  switch (kind) {
    case Parameter::Leds:
      leds_ = byte;
      break;
    case Parameter::ScanCodeSet:
      // 0 asks for the current set.
      if (byte == 0) respond(scan_code_set_);
      if (byte >= 1 && byte <= 3) {
        buffer_.clear();
        scan_code_set_ = byte;
      }
      break;
    case Parameter::Typematic:
      typematic_ = byte;
      break;
    case Parameter::KeyList:
    case Parameter::None:
      break;
  }
}

void Ps2Keyboard::command(u8 byte) {
  const auto acknowledge_and_expect = [this](Parameter parameter) {
    expects_ = parameter;
    respond(kAcknowledge);
  };
  switch (static_cast<Command>(byte)) {
    case Command::SetLeds:
      acknowledge_and_expect(Parameter::Leds);
      break;
    case Command::Echo:
      respond(byte);
      break;
    case Command::SetScanCodeSet:
      acknowledge_and_expect(Parameter::ScanCodeSet);
      break;
    case Command::ReadId:
      respond(kAcknowledge);
      respond(kIdFirst);
      respond(kIdSecond);
      break;
    case Command::SetTypematic:
      acknowledge_and_expect(Parameter::Typematic);
      break;
    case Command::Enable:
      buffer_.clear();
      scanning_ = true;
      respond(kAcknowledge);
      break;
    case Command::DefaultAndDisable:
    case Command::SetDefault:
      set_defaults();
      scanning_ = static_cast<Command>(byte) == Command::SetDefault;
      respond(kAcknowledge);
      break;
    case Command::AllTypematic:
    case Command::AllMakeBreak:
    case Command::AllMake:
    case Command::AllTypematicMakeBreak:
      respond(kAcknowledge);
      break;
    case Command::KeyTypematic:
    case Command::KeyMakeBreak:
    case Command::KeyMake:
      acknowledge_and_expect(Parameter::KeyList);
      break;
    case Command::Resend:
      respond(last_sent_);
      break;
    case Command::Reset:
      responses_.clear();
      set_defaults();
      scanning_ = false;
      respond(kAcknowledge);
      scheduler_.schedule_after(self_test_, kSelfTestTime);
      break;
    default:
      respond(kResendRequest);
      break;
  }
}

void Ps2Keyboard::finish_self_test() {
  scanning_ = true;
  leds_ = 0;
  respond(kSelfTestPassed);
}

void Ps2Keyboard::serialize(Archive& archive) {
  archive(responses_, buffer_, expects_, scan_code_set_, leds_, typematic_, scanning_, last_sent_);
  if (scan_code_set_ < 1 || scan_code_set_ > 3 || expects_ > Parameter::KeyList ||
      responses_.size() > kMaximumResponses + kLongestResponse || buffer_.size() > kBufferSize + 1) {
    archive.fail("keyboard state is impossible");
    responses_.clear();
    set_defaults();
  }
}

}  // namespace ringdown
