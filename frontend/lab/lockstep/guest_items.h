// What a guest can see of its processor, by name: the one list that runs are compared by.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "frontend/machine/machine.h"

namespace ringdown {

/// One item, of one machine. It stays where it is as long as the machine lives and is not reset.
struct GuestItem {
  std::string name;
  /// Where the machine keeps it; empty if it is made of several parts.
  std::span<std::byte> stored{};
  /// Makes it then.
  u64 (*derived)(Machine& machine) = nullptr;
  /// Says what the number means.
  std::string (*meaning)(u64 value) = nullptr;

  unsigned digits() const { return derived != nullptr ? 8 : 2 * static_cast<unsigned>(stored.size()); }
};

/// A value of any item: its bytes, the lowest first.
u128 value_of(const GuestItem& item, Machine& machine);
/// In hexadecimal, with its meaning where there is one: "00000246 PF ZF IF".
std::string text_of(const GuestItem& item, u128 value);
/// The number alone.
std::string digits_of(const GuestItem& item, u128 value);

/// General registers, EIP, EFLAGS, segment registers with their hidden parts, LDTR, TR, GDTR, IDTR, control
/// registers, PDPTEs, debug registers, model-specific registers, CPL, interrupt shadow, activity, NMI
/// blocking, pending debug traps, the pins, x87, SSE, instructions and virtual time; all as the guest
/// believes in them, whatever runs it. (PrivilegedState::fault_chain is no guest's: it explains triple
/// faults.) The same names in the same order for every machine.
std::vector<GuestItem> guest_items(Machine& machine);

/// The machine's parts beside the processor and RAM that keep state: clock, inputs, devices.
struct GuestPart {
  std::string name;  // the tag of its chunk in a state file
  Serializable* part = nullptr;
};
std::vector<GuestPart> guest_parts(Machine& machine);

}  // namespace ringdown
