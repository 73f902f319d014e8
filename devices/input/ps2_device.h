// What an 8042 and the devices on its two PS/2 connectors know of each other.
#pragma once

#include <optional>

#include "core/types.h"

namespace ringdown {

/// A keyboard or mouse, seen from its wire.
class Ps2Device {
 public:
  virtual ~Ps2Device() = default;
  /// A byte from the host.
  virtual void receive(u8 byte) = 0;
  virtual bool has_output() const = 0;
  /// The next byte to the host; nothing if there is none.
  virtual std::optional<u8> take() = 0;
};

/// The other end of the wire.
class Ps2Host {
 public:
  virtual ~Ps2Host() = default;
  /// A device has bytes to send.
  virtual void output_ready() = 0;
};

}  // namespace ringdown
