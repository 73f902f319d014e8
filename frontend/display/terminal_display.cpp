// The guest's text screen in a terminal: ANSI sequences for what changed.
#include "frontend/display/terminal_display.h"

#include <fmt/core.h>

#include <array>

#include "devices/display/code_page_437.h"

namespace ringdown {

namespace {

constexpr const char* kClear = "\x1b[0m\x1b[2J";
constexpr const char* kHideCursor = "\x1b[?25l";
constexpr const char* kShowCursor = "\x1b[?25h";
constexpr unsigned kBright = 8;

/// The PC counts blue, green, red; ANSI red, green, blue.
constexpr std::array<unsigned, 8> kAnsiColor{0, 4, 2, 6, 1, 5, 3, 7};

unsigned foreground_code(unsigned color) {
  return (color >= kBright ? 90 : 30) + kAnsiColor[color % kBright];
}
unsigned background_code(unsigned color) {
  return (color >= kBright ? 100 : 40) + kAnsiColor[color % kBright];
}

std::string attribute_sequence(u8 attribute, bool blink_enabled) {
  const unsigned foreground = attribute & 0x0fu;
  const unsigned background = attribute >> 4 & (blink_enabled ? 0x07u : 0x0fu);
  const bool blinks = blink_enabled && (attribute & 0x80) != 0;
  return fmt::format("\x1b[0;{};{}{}m", foreground_code(foreground), background_code(background),
                     blinks ? ";5" : "");
}

std::string move_to(u32 row, u32 column) { return fmt::format("\x1b[{};{}H", row + 1, column + 1); }

bool same(const TextPage::Cell& a, const TextPage::Cell& b) {
  return a.character == b.character && a.attribute == b.attribute;
}

}  // namespace

std::string TerminalDisplay::update(const std::optional<TextPage>& page) {
  if (!page) {
    if (shows_message_) return {};
    shows_message_ = true;
    shown_.reset();
    return std::string(kClear) + move_to(0, 0) + "(the guest shows no text)";
  }
  shows_message_ = false;
  std::string output;
  if (shown_ &&
      (shown_->columns != page->columns || shown_->rows != page->rows || shown_->blink != page->blink)) {
    shown_.reset();
  }
  if (!shown_) output += kClear;
  output += changed_cells(*page);
  const bool cursor_changed = !shown_ || shown_->cursor_visible != page->cursor_visible ||
                              shown_->cursor_row != page->cursor_row ||
                              shown_->cursor_column != page->cursor_column;
  if (!output.empty() || cursor_changed) {
    output = kHideCursor + output;
    if (page->cursor_visible) output += move_to(page->cursor_row, page->cursor_column) + kShowCursor;
  }
  shown_ = page;
  return output;
}

std::string TerminalDisplay::changed_cells(const TextPage& page) const {
  std::string output;
  std::optional<u8> attribute;
  for (u32 row = 0; row < page.rows; ++row) {
    bool placed = false;  // the terminal's cursor is at this cell
    for (u32 column = 0; column < page.columns; ++column) {
      const std::size_t index = std::size_t{row} * page.columns + column;
      const TextPage::Cell& cell = page.cells[index];
      if (shown_ && same(shown_->cells[index], cell)) {
        placed = false;
        continue;
      }
      if (!placed) output += move_to(row, column);
      if (attribute != cell.attribute) output += attribute_sequence(cell.attribute, page.blink);
      append_utf8(output, unicode_of_code_page_437(cell.character));
      attribute = cell.attribute;
      placed = true;
    }
  }
  if (attribute) output += "\x1b[0m";
  return output;
}

std::string TerminalDisplay::finish() const {
  const u32 row = shown_ ? shown_->rows : 1;
  return std::string("\x1b[0m") + move_to(row, 0) + kShowCursor + "\n";
}

}  // namespace ringdown
