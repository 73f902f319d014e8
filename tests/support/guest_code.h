// A machine of processor and memory that runs a few bytes of guest code and says how they ended.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/bus.h"
#include "core/log.h"
#include "core/memory.h"
#include "cpu/processor.h"

namespace ringdown::test {

/// How the code runs: each selects other handlers for the same instruction.
enum class CodeMode : u8 {
  Flat32,       // protected mode, segments without limit
  Segmented32,  // protected mode, every segment has the limit kSegmentLimit
  Real16,       // segments as the test sets them, zero at first
};

/// How code ended.
struct Outcome {
  bool completed = false;        // at the HLT behind the code
  std::optional<Vector> vector;  // the exception that ended it instead
  u32 error_code = 0;            // of the exception, if it has one
  u32 eip = 0;                   // where the exception was raised
  Ticks ticks = 0;               // retired instructions, without the HLT that ends the run
};

class GuestCode {
 public:
  static constexpr u32 kCode = 0x1'0000;
  static constexpr u32 kData = 0x2'0000;
  static constexpr u32 kStackTop = 0x9000;
  static constexpr u32 kRamSize = 0x10'0000;
  static constexpr u32 kSegmentLimit = 0x7'ffff;
  /// In real mode the code lies at this paragraph, offset 0.
  static constexpr u16 kCodeParagraph = kCode >> 4;

  explicit GuestCode(CodeMode mode, ProcessorConfig config = {});

  Processor& cpu() { return *cpu_; }
  GuestMemory& memory() { return memory_; }

  u32 get(Gpr reg) const { return cpu_->registers.get(reg); }
  void set(Gpr reg, u32 value) { cpu_->registers.set(reg, value); }
  u32 status() const { return cpu_->registers.flags.status(); }
  void set_status(u32 flags) { cpu_->registers.flags.assign_status(flags); }

  /// Memory at a linear address.
  template <class T>
  T read(u32 linear) const {
    return memory_.read_value<T>(GuestPhysical(linear));
  }
  template <class T>
  void write(u32 linear, T value) {
    memory_.write_value(GuestPhysical(linear), value);
  }
  void place(u32 linear, std::span<const u8> bytes);

  /// In real mode: loads a segment register. Takes effect at the next run.
  void set_segment(Segment segment, u16 paragraph);

  /// Runs `code` from kCode, followed by HLT. Registers and memory are what the test set, or the last run
  /// left. With `limit`, at most that many instructions; the outcome is then not completed.
  Outcome run(std::span<const u8> code, Ticks limit = 100'000);
  Outcome run(std::initializer_list<u8> code, Ticks limit = 100'000) {
    return run(std::span<const u8>(code.begin(), code.size()), limit);
  }
  /// Goes on after a run that its limit ended.
  Outcome go_on(Ticks limit = 100'000);

 private:
  void build_tables();
  void set_up_protected();

  CodeMode mode_;
  Log log_;
  Bus ports_{"port", log_};
  Bus devices_{"memory", log_};
  MemoryStore store_;
  GuestMemory memory_{store_, devices_};
  std::unique_ptr<Processor> cpu_;
  u32 code_end_ = 0;  // EIP behind the last HLT
};

}  // namespace ringdown::test
