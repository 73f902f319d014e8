// The memory space of a controller: which registers there are, and what they hold.
#pragma once

#include <array>
#include <optional>

#include "core/archive.h"
#include "devices/network/e1000/chip.h"
#include "devices/network/e1000/registers.h"

namespace ringdown::e1000 {

/// What a reset spares.
enum class Resetting : u8 {
  Power,     // RST#: everything
  Software,  // CTRL.RST: all but packet buffer allocation and wake-up registers
};

/// Values of all registers that have one of their own.
class RegisterFile {
 public:
  /// Bytes of the space in which there are registers. Behind them only the packet buffer could be seen.
  static constexpr u32 kLength = 0x9c00;

  explicit RegisterFile(Chip chip);

  /// The register at a byte offset, whichever of its two places that is; none if there is nothing.
  std::optional<Offset> find(u32 offset) const;

  u32 operator[](Offset offset) const { return values_[index(offset)]; }
  template <class F>
  auto get(Offset offset) const {
    return F::get((*this)[offset]);
  }

  /// What a guest writes: bits that are not writable keep their value.
  void write(Offset offset, u32 value);
  /// What the device itself puts there.
  void set(Offset offset, u32 value) { values_[index(offset)] = value; }
  template <class F, class T>
  void set(Offset offset, T field) {
    set(offset, F::with((*this)[offset], field));
  }

  void reset(Resetting kind);
  void serialize(Archive& archive);

 private:
  static constexpr std::size_t index(Offset offset) { return static_cast<u32>(offset) / sizeof(u32); }

  Chip chip_;
  std::array<u32, kLength / sizeof(u32)> values_{};
};

}  // namespace ringdown::e1000
