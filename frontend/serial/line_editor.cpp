// Editing one line on a raw terminal.
#include "frontend/serial/line_editor.h"

#include <utility>

namespace ringdown {

namespace {

constexpr u8 kBackspace = 0x08;
constexpr u8 kDelete = 0x7f;
constexpr u8 kCtrlC = 0x03;
constexpr u8 kCtrlU = 0x15;
constexpr u8 kEscape = 0x1b;
constexpr std::size_t kLongest = 500;

std::string erase(std::size_t characters) {
  std::string text;
  while (characters-- > 0) text += "\b \b";
  return text;
}

}  // namespace

// ECMA-48, 5.4: parameters and intermediates lie below 40h, the final byte at 40h to 7Eh.
bool LineEditor::skips(u8 key) {
  switch (sequence_) {
    case Sequence::None:
      if (key == kEscape) sequence_ = Sequence::Begun;
      return key == kEscape;
    case Sequence::Begun:
      sequence_ = key == '[' || key == 'O' ? Sequence::Inside : Sequence::None;
      return true;
    case Sequence::Inside:
      if (key >= '@' && key <= '~') sequence_ = Sequence::None;
      return true;
  }
  return false;
}

LineEditor::Result LineEditor::type(u8 key) {
  if (skips(key)) return {};
  if (key == '\r' || key == '\n') return {"\r\n", true, std::exchange(line_, {})};
  if (key == kBackspace || key == kDelete) {
    if (line_.empty()) return {};
    line_.pop_back();
    return {erase(1), false, {}};
  }
  if (key == kCtrlU || key == kCtrlC) return {erase(std::exchange(line_, {}).size()), false, {}};
  if (key < ' ' || key > '~' || line_.size() >= kLongest) return {};
  line_ += static_cast<char>(key);
  return {std::string(1, static_cast<char>(key)), false, {}};
}

}  // namespace ringdown
