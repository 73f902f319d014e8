// What the monitor counts: traps by cause and by instruction, instructions by ring.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

// Causes of traps, as --stats names them.
#define RINGDOWN_TRAP_CAUSES(X)                                                        \
  X(Sensitive, "sensitive", "the decoder marked a sensitive unprivileged instruction") \
  X(Privileged, "privileged", "the processor refused a privileged instruction")        \
  X(PageFault, "page_fault", "a page fault that the guest's own tables give")          \
  X(Exception, "exception", "any other exception of guest code")                       \
  X(Interrupt, "interrupt", "an external interrupt or NMI")                            \
  X(Debug, "debug", "a debug trap of a completed instruction")                         \
  X(HiddenFault, "hidden_fault", "the shadow page table lacked an entry")              \
  X(WriteProtect, "write_protect", "a store to a write-protected page table")          \
  X(Device, "device", "an access to memory-mapped registers")                          \
  X(Hypercall, "hypercall", "a paravirtual guest called")

enum class TrapCause : u8 {
#define RINGDOWN_TRAP_ENUMERATOR(id, name, text) id,
  RINGDOWN_TRAP_CAUSES(RINGDOWN_TRAP_ENUMERATOR)
#undef RINGDOWN_TRAP_ENUMERATOR
      Count
};

constexpr std::string_view name_of(TrapCause cause) {
  switch (cause) {
#define RINGDOWN_TRAP_NAME(id, name, text) \
  case TrapCause::id:                      \
    return name;
    RINGDOWN_TRAP_CAUSES(RINGDOWN_TRAP_NAME)
#undef RINGDOWN_TRAP_NAME
    case TrapCause::Count:
      break;
  }
  return "";
}

struct MonitorStatistics {
  std::array<u64, static_cast<std::size_t>(TrapCause::Count)> by_cause{};
  std::vector<u64> by_instruction;   // indexed by InstructionId
  u64 emulated = 0;                  // instructions whose effect the monitor produced or permitted
  u64 stale_segment = 0;             // instructions run with hidden segment state hardware could not hold
  std::array<u64, 4> virtual_cpl{};  // instructions by the guest's CPL

  /// The version of the monitor's chunk from which on that cause is saved.
  static constexpr u16 kHypercallsCounted = 4;

  u64& cause(TrapCause c) { return by_cause[static_cast<std::size_t>(c)]; }

  void serialize(Archive& archive) {
    const std::size_t causes = by_cause.size() - (archive.version() < kHypercallsCounted ? 1 : 0);
    for (std::size_t i = 0; i < causes; ++i) archive(by_cause[i]);
    archive(by_instruction, emulated, stale_segment, virtual_cpl);
  }
};

}  // namespace ringdown
