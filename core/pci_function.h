// A PCI function: configuration space described by a table, base address registers, and the ranges they
// place.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/bus.h"
#include "core/field.h"
#include "core/types.h"

namespace ringdown {

/// Where a function sits on PCI bus 0.
struct PciAddress {
  u8 device = 0;    // 0 to 31
  u8 function = 0;  // 0 to 7
  friend constexpr bool operator==(PciAddress, PciAddress) = default;
};

/// INTA# to INTD# of a slot.
enum class PciPin : u8 { A = 0, B = 1, C = 2, D = 3 };

/// The input of the interrupt router that belongs to a pin of one function. Functions of one slot may share a
/// pin (wired OR), so each has its own input.
constexpr unsigned pci_router_input(PciAddress at, PciPin pin) {
  return static_cast<unsigned>(at.device) << 5 | static_cast<unsigned>(at.function) << 2 |
         static_cast<unsigned>(pin);
}
inline constexpr unsigned kPciRouterInputs = 32 * 8 * 4;

/// Offsets in the configuration space header (PCI Local Bus Specification 2.1, section 6.1).
namespace pci_offset {
inline constexpr u8 kVendorId = 0x00;
inline constexpr u8 kDeviceId = 0x02;
inline constexpr u8 kCommand = 0x04;
inline constexpr u8 kStatus = 0x06;
inline constexpr u8 kRevision = 0x08;
inline constexpr u8 kClassCode = 0x09;
inline constexpr u8 kLatencyTimer = 0x0d;
inline constexpr u8 kHeaderType = 0x0e;
inline constexpr u8 kBaseAddress0 = 0x10;
inline constexpr u8 kSubsystemVendorId = 0x2c;
inline constexpr u8 kSubsystemId = 0x2e;
inline constexpr u8 kExpansionRom = 0x30;
inline constexpr u8 kInterruptLine = 0x3c;
inline constexpr u8 kInterruptPin = 0x3d;
}  // namespace pci_offset

/// The command register.
namespace pci_command {
using IoSpace = Field<u16, 0>;
using MemorySpace = Field<u16, 1>;
using BusMaster = Field<u16, 2>;
}  // namespace pci_command

/// One register of a configuration space. Bits in neither mask are read-only and keep their reset value.
struct PciRegister {
  u8 offset;
  Width width;
  u32 reset;
  u32 writable = 0;
  u32 write_one_clears = 0;
};

/// What a base address register decodes.
enum class PciSpace : u8 { Io, Memory, PrefetchableMemory, Rom };

/// A range of a function that configuration software places in the port or memory address space.
struct PciWindow {
  PciSpace space;
  u32 length;
  BusRange* range;  // null: the function maps memory itself in `window_attached`
  Width widest;
  u8 config_offset;           // the register that places it
  std::optional<u32> placed;  // where it is attached now
};

/// Base of all PCI functions. Bits of the configuration space that no table row covers read zero.
class PciFunction : public Serializable {
 public:
  /// `name` stands in log lines and access counters. Later rows of `registers` override earlier ones.
  PciFunction(std::string name, std::span<const PciRegister> registers);
  PciFunction(const PciFunction&) = delete;
  PciFunction& operator=(const PciFunction&) = delete;

  const std::string& name() const { return name_; }

  /// Reads 1, 2 or 4 bytes; bytes beyond offset FFh read zero.
  u32 read_config(u8 offset, Width width) const;
  /// Writes through the masks. The bus updates the decoding of windows afterwards.
  void write_config(u8 offset, Width width, u32 value);
  /// The bus is about to read [offset, offset + length): registers whose value comes from elsewhere are
  /// brought up to date now.
  virtual void config_read_begins(u8 offset, unsigned length);

  /// RST#: every register takes its reset value. Derived classes call this first.
  virtual void reset();

  std::span<PciWindow> windows() { return windows_; }
  /// Where configuration space says a window belongs; none while its decoding is off. Windows that no base
  /// address register places are answered by the derived class.
  virtual std::optional<u32> window_base(std::size_t index) const;
  /// Called after a window was attached at, or detached from, `base`. A window that moves is detached first.
  virtual void window_attached(std::size_t index, u32 base);
  virtual void window_detached(std::size_t index, u32 base);

  void serialize(Archive& archive) override;

 protected:
  /// Declares base address register `bar` (0 to 5); `size` is a power of two (at least 4 for I/O, 16 for
  /// memory). Returns the window's index. Call from the constructor.
  std::size_t add_bar(unsigned bar, PciSpace space, u32 size, BusRange* range, Width widest = Width::Dword);
  /// Declares the expansion ROM register; `size` is a power of two, at least 2 KiB.
  std::size_t add_rom(u32 size, BusRange* range);
  /// Declares a window placed by a register of the function's own; `window_base` must answer for it.
  std::size_t add_window(PciSpace space, u32 length, BusRange* range, u8 config_offset,
                         Width widest = Width::Dword);

  /// Called after a write changed or touched [offset, offset + length).
  virtual void config_written(u8 offset, unsigned length);
  /// Called after a restore, when configuration space is valid again.
  virtual void config_restored() {}

  u8 config_byte(u8 offset) const { return config_[offset]; }
  u16 config_word(u8 offset) const { return static_cast<u16>(read_config(offset, Width::Word)); }
  u32 config_dword(u8 offset) const { return read_config(offset, Width::Dword); }
  /// Changes a register from inside, past the masks.
  void set_config_byte(u8 offset, u8 value) { config_[offset] = value; }
  /// Changes what a write replaces, for registers with lock bits. Not saved: set it again in
  /// `config_restored`.
  void set_writable_byte(u8 offset, u8 mask) { writable_[offset] = mask; }

 private:
  void declare(const PciRegister& reg);

  std::string name_;
  std::array<u8, 256> config_{};
  std::array<u8, 256> reset_{};
  std::array<u8, 256> writable_{};
  std::array<u8, 256> write_one_clears_{};
  std::vector<PciWindow> windows_;
};

}  // namespace ringdown
