// The keys that --serial stdio keeps for itself: Ctrl-A and one more.
#pragma once

#include <span>
#include <vector>

#include "core/types.h"

namespace ringdown {

enum class EscapeAction : u8 { None, Quit, Turbo, Help, Break, Console };

/// Splits typed bytes into what the guest gets and what they ask of the emulator.
class EscapeKeys {
 public:
  struct Step {
    std::vector<u8> for_guest;  // before the action
    EscapeAction action = EscapeAction::None;
  };
  /// Takes bytes from the front of `typed` up to and including the next action, or all of them.
  Step take(std::span<const u8>& typed);

  static constexpr u8 kEscape = 0x01;  // Ctrl-A

 private:
  bool escaped_ = false;
};

}  // namespace ringdown
