// A guest made from the bytes of a fuzz input: processor state, edits of its memory, events, and code.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_machine.h"

namespace ringdown::test {

/// Any bytes give one. Its state is one that software could have brought the processor into, apart from the
/// bytes that `forge` changes. Code lies at CodeMachine::kCode; the rest of memory is FuzzMachine's, edited.
class FuzzGuest {
 public:
  explicit FuzzGuest(std::span<const u8> bytes);

  const CpuModel& model() const { return model_; }

  /// Writes the guest into a machine that has been renewed.
  void install(FuzzMachine& machine) const;
  /// Changes bytes of the installed guest's processor state to what no software could have made of it.
  void forge(FuzzMachine& machine) const;
  /// Runs it to its end: a number of ticks, a halt for good, or shutdown.
  Exit run(FuzzMachine& machine) const;

  /// For a report: what kind of guest it is, and its code.
  std::string describe() const;

 private:
  enum class Mode : u8 { Real, Virtual8086, Protected16, Protected32 };
  enum class Tables : u8 { None, Small, Large, Pae };
  struct SegmentChoice {
    u8 kind = 0;
    u32 base = 0;
    u32 limit = 0;
  };
  struct Edit {
    u32 address = 0;
    u64 value = 0;
  };
  struct Occasion {
    enum class Kind : u8 { Interrupt, Nmi, Dma, A20 };
    Kind kind = Kind::Interrupt;
    Ticks after = 0;  // ticks behind the one before
    u32 address = 0;
    u32 value = 0;
  };

  void take_registers(FuzzInput& input);
  void take_lists(FuzzInput& input);
  void take_float(FuzzInput& input);

  bool protected_segments() const { return mode_ == Mode::Protected16 || mode_ == Mode::Protected32; }
  u64 descriptor_of(unsigned segment) const;
  SegmentRegister paragraph_of(unsigned segment) const;
  void install_segments(FuzzMachine& machine) const;
  void install_controls(FuzzMachine& machine) const;
  void install_frames(FuzzMachine& machine) const;
  static void happen(FuzzMachine& machine, const Occasion& occasion);

  const CpuModel& model_;
  Mode mode_ = Mode::Real;
  u8 ring_ = 0;
  Tables tables_ = Tables::None;
  bool has_breakpoints_ = false, has_float_ = false;
  Ticks ticks_ = 0;
  u32 cr0_ = 0, cr4_ = 0, eflags_ = 0;
  u64 efer_ = 0;
  std::array<u32, 8> gpr_{};
  std::array<SegmentChoice, kSegmentCount> segments_{};
  std::array<u32, 4> dr_{};
  u32 dr7_ = 0;
  std::vector<Occasion> occasions_;
  std::vector<Edit> edits_;
  std::vector<FuzzMachine::ForgedByte> forged_;
  X87State x87_;
  SseState sse_;
  std::vector<u8> code_;
};

}  // namespace ringdown::test
