// A code machine that forgets one guest for the next.
#pragma once

#include <vector>

#include "tests/support/code_machine.h"

namespace ringdown::test {

/// Making a machine takes far longer than running a short guest in it, so that fuzz targets keep theirs.
/// Memory holds what every guest starts from: the descriptor tables of CodeMachine with a recovery behind
/// each vector (`kRecover`), page tables of each paging mode, a second task.
class FuzzMachine : public CodeMachine {
 public:
  static constexpr u32 kFuzzRamSize = 0x8'8000;

  /// Exceptions and interrupts come here: it goes on with IRET to the next of the places in `kResume`,
  /// through the frame in `kFrame`. The other one is for real mode and virtual-8086 mode.
  static constexpr u32 kRecover = kHandlers + 0x400, kRecover16 = kHandlers + 0x500;
  static constexpr u32 kResumeIndex = kHandlers + 0xe00, kResume = kHandlers + 0xe10,
                       kFrame = kHandlers + 0xf00, kFrame16 = kHandlers + 0xf80;
  static constexpr u32 kResumePlaces = 8;

  /// Roots: of 4 KiB pages, of a 4 MiB page, and the page-directory pointers of PAE. Each maps the first 4
  /// MiB to themselves, twice.
  static constexpr u32 kLargeRoot = kTables + 0x2000, kPaeRoot = kTables + 0x3000,
                       kPaeDirectory = kTables + 0x4000, kPaeTable = kTables + 0x5000;

  /// GDT entries: one for each segment register, then a task, a gate to it, and a call gate to ring 0.
  static constexpr u16 segment_entry(unsigned segment) { return static_cast<u16>(kFree + 8 * segment); }
  static constexpr u16 kTask = kFree + 48, kTaskGate = kFree + 56, kCallGate = kFree + 64;
  static constexpr u32 kTaskState = kTables + 0x6000;

  explicit FuzzMachine(ProcessorConfig config, const CpuModel& model);

  /// Makes everything that a guest can see what it was behind construction, ticks too.
  void renew();
  /// Restores the processor with the bytes of its saved state changed so: offsets are taken modulo its size.
  /// What is not a state is refused, as it is from a file.
  struct ForgedByte {
    u16 offset = 0;
    u8 value = 0;
  };
  void forge(std::span<const ForgedByte> bytes);

 private:
  void place_recovery();
  void place_page_tables();
  void place_task();

  std::vector<std::byte> fresh_processor_;  // a state file
  std::vector<std::byte> fresh_memory_;
};

/// The machines of the process, made when first asked for: `use` tells apart those that run at once.
FuzzMachine& kept_machine(unsigned use, ProcessorConfig config, const CpuModel& model);

}  // namespace ringdown::test
