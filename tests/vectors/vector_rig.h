// A processor with memory and nothing else, bare or under a monitor, set up in real mode from captured
// states.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/bus.h"
#include "core/log.h"
#include "core/memory.h"
#include "cpu/monitor/monitor.h"
#include "cpu/processor.h"
#include "tests/vectors/captured_cpu.h"
#include "tests/vectors/expectation.h"

namespace ringdown::test {

enum class VectorMode : u8 { Bare, BareSteps, TrapRing1, TrapRing3 };
inline constexpr std::array<VectorMode, 4> kVectorModes = {VectorMode::Bare, VectorMode::BareSteps,
                                                           VectorMode::TrapRing1, VectorMode::TrapRing3};
/// As records and the command line have it.
std::string_view mode_name(VectorMode mode);

class VectorRig {
 public:
  explicit VectorRig(VectorMode mode);
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

  Log log_;
  Bus ports_{"port", log_};
  Bus devices_{"memory", log_};
  MemoryStore store_;
  GuestMemory memory_{store_, devices_};
  std::unique_ptr<Processor> cpu_;
  std::optional<Monitor> monitor_;
  bool attached_ = false;
  u32 flags_ = 0;            // that are set up and compared
  bool ip_is_word_ = false;  // an HLT at FFFF leaves IP at 0, and EIP at 10000
  ExitReason exit_ = ExitReason::Budget;
  static constexpr unsigned kExceptions = 20;
  std::array<u64, kExceptions> raised_before_{};
  std::optional<u8> raised_;  // the exception of the last run
};

}  // namespace ringdown::test
