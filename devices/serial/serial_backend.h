// Where a UART's line leads: a terminal, a file, a socket, a test.
#pragma once

#include <span>

#include "core/types.h"

namespace ringdown {

/// The far end of a serial line. Called on the machine's thread; it must not block.
class SerialBackend {
 public:
  virtual ~SerialBackend() = default;
  /// Characters the guest sent, each masked to the word length.
  virtual void transmit(std::span<const u8> characters) = 0;
  /// The guest began (true) or ended (false) a break condition.
  virtual void set_break(bool active) { static_cast<void>(active); }
};

/// A line that leads nowhere.
class NullSerialBackend final : public SerialBackend {
 public:
  void transmit(std::span<const u8>) override {}
};

}  // namespace ringdown
