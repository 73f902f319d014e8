// An instruction that was run, as it is told afterwards, and the events around it.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "frontend/machine/machine.h"

namespace ringdown {

struct StepRecord {
  Ticks ticks = 0;  // retired before it
  u16 cs = 0;
  u32 eip = 0;
  u32 linear = 0;
  std::vector<u8> bytes;    // none where they cannot be read
  std::string disassembly;  // "(no instruction)" for bytes that are none
  std::string events;       // delivered before it or raised by it: "#PF", "interrupt 20h"

  /// The bytes in hexadecimal, without spaces.
  std::string hex() const;
};

/// The instruction at which the guest stands.
StepRecord record_step(Machine& machine);

/// Tells which events were delivered since it was made.
class EventWatch {
 public:
  explicit EventWatch(Machine& machine);
  std::string delivered() const;

 private:
  Machine& machine_;
  const std::array<u64, 256> exceptions_;
  const std::array<u64, 256> interrupts_;
};

/// Linear addresses to which the guest's interrupt table leads: where an event that is delivered next makes
/// it go on, unless by a task gate.
std::vector<u32> handler_addresses(Machine& machine);

}  // namespace ringdown
