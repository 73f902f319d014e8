// The host's end of a serial line: made from --serial, opened when the machine exists.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/input_seam.h"
#include "core/result.h"
#include "devices/serial/serial_backend.h"
#include "frontend/serial/serial_spec.h"

namespace ringdown {

/// Where the received characters of a port go, from any thread.
class SerialInput {
 public:
  SerialInput(InputSeam& inputs, unsigned port) : inputs_(inputs), port_(port) {}
  void characters(std::span<const u8> bytes) {
    inputs_.post(static_cast<InputChannel>(static_cast<unsigned>(InputChannel::Serial0) + port_),
                 {bytes.begin(), bytes.end()});
  }
  void send_break() { inputs_.post(InputChannel::SerialBreak, {static_cast<u8>(port_)}); }
  unsigned port() const { return port_; }

 private:
  InputSeam& inputs_;
  unsigned port_;
};

/// A backend in two steps: making it touches nothing, so that every option is checked before a file is
/// created.
class HostSerial : public SerialBackend {
 public:
  /// Opens, creates or connects. Errors name the option.
  virtual Result<void> open(SerialInput input) = 0;
  /// Flushes output and stops all threads; output afterwards is dropped.
  virtual void close() = 0;
};

/// For every kind but stdio. `notice` is told what the user must know, such as a pseudo-terminal's name.
std::unique_ptr<HostSerial> make_serial(const SerialSpec& spec,
                                        std::function<void(const std::string&)> notice);

}  // namespace ringdown
