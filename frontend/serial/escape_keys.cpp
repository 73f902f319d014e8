// Ctrl-A x, t, h, b, a and c, as QEMU's users know them.
#include "frontend/serial/escape_keys.h"

namespace ringdown {

namespace {

EscapeAction action_of(u8 key) {
  switch (key) {
    case 'x':
      return EscapeAction::Quit;
    case 'h':
    case '?':
      return EscapeAction::Help;
    case 't':
      return EscapeAction::Turbo;
    case 'b':
      return EscapeAction::Break;
    case 'c':
      return EscapeAction::Console;
    default:
      return EscapeAction::None;
  }
}

}  // namespace

EscapeKeys::Step EscapeKeys::take(std::span<const u8>& typed) {
  Step step;
  while (!typed.empty()) {
    const u8 key = typed.front();
    typed = typed.subspan(1);
    if (!escaped_) {
      escaped_ = key == kEscape;
      if (!escaped_) step.for_guest.push_back(key);
      continue;
    }
    escaped_ = false;
    step.action = action_of(key);
    if (step.action != EscapeAction::None) return step;
    // Ctrl-A a, or Ctrl-A twice: the guest gets Ctrl-A. Any other key is not for anybody.
    if (key == 'a' || key == kEscape) step.for_guest.push_back(kEscape);
  }
  return step;
}

}  // namespace ringdown
