// What a case left, and where two outcomes differ.
#pragma once

#include <optional>
#include <string>

#include "cpu/fault.h"
#include "frontend/lab/classify/engine/case.h"
#include "frontend/lab/classify/engine/resources.h"

namespace ringdown::classify {

enum class End : u8 {
  Completed,
  Trapped,        // to the supervisor
  MemoryTrapped,  // for want of access to memory, which Popek and Goldberg leave out
};

/// Whether an exception is what Popek and Goldberg call a memory trap.
constexpr bool is_memory_trap(Vector vector) {
  switch (vector) {
    case Vector::PageFault:
    case Vector::SegmentNotPresent:
    case Vector::StackFault:
    case Vector::AlignmentCheck:
      return true;
    case Vector::DivideError:
    case Vector::Debug:
    case Vector::Nmi:
    case Vector::Breakpoint:
    case Vector::Overflow:
    case Vector::BoundRange:
    case Vector::InvalidOpcode:
    case Vector::DeviceNotAvailable:
    case Vector::DoubleFault:
    case Vector::CoprocessorOverrun:
    case Vector::InvalidTss:
    case Vector::GeneralProtection:
    case Vector::FloatingPoint:
    case Vector::MachineCheck:
    case Vector::SimdFloatingPoint:
      return false;
  }
  return false;
}

/// "#GP"
std::string_view vector_text(u8 vector);

struct Outcome {
  End end = End::Completed;
  u8 vector = 0;
  // The rest holds where it completed. What the program itself has:
  std::array<u32, 8> gpr{};
  u32 eip = 0;
  u32 flags = 0;
  std::array<u16, kSegmentCount> selectors_before{};
  std::array<u16, kSegmentCount> selectors{};
  X87State x87;
  SseState sse;
  std::array<u8, kPageSize> data{};  // of its page of data
  // And what it changed besides.
  std::vector<Change> changes;

  bool completed() const { return end == End::Completed; }
};

/// One thing that a program sees, in each of two outcomes.
struct Difference {
  std::string what;
  std::string first;
  std::string second;
};

/// The first difference in what the program has, of two outcomes that completed; none if there is none. What
/// is the same but for the privilege level or the place in which the program runs is the same: a selector
/// register that the instruction left alone; the x87 unit's note of the selector that an instruction ran
/// with.
std::optional<Difference> find_difference(const Outcome& a, const Outcome& b);

}  // namespace ringdown::classify
