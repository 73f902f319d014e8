// Scan codes of keys, text and chords, and keys that come from a terminal or from SDL.
#include <SDL_keycode.h>

#include <catch2/catch.hpp>
#include <set>

#include "frontend/display/scancodes.h"
#include "frontend/display/sdl_keys.h"
#include "frontend/display/terminal_keys.h"

using namespace ringdown;

using Codes = std::vector<u8>;

TEST_CASE("keys make and break as set 2 says") {
  CHECK(make_code(Key::A) == Codes{0x1c});
  CHECK(break_code(Key::A) == Codes{0xf0, 0x1c});
  CHECK(make_code(Key::F7) == Codes{0x83});
  CHECK(make_code(Key::RightControl) == Codes{0xe0, 0x14});
  CHECK(break_code(Key::RightControl) == Codes{0xe0, 0xf0, 0x14});
  CHECK(make_code(Key::Pause) == Codes{0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77});
  CHECK(break_code(Key::Pause).empty());
  CHECK(make_code(Key::PrintScreen) == Codes{0xe0, 0x12, 0xe0, 0x7c});
  CHECK(break_code(Key::PrintScreen) == Codes{0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12});
}

TEST_CASE("no two keys send the same codes, and each has a name of its own") {
  std::set<Codes> codes;
  for (unsigned i = 0; i < kKeyCount; ++i) codes.insert(make_code(static_cast<Key>(i)));
  CHECK(codes.size() == kKeyCount);
  CHECK(kKeyCount == 104 + 3);  // and the 105th key, SysRq and Break
  CHECK(key_by_name("kp_enter") == Key::KeypadEnter);
  CHECK(key_by_name("x") == Key::X);
  CHECK_FALSE(key_by_name("any"));
}

TEST_CASE("every printable ASCII character can be typed") {
  std::set<Codes> codes;
  for (char c = ' '; c <= '~'; ++c) {
    const auto stroke = key_stroke_of(c);
    REQUIRE(stroke);
    codes.insert(scan_codes_of(*stroke));
  }
  CHECK(codes.size() == 95);
  CHECK(scan_codes_of(*key_stroke_of('?')) == Codes{0x12, 0x4a, 0xf0, 0x4a, 0xf0, 0x12});
  CHECK(scan_codes_of(*key_stroke_of('\x03')) == Codes{0x14, 0x21, 0xf0, 0x21, 0xf0, 0x14});
  CHECK_FALSE(key_stroke_of('\x80'));
  CHECK(type_text("dir\n\xff").size() == 4);
}

TEST_CASE("chords hold their keys together") {
  CHECK(scan_codes_of_chord("ctrl-alt-delete") ==
        Codes{0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x11, 0xf0, 0x14});
  CHECK(scan_codes_of_chord("f1") == Codes{0x05, 0xf0, 0x05});
  CHECK_FALSE(scan_codes_of_chord("ctrl-"));
  CHECK_FALSE(scan_codes_of_chord(""));
}

TEST_CASE("terminal sequences become keys") {
  TerminalKeys keys;
  CHECK(keys.parse("a") == std::vector<Codes>{scan_codes_of({Key::A})});
  CHECK(keys.parse("\x1b[A\x1bOP") == std::vector<Codes>{scan_codes_of({Key::Up}), scan_codes_of({Key::F1})});
  CHECK(keys.parse("\x1b[2").empty());  // the rest comes later
  CHECK(keys.parse("4~x") == std::vector<Codes>{scan_codes_of({Key::F12}), scan_codes_of({Key::X})});
  CHECK(keys.parse("\x1b").empty());
  CHECK(keys.flush() == std::vector<Codes>{scan_codes_of({Key::Escape})});
  CHECK(keys.parse("\x1bx") == std::vector<Codes>{*scan_codes_of_chord("alt-x")});
  CHECK_FALSE(keys.leave_requested());
  CHECK(keys.parse("\x1d").empty());
  CHECK(keys.leave_requested());
}

TEST_CASE("SDL's positions reach every key") {
  std::set<Key> reached;
  for (int i = 0; i < SDL_NUM_SCANCODES; ++i) {
    if (const auto key = key_of_sdl(static_cast<SDL_Scancode>(i), KMOD_NONE)) reached.insert(*key);
  }
  reached.insert(*key_of_sdl(SDL_SCANCODE_PAUSE, KMOD_LCTRL));
  CHECK(reached.size() == kKeyCount);
  CHECK(key_of_sdl(SDL_SCANCODE_PRINTSCREEN, KMOD_RALT) == Key::SysRq);
  CHECK(key_of_sdl(SDL_SCANCODE_0, KMOD_NONE) == Key::Digit0);
  CHECK(key_of_sdl(SDL_SCANCODE_9, KMOD_NONE) == Key::Digit9);
  CHECK(key_of_sdl(SDL_SCANCODE_KP_5, KMOD_NONE) == Key::Keypad5);
  CHECK_FALSE(key_of_sdl(SDL_SCANCODE_VOLUMEUP, KMOD_NONE));
}
