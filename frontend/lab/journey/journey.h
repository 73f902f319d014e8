// One call of a guest's application into its kernel, followed through the monitor and back.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "cpu/monitor/statistics.h"
#include "mmu/paging_technique.h"

namespace ringdown {

/// What is followed: name on the command line and in JSON, what it is.
#define RINGDOWN_JOURNEYS(X)                           \
  X(Int80, "int80", "a system call by INT 80h")        \
  X(Sysenter, "sysenter", "a system call by SYSENTER") \
  X(PageFault, "page-fault", "a page fault of the application")

enum class JourneyKind : u8 {
#define RINGDOWN_JOURNEY_ENUMERATOR(id, name, text) id,
  RINGDOWN_JOURNEYS(RINGDOWN_JOURNEY_ENUMERATOR)
#undef RINGDOWN_JOURNEY_ENUMERATOR
};
#define RINGDOWN_JOURNEY_KIND(id, name, text) JourneyKind::id,
inline constexpr std::array kJourneyKinds{RINGDOWN_JOURNEYS(RINGDOWN_JOURNEY_KIND)};
#undef RINGDOWN_JOURNEY_KIND
std::string_view name_of(JourneyKind kind);
std::string_view describe(JourneyKind kind);

/// An item of the virtual state that is not what it was.
struct StateChange {
  std::string item;
  std::string before;
  std::string after;
};

/// One entry to the monitor, and what it went back to.
struct Crossing {
  TrapCause cause = TrapCause::Count;
  std::string instruction;  // disassembled; empty for an event between two
  std::optional<u8> vector;
  std::optional<u16> error_code;
  u8 virtual_ring_before = 0;
  u8 virtual_ring_after = 0;
  u8 physical_ring_before = 0;
  u8 physical_ring_after = 0;
  u16 cs = 0;  // as the guest knows it
  u32 eip = 0;
  std::string did;  // what the monitor did about it
  std::vector<StateChange> changes;
  u64 instructions_since = 0;  // of the guest since the crossing before
  u64 host_ns_since = 0;       // in which it ran them
  u64 host_ns_inside = 0;      // in the monitor
  bool exits_under_vtx = false;
};

/// Its instruction, in few words; for an event between two, its cause.
std::string instruction_text(const Crossing& crossing);
/// "IF 0 -> 1, CS 0008 -> 001b".
std::string changes_text(const Crossing& crossing);

/// Who runs at a virtual ring.
constexpr std::string_view runs_at(u8 virtual_ring) { return virtual_ring == 3 ? "application" : "kernel"; }

struct Journey {
  JourneyKind kind = JourneyKind::Int80;
  u64 number = 0;  // the how many-eth of its kind in this run
  Technique technique = Technique::Shadow;
  Deprivilege deprivilege = Deprivilege::Ring1;
  std::vector<Crossing> crossings;
  u64 instructions = 0;  // of the guest, from the call to the instruction behind it

  /// Of these, the ones that ran without the monitor.
  u64 direct_instructions() const;
  u64 host_ns_inside() const;
  u64 host_ns_outside() const;
  u64 exits_under_vtx() const;
};

/// A table for a person, and what it amounts to.
std::string journey_text(const Journey& journey);
/// An array with one object for each.
std::string journeys_json(const std::vector<Journey>& journeys);
/// A picture: three lanes, and a step down them for each crossing. Complete in itself, and fit to stand in a
/// page.
std::string journeys_svg(const std::vector<Journey>& journeys);

}  // namespace ringdown
