// The serial line on this terminal: standard input and output, raw, with Ctrl-A as the way out.
#pragma once

#include <termios.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "frontend/serial/escape_keys.h"
#include "frontend/serial/host_serial.h"
#include "frontend/serial/line_editor.h"
#include "frontend/serial/output_queue.h"
#include "frontend/sockets/descriptor.h"

namespace ringdown {

/// A terminal's settings without echo, line editing and signal keys, put back when the object goes.
class RawMode {
 public:
  /// Does nothing if `fd` is no terminal.
  explicit RawMode(int fd);
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  bool active() const { return original_.has_value(); }

 private:
  int fd_;
  std::optional<termios> original_;
};

/// Text with lines as a raw terminal needs them: carriage return and line feed.
std::string with_carriage_returns(std::string_view text);

class StdioSerial final : public HostSerial {
 public:
  /// Called on the reader's thread.
  struct Hooks {
    std::function<void()> quit;
    std::function<void()> toggle_turbo;
    std::function<void(std::string line)> console_line;
  };
  explicit StdioSerial(Hooks hooks) : hooks_(std::move(hooks)) {}
  ~StdioSerial() override { close(); }

  Result<void> open(SerialInput input) override;
  void close() override;
  void transmit(std::span<const u8> characters) override { output_.write(characters); }
  /// Console output, from any thread. The prompt follows if the console is open and `prompt` asks for it.
  enum class Prompt : bool { No, Yes };
  void print(std::string_view text, Prompt prompt = Prompt::No);
  /// The terminal shows output as it is, without adding carriage returns.
  bool raw() const { return raw_ && raw_->active(); }

 private:
  void run();
  void typed(std::span<const u8> bytes);
  void act(EscapeAction action);
  void to_console(std::span<const u8> bytes);

  Hooks hooks_;
  std::optional<RawMode> raw_;
  std::optional<SerialInput> input_;
  OutputQueue output_;
  WakePipe stop_;
  EscapeKeys escape_;
  LineEditor line_;
  std::atomic<bool> console_ = false;
  std::thread thread_;
};

}  // namespace ringdown
