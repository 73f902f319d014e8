// Editing one line on a raw terminal.
#include "frontend/serial/line_editor.h"

#include <utility>

namespace ringdown {

namespace {

constexpr u8 kBackspace = 0x08;
constexpr u8 kDelete = 0x7f;
constexpr u8 kCtrlC = 0x03;
constexpr u8 kCtrlU = 0x15;
constexpr std::size_t kLongest = 500;

std::string erase(std::size_t characters) {
  std::string text;
  while (characters-- > 0) text += "\b \b";
  return text;
}

}  // namespace

LineEditor::Result LineEditor::type(u8 key) {
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
