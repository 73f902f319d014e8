// A machine of one mode, set up in real mode from captured states.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "tests/support/moded_machine.h"
#include "tests/vectors/captured_cpu.h"
#include "tests/vectors/expectation.h"

namespace ringdown::test {

class VectorRig {
 public:
  explicit VectorRig(MachineMode mode);
  VectorRig(const VectorRig&) = delete;
  VectorRig& operator=(const VectorRig&) = delete;

  /// Runs a test from its initial state to HLT. Interrupt vectors that the test does not define lead to an
  /// HLT each.
  void run(const MooTest& test, const CapturedCpuTraits& cpu);

  /// Bits that are compared besides: masks of registers, and flags that are left out both in FLAGS and where
  /// an exception pushed them.
  struct Masks {
    const MooRegisters& file;
    u32 ignored_flags = 0;
  };
  /// What differs in the state that `run` has left, or nothing.
  std::string compare(const Expectation& expectation, const Masks& masks);
  /// The flags that a test is about: those pushed if it expects an exception.
  u32 tested_flags(const MooTest& test);

 private:
  void set_up(const MooTest& test);
  void set_registers(const MooRegisters& registers);
  void place_handlers(const MooTest& test);
  void note_exceptions();
  u32 value(MooRegister reg);
  u32 mask(MooRegister reg, const MooTest& test, const Masks& masks) const;
  std::string compare_registers(const Expectation& expectation, const Masks& masks);
  std::string compare_memory(const MooTest& test, const Masks& masks);

  ModedMachine machine_;
  Processor& cpu_ = machine_.cpu();
  GuestMemory& memory_ = machine_.memory();
  u32 flags_ = 0;            // that are set up and compared
  bool ip_is_word_ = false;  // an HLT at FFFF leaves IP at 0, and EIP at 10000
  ExitReason exit_ = ExitReason::Budget;
  static constexpr unsigned kExceptions = 20;
  std::array<u64, kExceptions> raised_before_{};
  std::optional<u8> raised_;  // the exception of the last run
};

}  // namespace ringdown::test
