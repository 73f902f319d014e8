// The x87 environment and state as FSTENV and FSAVE lay them out in memory, in the four formats.
#pragma once

#include <array>
#include <span>

#include "cpu/float/x87_state.h"
#include "cpu/operation.h"

namespace ringdown {
class Processor;
}

namespace ringdown::x87 {

/// Formats by operand size and mode (Intel SDM vol. 1, figures 8-9 to 8-12). Real mode includes virtual-8086.
enum class EnvironmentFormat : u8 { Protected32, Real32, Protected16, Real16 };
EnvironmentFormat environment_format(const Processor& cpu, const Operation& op);

/// Writes the control word as FLDCW does: only what exists changes.
void set_control(X87State& x, u16 value);

/// One image in the guest's layout: 14 or 28 bytes of environment, then eight registers of ten bytes, ST(0)
/// first.
class EnvironmentImage {
 public:
  explicit EnvironmentImage(EnvironmentFormat format) : format_(format) {}

  std::span<std::byte> environment() { return std::span(bytes_).first(environment_size()); }
  std::span<std::byte> whole() { return std::span(bytes_).first(environment_size() + kRegistersSize); }

  void store_environment(const X87State& x);
  void store_registers(const X87State& x);
  /// Leaves ES and B to be recomputed.
  void load_environment(X87State& x) const;
  void load_registers(X87State& x) const;

 private:
  static constexpr std::size_t kRegisterSize = 10;
  static constexpr std::size_t kRegistersSize = 8 * kRegisterSize;

  bool is_wide() const {
    return format_ == EnvironmentFormat::Protected32 || format_ == EnvironmentFormat::Real32;
  }
  std::size_t slot_size() const { return is_wide() ? 4 : 2; }
  std::size_t environment_size() const { return 7 * slot_size(); }
  /// The environment is seven slots of 16 or 32 bits.
  void put(unsigned slot, u32 value);
  u32 get(unsigned slot) const;

  EnvironmentFormat format_;
  std::array<std::byte, 28 + kRegistersSize> bytes_{};
};

}  // namespace ringdown::x87
