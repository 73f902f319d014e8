// Keys typed into a terminal as scan codes: plain characters and the escape sequences of special keys.
#include "frontend/display/terminal_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include "frontend/display/scancodes.h"

namespace ringdown {

namespace {

constexpr char kEscape = '\x1b';
constexpr char kLeave = '\x1d';  // Ctrl-]

struct Sequence {
  std::string_view text;  // after the escape
  Key key;
};
/// xterm's "PC-style function keys", and the VT220's for those that differ.
constexpr std::array kSequences = std::to_array<Sequence>({
    {"[A", Key::Up},      {"[B", Key::Down},      {"[C", Key::Right},   {"[D", Key::Left},
    {"[H", Key::Home},    {"[F", Key::End},       {"OH", Key::Home},    {"OF", Key::End},
    {"OA", Key::Up},      {"OB", Key::Down},      {"OC", Key::Right},   {"OD", Key::Left},
    {"[1~", Key::Home},   {"[2~", Key::Insert},   {"[3~", Key::Delete}, {"[4~", Key::End},
    {"[5~", Key::PageUp}, {"[6~", Key::PageDown}, {"OP", Key::F1},      {"OQ", Key::F2},
    {"OR", Key::F3},      {"OS", Key::F4},        {"[11~", Key::F1},    {"[12~", Key::F2},
    {"[13~", Key::F3},    {"[14~", Key::F4},      {"[15~", Key::F5},    {"[17~", Key::F6},
    {"[18~", Key::F7},    {"[19~", Key::F8},      {"[20~", Key::F9},    {"[21~", Key::F10},
    {"[23~", Key::F11},   {"[24~", Key::F12},     {"[[A", Key::F1},     {"[[B", Key::F2},
    {"[[C", Key::F3},     {"[[D", Key::F4},       {"[[E", Key::F5},
});

std::vector<u8> with_alt(const std::vector<u8>& codes) {
  std::vector<u8> result = make_code(Key::LeftAlt);
  result.insert(result.end(), codes.begin(), codes.end());
  const std::vector<u8> release = break_code(Key::LeftAlt);
  result.insert(result.end(), release.begin(), release.end());
  return result;
}

}  // namespace

std::vector<std::vector<u8>> TerminalKeys::parse(std::string_view input) {
  std::vector<std::vector<u8>> keys;
  for (char character : input) {
    if (pending_.empty()) {
      if (character == kLeave) {
        leave_requested_ = true;
      } else if (character == kEscape) {
        pending_ = character;
      } else if (const auto stroke = key_stroke_of(character)) {
        keys.push_back(scan_codes_of(*stroke));
      }
      continue;
    }
    pending_ += character;
    if (!take_sequence(keys)) pending_.clear();
  }
  return keys;
}

/// Acts on `pending_`; false once it needs no more characters.
bool TerminalKeys::take_sequence(std::vector<std::vector<u8>>& keys) {
  const std::string_view text = std::string_view(pending_).substr(1);
  const auto exact =
      std::find_if(kSequences.begin(), kSequences.end(), [&](const Sequence& s) { return s.text == text; });
  if (exact != kSequences.end()) {
    keys.push_back(scan_codes_of({exact->key}));
    return false;
  }
  if (std::any_of(kSequences.begin(), kSequences.end(),
                  [&](const Sequence& s) { return s.text.starts_with(text); })) {
    return true;
  }
  // Escape and a character is Alt and that character.
  if (text.size() == 1) {
    if (const auto stroke = key_stroke_of(text[0])) keys.push_back(with_alt(scan_codes_of(*stroke)));
  }
  return false;
}

std::vector<std::vector<u8>> TerminalKeys::flush() {
  std::vector<std::vector<u8>> keys;
  const std::string pending = std::exchange(pending_, {});
  for (char character : pending) {
    if (const auto stroke = key_stroke_of(character)) keys.push_back(scan_codes_of(*stroke));
  }
  return keys;
}

}  // namespace ringdown
