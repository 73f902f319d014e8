// The keys of a 104-key keyboard and the scan codes of set 2 that they send.
#include "frontend/display/scancodes.h"

#include <algorithm>
#include <array>

namespace ringdown {

namespace {

constexpr u8 kExtended = 0xe0;
constexpr u8 kBreak = 0xf0;

struct KeyRow {
  std::string_view name;
  bool extended;
  u8 code;
};

constexpr std::array<KeyRow, kKeyCount> kKeys{{
#define RINGDOWN_KEY_ROW(id, name, extended, code) {name, extended, code},
    RINGDOWN_KEYS(RINGDOWN_KEY_ROW)
#undef RINGDOWN_KEY_ROW
}};

const KeyRow& row_of(Key key) { return kKeys[static_cast<std::size_t>(key)]; }

void append(std::vector<u8>& codes, const std::vector<u8>& more) {
  codes.insert(codes.end(), more.begin(), more.end());
}

/// Punctuation of the US layout, without and with shift.
struct Punctuation {
  char plain;
  char shifted;
  Key key;
};
constexpr std::array kPunctuation = std::to_array<Punctuation>({
    {'0', ')', Key::Digit0},     {'1', '!', Key::Digit1},      {'2', '@', Key::Digit2},
    {'3', '#', Key::Digit3},     {'4', '$', Key::Digit4},      {'5', '%', Key::Digit5},
    {'6', '^', Key::Digit6},     {'7', '&', Key::Digit7},      {'8', '*', Key::Digit8},
    {'9', '(', Key::Digit9},     {'`', '~', Key::Grave},       {'-', '_', Key::Minus},
    {'=', '+', Key::Equals},     {'[', '{', Key::LeftBracket}, {']', '}', Key::RightBracket},
    {'\\', '|', Key::Backslash}, {';', ':', Key::Semicolon},   {'\'', '"', Key::Apostrophe},
    {',', '<', Key::Comma},      {'.', '>', Key::Period},      {'/', '?', Key::Slash},
});

Key letter_key(int index) { return static_cast<Key>(static_cast<int>(Key::A) + index); }

}  // namespace

std::vector<u8> make_code(Key key) {
  switch (key) {
    case Key::Pause:
      return {0xe1, 0x14, 0x77, 0xe1, kBreak, 0x14, kBreak, 0x77};
    case Key::Break:
      return {kExtended, 0x7e, kExtended, kBreak, 0x7e};
    case Key::PrintScreen:
      return {kExtended, 0x12, kExtended, 0x7c};
    default:
      break;
  }
  const KeyRow& row = row_of(key);
  if (row.extended) return {kExtended, row.code};
  return {row.code};
}

std::vector<u8> break_code(Key key) {
  switch (key) {
    case Key::Pause:
    case Key::Break:
      return {};
    case Key::PrintScreen:
      return {kExtended, kBreak, 0x7c, kExtended, kBreak, 0x12};
    default:
      break;
  }
  const KeyRow& row = row_of(key);
  if (row.extended) return {kExtended, kBreak, row.code};
  return {kBreak, row.code};
}

std::optional<Key> key_by_name(std::string_view name) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const KeyRow& row) { return row.name == name; });
  if (found == kKeys.end()) return std::nullopt;
  return static_cast<Key>(found - kKeys.begin());
}

std::optional<KeyStroke> key_stroke_of(char character) {
  if (character >= 'a' && character <= 'z') return KeyStroke{letter_key(character - 'a')};
  if (character >= 'A' && character <= 'Z') return KeyStroke{letter_key(character - 'A'), true};
  for (const Punctuation& p : kPunctuation) {
    if (character == p.plain) return KeyStroke{p.key};
    if (character == p.shifted) return KeyStroke{p.key, true};
  }
  switch (character) {
    case ' ':
      return KeyStroke{Key::Space};
    case '\n':
    case '\r':
      return KeyStroke{Key::Enter};
    case '\t':
      return KeyStroke{Key::Tab};
    case '\b':
    case '\x7f':
      return KeyStroke{Key::Backspace};
    case '\x1b':
      return KeyStroke{Key::Escape};
    default:
      break;
  }
  if (character >= 1 && character <= 26) return KeyStroke{letter_key(character - 1), false, true};
  return std::nullopt;
}

std::vector<u8> scan_codes_of(const KeyStroke& stroke) {
  std::vector<u8> codes;
  if (stroke.control) append(codes, make_code(Key::LeftControl));
  if (stroke.shift) append(codes, make_code(Key::LeftShift));
  append(codes, make_code(stroke.key));
  append(codes, break_code(stroke.key));
  if (stroke.shift) append(codes, break_code(Key::LeftShift));
  if (stroke.control) append(codes, break_code(Key::LeftControl));
  return codes;
}

std::vector<std::vector<u8>> type_text(std::string_view text) {
  std::vector<std::vector<u8>> sequences;
  for (char character : text) {
    if (const std::optional<KeyStroke> stroke = key_stroke_of(character)) {
      sequences.push_back(scan_codes_of(*stroke));
    }
  }
  return sequences;
}

std::optional<std::vector<u8>> scan_codes_of_chord(std::string_view chord) {
  std::vector<Key> keys;
  while (true) {
    const std::size_t dash = chord.find('-');
    const std::optional<Key> key = key_by_name(chord.substr(0, dash));
    if (!key) return std::nullopt;
    keys.push_back(*key);
    if (dash == std::string_view::npos) break;
    chord.remove_prefix(dash + 1);
  }
  std::vector<u8> codes;
  for (Key key : keys) append(codes, make_code(key));
  std::reverse(keys.begin(), keys.end());
  for (Key key : keys) append(codes, break_code(key));
  return codes;
}

}  // namespace ringdown
