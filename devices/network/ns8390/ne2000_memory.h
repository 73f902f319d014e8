// What the DP8390 of an NE2000 finds on its local bus: the address PROM and 16 KiB of packet memory.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/ethernet.h"

namespace ringdown {

class Ne2000Memory {
 public:
  static constexpr u16 kRam = 0x4000;
  static constexpr u16 kRamSize = 0x4000;

  /// The PROM holds each byte twice, since it is 8 bits wide on a bus of 16: the station address, and 57h
  /// ("W") as the mark of a card in a 16-bit slot.
  explicit Ne2000Memory(const MacAddress& address) { set_address(address); }

  void set_address(const MacAddress& address) {
    for (unsigned i = 0; i < address.size(); ++i) prom_[2 * i] = prom_[2 * i + 1] = address[i];
    for (unsigned i = kPromMark; i < prom_.size(); ++i) prom_[i] = 'W';
  }

  u8 read(u16 address) const {
    if (address < kRam) return prom_[address % prom_.size()];
    if (address < kRam + kRamSize) return ram_[address - kRam];
    return 0xff;
  }
  void write(u16 address, u8 value) {
    if (address >= kRam && address < kRam + kRamSize) ram_[address - kRam] = value;
  }

  void serialize(Archive& archive) { archive(prom_, ram_); }

 private:
  static constexpr unsigned kPromMark = 28;

  std::array<u8, 32> prom_{};
  std::array<u8, kRamSize> ram_{};
};

}  // namespace ringdown
