// What the terminal receives for a text page and for changes of it.
#include "frontend/display/terminal_display.h"

#include <catch2/catch.hpp>

using namespace ringdown;

namespace {

TextPage page_of(std::string_view text) {
  TextPage page;
  page.columns = 4;
  page.rows = 1;
  for (char c : text) page.cells.push_back({static_cast<u8>(c), 0x07});
  return page;
}

}  // namespace

TEST_CASE("the first page is drawn whole, the next only where it differs") {
  TerminalDisplay display;
  TextPage page = page_of(
      "a\xb0"
      "cd");
  CHECK(display.update(page) == "\x1b[?25l\x1b[0m\x1b[2J\x1b[1;1H\x1b[0;37;40ma░cd\x1b[0m");
  CHECK(display.update(page).empty());
  page.cells[2] = {'X', 0x1c};
  CHECK(display.update(page) == "\x1b[?25l\x1b[1;3H\x1b[0;91;44mX\x1b[0m");
  page.cursor_visible = true;
  page.cursor_column = 3;
  CHECK(display.update(page) == "\x1b[?25l\x1b[1;4H\x1b[?25h");
}

TEST_CASE("attribute bit 7 blinks or brightens") {
  TerminalDisplay display;
  TextPage page = page_of("abcd");
  page.blink = true;
  display.update(page);
  page.cells[0].attribute = 0x9e;
  CHECK(display.update(page).find("\x1b[0;93;44;5m") != std::string::npos);
  page.blink = false;
  CHECK(display.update(page).find("\x1b[0;93;104m") != std::string::npos);
}

TEST_CASE("graphics modes say so once, and text comes back whole") {
  TerminalDisplay display;
  display.update(page_of("abcd"));
  CHECK(display.update(std::nullopt).find("no text") != std::string::npos);
  CHECK(display.update(std::nullopt).empty());
  CHECK(display.update(page_of("abcd")).find("abcd") != std::string::npos);
}
