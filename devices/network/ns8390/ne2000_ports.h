// The 32 ports of an NE2000: the controller's registers, the data port and the reset port.
#pragma once

#include <optional>

#include "core/bus.h"
#include "devices/network/ns8390/ns8390.h"

namespace ringdown {

/// Registers that a card's maker added to the controller's.
class MakerRegisters {
 public:
  virtual ~MakerRegisters() = default;
  /// Nothing: the controller answers.
  virtual std::optional<u8> read(unsigned page, unsigned offset) const = 0;
  /// On page 3, which the controller leaves alone.
  virtual void write(unsigned offset, u8 value) = 0;
};

class Ne2000Ports final : public BusRange {
 public:
  static constexpr u32 kLength = 32;

  /// `maker` may be null: a plain NE2000.
  explicit Ne2000Ports(Ns8390& controller, MakerRegisters* maker = nullptr)
      : controller_(controller), maker_(maker) {}

  u64 read(u32 offset, Width width) override;
  void write(u32 offset, Width width, u64 value) override;

 private:
  u8 read_register(unsigned offset);

  Ns8390& controller_;
  MakerRegisters* maker_;
};

}  // namespace ringdown
