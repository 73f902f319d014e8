// The 8042 keyboard controller with a PS/2 keyboard and a PS/2 mouse plugged in.
#pragma once

#include <array>
#include <deque>
#include <span>

#include "core/archive.h"
#include "core/bus.h"
#include "core/field.h"
#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/machine_control.h"
#include "core/scheduler.h"
#include "devices/input/a20_gate.h"
#include "devices/input/ps2_keyboard.h"
#include "devices/input/ps2_mouse.h"
#include "devices/input/scan_codes.h"

namespace ringdown {

/// Source: IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller".
class KeyboardController final : public Ps2Host, public Serializable {
 public:
  struct Wiring {
    InterruptLine keyboard;  // IRQ1
    InterruptLine mouse;     // IRQ12
    A20Gate& a20;
    MachineControl& control;
  };
  KeyboardController(Scheduler& scheduler, Wiring wiring, Log& log);

  /// One port: 60h.
  BusRange& data_port() { return data_port_; }
  /// One port: 64h.
  BusRange& command_port() { return command_port_; }

  void reset();
  /// Whole sequences of scan code set 2, from the user.
  void keyboard_input(std::span<const u8> set_2) { keyboard_.keys(set_2); }
  void mouse_input(const Ps2Mouse::Movement& movement) { mouse_.move(movement); }
  const Ps2Keyboard& keyboard() const { return keyboard_; }

  void output_ready() override;

  ChunkTag chunk_tag() const override { return ChunkTag("KBC "); }
  void serialize(Archive& archive) override;

 private:
  enum class Source : u8 { Controller, Keyboard, Mouse };
  struct Output {
    u8 byte = 0;
    Source source = Source::Controller;
    void serialize(Archive& archive) { archive(byte, source); }
  };
  /// What the next byte written to the data port belongs to.
  enum class Expects : u8 { KeyboardByte, RamByte, OutputPort, KeyboardOutput, MouseOutput, MouseByte };
  static constexpr unsigned kRamSize = 32;

  u64 read_data(u32, Width);
  void write_data(u32, Width, u64 value);
  u64 read_status(u32, Width);
  void write_command(u32, Width, u64 value);

  Register<u8> command_byte() const { return Register<u8>(ram_[0]); }
  void write_ram(u8 index, u8 value);
  void controller_command(u8 command);
  void pulse_output(u8 command);
  u8 output_port() const;
  void write_output_port(u8 value);
  void respond(u8 byte, Source source = Source::Controller);
  void deliver(const Output& output);
  bool take_from_devices();
  bool devices_have_output() const;
  void transfer();
  void update_lines();

  Scheduler& scheduler_;
  Wiring wiring_;
  Log& log_;
  EventId transfer_event_;
  Ps2Keyboard keyboard_;
  Ps2Mouse mouse_;
  ScanCodeTranslator translator_;
  std::array<u8, kRamSize> ram_{};  // byte 0 is the command byte
  u8 ram_index_ = 0;
  Expects expects_ = Expects::KeyboardByte;
  std::deque<Output> waiting_;  // the controller's own bytes behind a full output buffer
  Output output_;
  bool output_full_ = false;
  bool command_last_ = false;
  bool a20_ = true;
  Window<KeyboardController, &KeyboardController::read_data, &KeyboardController::write_data> data_port_{
      *this};
  Window<KeyboardController, &KeyboardController::read_status, &KeyboardController::write_command>
      command_port_{*this};
};

}  // namespace ringdown
