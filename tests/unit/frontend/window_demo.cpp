// Shows a synthetic picture in the window, sends itself keys and mouse movements, and prints what reached the
// input seam: `window_demo EXPECTED.png`. It ends when standard input does.
#include <SDL.h>
#include <fmt/core.h>

#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "frontend/display/image_file.h"
#include "frontend/display/sdl_window.h"

namespace {

using namespace ringdown;

Screen test_picture() {
  Screen screen{320, 200, false, {}};
  for (u32 y = 0; y < screen.height; ++y) {
    for (u32 x = 0; x < screen.width; ++x) {
      const bool border = x == 0 || y == 0 || x == screen.width - 1 || y == screen.height - 1;
      screen.pixels.push_back(border ? 0xffffff
                                     : (x * 255 / 319) << 16 | (y * 255 / 199) << 8 | (x ^ y) % 256);
    }
  }
  return screen;
}

void push_key(u32 type, SDL_Scancode scancode, Uint16 modifiers = KMOD_NONE) {
  SDL_Event event{};
  event.type = type;
  event.key.keysym.scancode = scancode;
  event.key.keysym.mod = modifiers;
  SDL_PushEvent(&event);
}

void push_button(u32 type, u8 button) {
  SDL_Event event{};
  event.type = type;
  event.button.button = button;
  SDL_PushEvent(&event);
}

void push_motion(int x, int y) {
  SDL_Event event{};
  event.type = SDL_MOUSEMOTION;
  event.motion.xrel = x;
  event.motion.yrel = y;
  SDL_PushEvent(&event);
}

void push_window_event(u8 kind) {
  SDL_Event event{};
  event.type = SDL_WINDOWEVENT;
  event.window.event = kind;
  SDL_PushEvent(&event);
}

void print(const char* channel, const std::vector<u8>& payload) {
  std::string line = channel;
  for (u8 byte : payload) line += fmt::format(" {:02x}", byte);
  std::cout << line << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  InputSeam input;
  input.connect(InputChannel::Keyboard, [](const std::vector<u8>& codes) { print("keyboard", codes); });
  input.connect(InputChannel::Mouse, [](const std::vector<u8>& payload) { print("mouse", payload); });
  input.connect(InputChannel::PowerButton, [](const std::vector<u8>& payload) { print("power", payload); });

  auto window = SdlWindow::open(input, "ringdown window test");
  if (!window) {
    std::cerr << window.error().message << '\n';
    return 1;
  }
  const Screen picture = test_picture();
  if (argc > 1) {
    if (const auto written = write_screenshot(argv[1], picture); !written) {
      std::cerr << written.error().message << '\n';
      return 1;
    }
  }
  (*window)->set_status("test mode");
  (*window)->show(picture);

  push_key(SDL_KEYDOWN, SDL_SCANCODE_A);
  push_key(SDL_KEYUP, SDL_SCANCODE_A);
  push_key(SDL_KEYDOWN, SDL_SCANCODE_PAUSE);
  push_key(SDL_KEYUP, SDL_SCANCODE_PAUSE);
  push_key(SDL_KEYDOWN, SDL_SCANCODE_RCTRL);
  push_motion(1, 1);  // not grabbed: dropped
  push_button(SDL_MOUSEBUTTONDOWN, SDL_BUTTON_LEFT);
  // Relative mode begins by dropping the movements that wait.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  push_motion(-3, 500);
  push_button(SDL_MOUSEBUTTONDOWN, SDL_BUTTON_RIGHT);
  push_key(SDL_KEYDOWN, SDL_SCANCODE_G, KMOD_LCTRL | KMOD_LALT);
  push_key(SDL_KEYDOWN, SDL_SCANCODE_T, KMOD_LCTRL | KMOD_LALT);
  push_key(SDL_KEYUP, SDL_SCANCODE_T, KMOD_LCTRL | KMOD_LALT);
  push_motion(9, 9);
  push_window_event(SDL_WINDOWEVENT_CLOSE);
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  input.deliver({});
  for (int look = 0; look < 2; ++look) std::cout << "turbo key " << (*window)->take_turbo_key() << '\n';
  std::cout << "shown" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "close") push_window_event(SDL_WINDOWEVENT_CLOSE);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  std::cout << ((*window)->closed() ? "closed" : "open") << std::endl;
  return 0;
}
