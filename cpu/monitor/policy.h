// What happens to sensitive unprivileged instructions: trap, run directly where that is unobservable, or be
// let through onto the physical state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "cpu/instruction_table.h"
#include "cpu/privileged_state.h"

namespace ringdown {

/// The circumstances a decision depends on, small enough to be part of every block's identity.
struct PolicyKey {
  bool user : 1 = false;       // virtual CPL 3
  bool paragraph : 1 = false;  // virtual real or virtual-8086 mode
  /// User PUSHF and POPF act as on the physical state: not paragraph, IF=1, IOPL=0, VIF=VIP=0.
  bool flags_same : 1 = false;

  u8 value() const { return static_cast<u8>((user ? 1 : 0) | (paragraph ? 2 : 0) | (flags_same ? 4 : 0)); }
  static PolicyKey from_value(u8 value) {
    return {.user = (value & 1) != 0, .paragraph = (value & 2) != 0, .flags_same = (value & 4) != 0};
  }
  static PolicyKey of(const PrivilegedState& virtual_state);
};

class Policy {
 public:
  Policy();

  /// Lets the forms of a comma-separated list run on the physical state ("all", or names as `names` gives
  /// them). The error names the word that is none, and nothing is changed then.
  Result<void> let_through(std::string_view list);
  /// Has also those forms trap that nobody could tell from trapped ones: what it costs a monitor that does
  /// not look so closely.
  void trap_unobservable() { traps_unobservable_ = true; }
  /// Has the forms of such a list trap again.
  Result<void> trap(std::string_view list);
  bool lets_anything_through() const { return any_let_through_; }
  bool lets_through(InstructionId id) const { return let_through_[id]; }

  /// Whether the decoder must stop at this instruction: `op`, of `row`.
  bool stops(const InstructionRow& row, const Operation& op, PolicyKey key) const;

  /// The sensitive unprivileged rows, in table order.
  static std::vector<std::string_view> names();

 private:
  enum class Treatment : u8 { Trapped, LetThrough };
  Result<void> treat(std::string_view list, Treatment treatment);
  static InstructionId id_of(const InstructionRow& row);
  static bool unobservable(const InstructionRow& row, const Operation& op, PolicyKey key);

  std::vector<bool> let_through_;
  bool any_let_through_ = false;
  bool traps_unobservable_ = false;
};

}  // namespace ringdown
