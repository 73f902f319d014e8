// SDL's key positions as keys of a PC keyboard.
#include "frontend/display/sdl_keys.h"

#include <algorithm>
#include <array>

namespace ringdown {

namespace {

struct Row {
  SDL_Scancode scancode;
  Key key;
};

constexpr std::array kRows = std::to_array<Row>({
    {SDL_SCANCODE_GRAVE, Key::Grave},
    {SDL_SCANCODE_MINUS, Key::Minus},
    {SDL_SCANCODE_EQUALS, Key::Equals},
    {SDL_SCANCODE_LEFTBRACKET, Key::LeftBracket},
    {SDL_SCANCODE_RIGHTBRACKET, Key::RightBracket},
    {SDL_SCANCODE_BACKSLASH, Key::Backslash},
    {SDL_SCANCODE_NONUSHASH, Key::Backslash},
    {SDL_SCANCODE_NONUSBACKSLASH, Key::NonUsBackslash},
    {SDL_SCANCODE_SEMICOLON, Key::Semicolon},
    {SDL_SCANCODE_APOSTROPHE, Key::Apostrophe},
    {SDL_SCANCODE_COMMA, Key::Comma},
    {SDL_SCANCODE_PERIOD, Key::Period},
    {SDL_SCANCODE_SLASH, Key::Slash},
    {SDL_SCANCODE_SPACE, Key::Space},
    {SDL_SCANCODE_RETURN, Key::Enter},
    {SDL_SCANCODE_TAB, Key::Tab},
    {SDL_SCANCODE_BACKSPACE, Key::Backspace},
    {SDL_SCANCODE_ESCAPE, Key::Escape},
    {SDL_SCANCODE_CAPSLOCK, Key::CapsLock},
    {SDL_SCANCODE_LSHIFT, Key::LeftShift},
    {SDL_SCANCODE_RSHIFT, Key::RightShift},
    {SDL_SCANCODE_LCTRL, Key::LeftControl},
    {SDL_SCANCODE_RCTRL, Key::RightControl},
    {SDL_SCANCODE_LALT, Key::LeftAlt},
    {SDL_SCANCODE_RALT, Key::RightAlt},
    {SDL_SCANCODE_LGUI, Key::LeftGui},
    {SDL_SCANCODE_RGUI, Key::RightGui},
    {SDL_SCANCODE_APPLICATION, Key::Menu},
    {SDL_SCANCODE_PRINTSCREEN, Key::PrintScreen},
    {SDL_SCANCODE_SYSREQ, Key::SysRq},
    {SDL_SCANCODE_SCROLLLOCK, Key::ScrollLock},
    {SDL_SCANCODE_PAUSE, Key::Pause},
    {SDL_SCANCODE_INSERT, Key::Insert},
    {SDL_SCANCODE_DELETE, Key::Delete},
    {SDL_SCANCODE_HOME, Key::Home},
    {SDL_SCANCODE_END, Key::End},
    {SDL_SCANCODE_PAGEUP, Key::PageUp},
    {SDL_SCANCODE_PAGEDOWN, Key::PageDown},
    {SDL_SCANCODE_UP, Key::Up},
    {SDL_SCANCODE_DOWN, Key::Down},
    {SDL_SCANCODE_LEFT, Key::Left},
    {SDL_SCANCODE_RIGHT, Key::Right},
    {SDL_SCANCODE_NUMLOCKCLEAR, Key::NumLock},
    {SDL_SCANCODE_KP_DIVIDE, Key::KeypadDivide},
    {SDL_SCANCODE_KP_MULTIPLY, Key::KeypadMultiply},
    {SDL_SCANCODE_KP_MINUS, Key::KeypadSubtract},
    {SDL_SCANCODE_KP_PLUS, Key::KeypadAdd},
    {SDL_SCANCODE_KP_ENTER, Key::KeypadEnter},
    {SDL_SCANCODE_KP_PERIOD, Key::KeypadDecimal},
    {SDL_SCANCODE_KP_0, Key::Keypad0},
});

/// Runs of positions that both tables count in the same order.
struct Run {
  SDL_Scancode first;
  SDL_Scancode last;
  Key key;
};
constexpr std::array kRuns = std::to_array<Run>({
    {SDL_SCANCODE_A, SDL_SCANCODE_Z, Key::A},
    {SDL_SCANCODE_1, SDL_SCANCODE_9, Key::Digit1},
    {SDL_SCANCODE_0, SDL_SCANCODE_0, Key::Digit0},
    {SDL_SCANCODE_F1, SDL_SCANCODE_F12, Key::F1},
    {SDL_SCANCODE_KP_1, SDL_SCANCODE_KP_9, Key::Keypad1},
});

}  // namespace

std::optional<Key> key_of_sdl(SDL_Scancode scancode, unsigned modifiers) {
  if (scancode == SDL_SCANCODE_PAUSE && (modifiers & KMOD_CTRL) != 0) return Key::Break;
  if (scancode == SDL_SCANCODE_PRINTSCREEN && (modifiers & KMOD_ALT) != 0) return Key::SysRq;
  for (const Run& run : kRuns) {
    if (scancode >= run.first && scancode <= run.last) {
      return static_cast<Key>(static_cast<int>(run.key) + (scancode - run.first));
    }
  }
  const auto found = std::find_if(kRows.begin(), kRows.end(),
                                  [scancode](const Row& row) { return row.scancode == scancode; });
  if (found == kRows.end()) return std::nullopt;
  return found->key;
}

}  // namespace ringdown
