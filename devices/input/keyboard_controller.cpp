// Commands of the 8042 and the way of bytes from its devices to the processor.
#include "devices/input/keyboard_controller.h"

namespace ringdown {
namespace {

enum class Command : u8 {
  ReadRam = 0x20,   // to 3Fh
  WriteRam = 0x60,  // to 7Fh
  TestPassword = 0xa4,
  DisableMouse = 0xa7,
  EnableMouse = 0xa8,
  TestMouse = 0xa9,
  SelfTest = 0xaa,
  TestKeyboard = 0xab,
  DisableKeyboard = 0xad,
  EnableKeyboard = 0xae,
  ReadInputPort = 0xc0,
  ReadOutputPort = 0xd0,
  WriteOutputPort = 0xd1,
  WriteKeyboardOutput = 0xd2,
  WriteMouseOutput = 0xd3,
  WriteMouse = 0xd4,
  DisableA20 = 0xdd,
  EnableA20 = 0xdf,
  ReadTestInputs = 0xe0,
  PulseOutput = 0xf0,  // to FFh
};
constexpr u8 number(Command command) { return static_cast<u8>(command); }

// Status register.
using OutputFull = Field<u8, 0>;
using SystemFlag = Field<u8, 2>;
using CommandLast = Field<u8, 3>;
using NotInhibited = Field<u8, 4>;
using MouseOutputFull = Field<u8, 5>;

// Command byte.
using KeyboardInterrupt = Field<u8, 0>;
using MouseInterrupt = Field<u8, 1>;
using CommandSystemFlag = Field<u8, 2>;
using KeyboardDisabled = Field<u8, 4>;
using MouseDisabled = Field<u8, 5>;
using Translate = Field<u8, 6>;

// Output port.
using NotReset = Field<u8, 0>;
using OpenA20 = Field<u8, 1>;
using KeyboardFull = Field<u8, 4>;
using MouseFull = Field<u8, 5>;
constexpr u8 kOutputLinesIdle = 0xc0;  // clock and data of the keyboard

constexpr u8 kSelfTestPassed = 0x55;
constexpr u8 kInterfaceGood = 0x00;
constexpr u8 kNoPassword = 0xf1;
/// Not inhibited, no manufacturing jumper, all RAM enabled.
constexpr u8 kInputPort = 0xb0;
constexpr u8 kRamIndexMask = 0x1f;
constexpr std::size_t kMaximumWaiting = 16;

/// Eleven bits at 12.5 kHz.
constexpr Picoseconds kByteTime = microseconds(880);
/// The controller's own next byte.
constexpr Picoseconds kControllerTime = microseconds(20);

}  // namespace

KeyboardController::KeyboardController(Scheduler& scheduler, Wiring wiring, Log& log)
    : scheduler_(scheduler),
      wiring_(wiring),
      log_(log),
      keyboard_(scheduler, *this),
      mouse_(scheduler, *this) {
  transfer_event_ = scheduler.add("i8042", 0, [this](Picoseconds) { transfer(); });
  reset();
}

void KeyboardController::reset() {
  keyboard_.reset();
  mouse_.reset();
  translator_.reset();
  scheduler_.cancel(transfer_event_);
  ram_ = {};
  ram_index_ = 0;
  expects_ = Expects::KeyboardByte;
  waiting_.clear();
  output_ = {};
  output_full_ = command_last_ = false;
  // The port's pins float high after reset.
  a20_ = true;
  wiring_.a20.set(A20Gate::Source::KeyboardController, a20_);
  update_lines();
}

void KeyboardController::update_lines() {
  const auto level = [](bool high) { return high ? Level::High : Level::Low; };
  const bool mouse = output_.source == Source::Mouse;
  wiring_.keyboard.set(level(output_full_ && !mouse && command_byte().get<KeyboardInterrupt>()));
  wiring_.mouse.set(level(output_full_ && mouse && command_byte().get<MouseInterrupt>()));
}

bool KeyboardController::devices_have_output() const {
  return (keyboard_.has_output() && !command_byte().get<KeyboardDisabled>()) ||
         (mouse_.has_output() && !command_byte().get<MouseDisabled>());
}

void KeyboardController::output_ready() {
  if (output_full_ || scheduler_.scheduled(transfer_event_)) return;
  if (!waiting_.empty()) {
    scheduler_.schedule_after(transfer_event_, kControllerTime);
  } else if (devices_have_output()) {
    scheduler_.schedule_after(transfer_event_, kByteTime);
  }
}

void KeyboardController::transfer() {
  if (output_full_) return;
  if (!waiting_.empty()) {
    const Output next = waiting_.front();
    waiting_.pop_front();
    deliver(next);
  } else if (!take_from_devices()) {
    output_ready();
  }
}

bool KeyboardController::take_from_devices() {
  while (keyboard_.has_output() && !command_byte().get<KeyboardDisabled>()) {
    u8 byte = keyboard_.take().value_or(0);
    if (command_byte().get<Translate>() && !translator_.translate(byte, byte)) continue;
    deliver({byte, Source::Keyboard});
    return true;
  }
  if (mouse_.has_output() && !command_byte().get<MouseDisabled>()) {
    deliver({mouse_.take().value_or(0), Source::Mouse});
    return true;
  }
  return false;
}

void KeyboardController::deliver(const Output& output) {
  output_ = output;
  output_full_ = true;
  update_lines();
}

void KeyboardController::respond(u8 byte, Source source) {
  if (!output_full_ && waiting_.empty()) {
    deliver({byte, source});
  } else if (waiting_.size() < kMaximumWaiting) {
    waiting_.push_back({byte, source});
    output_ready();
  }
}

u64 KeyboardController::read_data(u32, Width) {
  output_full_ = false;
  update_lines();
  output_ready();
  return output_.byte;
}

u64 KeyboardController::read_status(u32, Width) {
  u8 status = OutputFull::with(0, output_full_);
  status = MouseOutputFull::with(status, output_full_ && output_.source == Source::Mouse);
  status = SystemFlag::with(status, command_byte().get<CommandSystemFlag>());
  status = CommandLast::with(status, command_last_);
  return NotInhibited::with(status, true);
}

void KeyboardController::write_data(u32, Width, u64 value) {
  const u8 byte = static_cast<u8>(value);
  const Expects expects = expects_;
  expects_ = Expects::KeyboardByte;
  command_last_ = false;
  switch (expects) {
    case Expects::KeyboardByte:
      // Sending to the keyboard turns its clock on.
      write_ram(0, KeyboardDisabled::with(ram_[0], false));
      keyboard_.receive(byte);
      break;
    case Expects::RamByte:
      write_ram(ram_index_, byte);
      break;
    case Expects::OutputPort:
      write_output_port(byte);
      break;
    case Expects::KeyboardOutput:
      respond(byte, Source::Keyboard);
      break;
    case Expects::MouseOutput:
      respond(byte, Source::Mouse);
      break;
    case Expects::MouseByte:
      mouse_.receive(byte);
      break;
  }
}

void KeyboardController::write_ram(u8 index, u8 value) {
  ram_[index & kRamIndexMask] = value;
  if (index != 0) return;
  update_lines();
  output_ready();
}

u8 KeyboardController::output_port() const {
  u8 port = NotReset::with(kOutputLinesIdle, true);
  port = OpenA20::with(port, a20_);
  port = KeyboardFull::with(port, output_full_ && output_.source != Source::Mouse);
  return MouseFull::with(port, output_full_ && output_.source == Source::Mouse);
}

void KeyboardController::write_output_port(u8 value) {
  a20_ = OpenA20::get(value);
  wiring_.a20.set(A20Gate::Source::KeyboardController, a20_);
  if (!NotReset::get(value)) wiring_.control.request_processor_reset();
}

void KeyboardController::pulse_output(u8 command) {
  // The low bits that are zero go low for 6 us; only the reset line reacts to that.
  if (!NotReset::get(command)) wiring_.control.request_processor_reset();
}

void KeyboardController::write_command(u32, Width, u64 value) {
  const u8 command = static_cast<u8>(value);
  command_last_ = true;
  expects_ = Expects::KeyboardByte;
  if (command >= number(Command::PulseOutput)) {
    pulse_output(command);
  } else if ((command & ~kRamIndexMask) == number(Command::ReadRam)) {
    respond(ram_[command & kRamIndexMask]);
  } else if ((command & ~kRamIndexMask) == number(Command::WriteRam)) {
    ram_index_ = command & kRamIndexMask;
    expects_ = Expects::RamByte;
  } else {
    controller_command(command);
  }
}

void KeyboardController::controller_command(u8 command) {
  switch (static_cast<Command>(command)) {
    case Command::TestPassword:
      respond(kNoPassword);
      break;
    case Command::DisableMouse:
    case Command::EnableMouse:
      write_ram(0, MouseDisabled::with(ram_[0], command == number(Command::DisableMouse)));
      break;
    case Command::DisableKeyboard:
    case Command::EnableKeyboard:
      write_ram(0, KeyboardDisabled::with(ram_[0], command == number(Command::DisableKeyboard)));
      break;
    case Command::TestMouse:
    case Command::TestKeyboard:
      respond(kInterfaceGood);
      break;
    case Command::SelfTest:
      write_ram(0, CommandSystemFlag::with(ram_[0], true));
      respond(kSelfTestPassed);
      break;
    case Command::ReadInputPort:
      respond(kInputPort);
      break;
    case Command::ReadOutputPort:
      respond(output_port());
      break;
    case Command::WriteOutputPort:
      expects_ = Expects::OutputPort;
      break;
    case Command::WriteKeyboardOutput:
      expects_ = Expects::KeyboardOutput;
      break;
    case Command::WriteMouseOutput:
      expects_ = Expects::MouseOutput;
      break;
    case Command::WriteMouse:
      expects_ = Expects::MouseByte;
      break;
    case Command::DisableA20:
    case Command::EnableA20:
      write_output_port(OpenA20::with(output_port(), command == number(Command::EnableA20)));
      break;
    case Command::ReadTestInputs:
      respond(0);
      break;
    default:
      log_.unimplemented(LogCategory::Input, fmt::format("keyboard controller command {:02x}h", command));
      break;
  }
}

void KeyboardController::serialize(Archive& archive) {
  archive(keyboard_, mouse_, translator_, ram_, ram_index_, expects_, waiting_, output_, output_full_,
          command_last_, a20_);
  if (waiting_.size() > kMaximumWaiting || expects_ > Expects::MouseByte) {
    archive.fail("keyboard controller state is impossible");
    waiting_.clear();
    expects_ = Expects::KeyboardByte;
  }
  if (!archive.loading()) return;
  wiring_.a20.set(A20Gate::Source::KeyboardController, a20_);
  update_lines();
}

}  // namespace ringdown
