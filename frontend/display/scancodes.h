// The keys of a 104-key keyboard and the scan codes of set 2 that they send.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace ringdown {

// Key, name in commands, whether E0h precedes the code, code (IBM keyboard technical reference, "Scan Code
// Set 2"). Print Screen and Pause send longer sequences; their rows hold the last code.
#define RINGDOWN_KEYS(ROW)                        \
  ROW(A, "a", false, 0x1c)                        \
  ROW(B, "b", false, 0x32)                        \
  ROW(C, "c", false, 0x21)                        \
  ROW(D, "d", false, 0x23)                        \
  ROW(E, "e", false, 0x24)                        \
  ROW(F, "f", false, 0x2b)                        \
  ROW(G, "g", false, 0x34)                        \
  ROW(H, "h", false, 0x33)                        \
  ROW(I, "i", false, 0x43)                        \
  ROW(J, "j", false, 0x3b)                        \
  ROW(K, "k", false, 0x42)                        \
  ROW(L, "l", false, 0x4b)                        \
  ROW(M, "m", false, 0x3a)                        \
  ROW(N, "n", false, 0x31)                        \
  ROW(O, "o", false, 0x44)                        \
  ROW(P, "p", false, 0x4d)                        \
  ROW(Q, "q", false, 0x15)                        \
  ROW(R, "r", false, 0x2d)                        \
  ROW(S, "s", false, 0x1b)                        \
  ROW(T, "t", false, 0x2c)                        \
  ROW(U, "u", false, 0x3c)                        \
  ROW(V, "v", false, 0x2a)                        \
  ROW(W, "w", false, 0x1d)                        \
  ROW(X, "x", false, 0x22)                        \
  ROW(Y, "y", false, 0x35)                        \
  ROW(Z, "z", false, 0x1a)                        \
  ROW(Digit0, "0", false, 0x45)                   \
  ROW(Digit1, "1", false, 0x16)                   \
  ROW(Digit2, "2", false, 0x1e)                   \
  ROW(Digit3, "3", false, 0x26)                   \
  ROW(Digit4, "4", false, 0x25)                   \
  ROW(Digit5, "5", false, 0x2e)                   \
  ROW(Digit6, "6", false, 0x36)                   \
  ROW(Digit7, "7", false, 0x3d)                   \
  ROW(Digit8, "8", false, 0x3e)                   \
  ROW(Digit9, "9", false, 0x46)                   \
  ROW(Grave, "grave", false, 0x0e)                \
  ROW(Minus, "minus", false, 0x4e)                \
  ROW(Equals, "equals", false, 0x55)              \
  ROW(LeftBracket, "bracket_left", false, 0x54)   \
  ROW(RightBracket, "bracket_right", false, 0x5b) \
  ROW(Backslash, "backslash", false, 0x5d)        \
  ROW(Semicolon, "semicolon", false, 0x4c)        \
  ROW(Apostrophe, "apostrophe", false, 0x52)      \
  ROW(Comma, "comma", false, 0x41)                \
  ROW(Period, "dot", false, 0x49)                 \
  ROW(Slash, "slash", false, 0x4a)                \
  ROW(NonUsBackslash, "less", false, 0x61)        \
  ROW(Space, "spc", false, 0x29)                  \
  ROW(Enter, "ret", false, 0x5a)                  \
  ROW(Tab, "tab", false, 0x0d)                    \
  ROW(Backspace, "backspace", false, 0x66)        \
  ROW(Escape, "esc", false, 0x76)                 \
  ROW(CapsLock, "caps_lock", false, 0x58)         \
  ROW(LeftShift, "shift", false, 0x12)            \
  ROW(RightShift, "shift_r", false, 0x59)         \
  ROW(LeftControl, "ctrl", false, 0x14)           \
  ROW(RightControl, "ctrl_r", true, 0x14)         \
  ROW(LeftAlt, "alt", false, 0x11)                \
  ROW(RightAlt, "alt_r", true, 0x11)              \
  ROW(LeftGui, "meta_l", true, 0x1f)              \
  ROW(RightGui, "meta_r", true, 0x27)             \
  ROW(Menu, "menu", true, 0x2f)                   \
  ROW(F1, "f1", false, 0x05)                      \
  ROW(F2, "f2", false, 0x06)                      \
  ROW(F3, "f3", false, 0x04)                      \
  ROW(F4, "f4", false, 0x0c)                      \
  ROW(F5, "f5", false, 0x03)                      \
  ROW(F6, "f6", false, 0x0b)                      \
  ROW(F7, "f7", false, 0x83)                      \
  ROW(F8, "f8", false, 0x0a)                      \
  ROW(F9, "f9", false, 0x01)                      \
  ROW(F10, "f10", false, 0x09)                    \
  ROW(F11, "f11", false, 0x78)                    \
  ROW(F12, "f12", false, 0x07)                    \
  ROW(PrintScreen, "print", true, 0x7c)           \
  ROW(SysRq, "sysrq", false, 0x84)                \
  ROW(ScrollLock, "scroll_lock", false, 0x7e)     \
  ROW(Pause, "pause", false, 0x77)                \
  ROW(Break, "break", true, 0x7e)                 \
  ROW(Insert, "insert", true, 0x70)               \
  ROW(Delete, "delete", true, 0x71)               \
  ROW(Home, "home", true, 0x6c)                   \
  ROW(End, "end", true, 0x69)                     \
  ROW(PageUp, "pgup", true, 0x7d)                 \
  ROW(PageDown, "pgdn", true, 0x7a)               \
  ROW(Up, "up", true, 0x75)                       \
  ROW(Down, "down", true, 0x72)                   \
  ROW(Left, "left", true, 0x6b)                   \
  ROW(Right, "right", true, 0x74)                 \
  ROW(NumLock, "num_lock", false, 0x77)           \
  ROW(KeypadDivide, "kp_divide", true, 0x4a)      \
  ROW(KeypadMultiply, "kp_multiply", false, 0x7c) \
  ROW(KeypadSubtract, "kp_subtract", false, 0x7b) \
  ROW(KeypadAdd, "kp_add", false, 0x79)           \
  ROW(KeypadEnter, "kp_enter", true, 0x5a)        \
  ROW(KeypadDecimal, "kp_decimal", false, 0x71)   \
  ROW(Keypad0, "kp_0", false, 0x70)               \
  ROW(Keypad1, "kp_1", false, 0x69)               \
  ROW(Keypad2, "kp_2", false, 0x72)               \
  ROW(Keypad3, "kp_3", false, 0x7a)               \
  ROW(Keypad4, "kp_4", false, 0x6b)               \
  ROW(Keypad5, "kp_5", false, 0x73)               \
  ROW(Keypad6, "kp_6", false, 0x74)               \
  ROW(Keypad7, "kp_7", false, 0x6c)               \
  ROW(Keypad8, "kp_8", false, 0x75)               \
  ROW(Keypad9, "kp_9", false, 0x7d)

/// `SysRq` is what Print Screen becomes while Alt is held, `Break` what Pause becomes while Control is.
enum class Key : u8 {
#define RINGDOWN_KEY_ENUMERATOR(id, name, extended, code) id,
  RINGDOWN_KEYS(RINGDOWN_KEY_ENUMERATOR)
#undef RINGDOWN_KEY_ENUMERATOR
};
inline constexpr unsigned kKeyCount = 0
#define RINGDOWN_COUNT_KEY(id, name, extended, code) +1
    RINGDOWN_KEYS(RINGDOWN_COUNT_KEY)
#undef RINGDOWN_COUNT_KEY
    ;

/// What the keyboard sends when the key goes down.
std::vector<u8> make_code(Key key);
/// What it sends when the key goes up: nothing for Pause and Break, which end themselves.
std::vector<u8> break_code(Key key);
/// A name as the table gives it.
std::optional<Key> key_by_name(std::string_view name);

/// A key with shift on a US keyboard, and control: how an ASCII character is typed.
struct KeyStroke {
  Key key;
  bool shift = false;
  bool control = false;
};
/// None for characters without a key. Newline and carriage return are Enter; 01h to 1ah without a key of
/// their own are control and a letter.
std::optional<KeyStroke> key_stroke_of(char character);
/// The whole sequence of one stroke: shift or control down, key down and up, shift or control up.
std::vector<u8> scan_codes_of(const KeyStroke& stroke);
/// One sequence per character. Characters without a key are left out. A keyboard's buffer holds two or three
/// sequences, so the sender has to pace them.
std::vector<std::vector<u8>> type_text(std::string_view text);
/// Keys held together: `ctrl-alt-delete`, `shift-a`, `f1`. None if a name is unknown.
std::optional<std::vector<u8>> scan_codes_of_chord(std::string_view chord);

}  // namespace ringdown
