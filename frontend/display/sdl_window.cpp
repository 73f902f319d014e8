// The guest's screen, keyboard and mouse in a window.
#include "frontend/display/sdl_window.h"

#include <SDL.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "frontend/display/sdl_keys.h"

namespace ringdown {

namespace {

/// How long a key may wait. SDL's own wait for events ends itself by a message to the window over a second
/// connection to the X server; one that arrives after the window is gone ends the process (SDL 2.26).
constexpr u32 kPollMilliseconds = 4;
constexpr int kFirstWidth = 640;
constexpr int kFirstHeight = 400;

// Buttons of the mouse channel.
constexpr u8 kLeftButton = 1;
constexpr u8 kRightButton = 2;
constexpr u8 kMiddleButton = 4;

u8 button_bit(u8 sdl_button) {
  switch (sdl_button) {
    case SDL_BUTTON_LEFT:
      return kLeftButton;
    case SDL_BUTTON_RIGHT:
      return kRightButton;
    case SDL_BUTTON_MIDDLE:
      return kMiddleButton;
    default:
      return 0;
  }
}

/// Left to itself, SDL would go on to drivers that show nothing where no window system answers. Its user may
/// still name one in SDL_VIDEODRIVER. False if there is no window system.
bool choose_window_system() {
#if defined(__APPLE__) || defined(_WIN32)
  return true;
#else
  std::string drivers;
  if (std::getenv("DISPLAY") != nullptr) drivers = "x11";
  if (std::getenv("WAYLAND_DISPLAY") != nullptr) drivers += drivers.empty() ? "wayland" : ",wayland";
  if (!drivers.empty()) SDL_SetHintWithPriority(SDL_HINT_VIDEODRIVER, drivers.c_str(), SDL_HINT_DEFAULT);
  return SDL_GetHint(SDL_HINT_VIDEODRIVER) != nullptr;
#endif
}

s16 clamp_16(int value) {
  return static_cast<s16>(
      std::clamp<int>(value, std::numeric_limits<s16>::min(), std::numeric_limits<s16>::max()));
}

}  // namespace

Result<std::unique_ptr<SdlWindow>> SdlWindow::open(InputSeam& input, std::string title, Scaling scaling) {
  std::unique_ptr<SdlWindow> window(new SdlWindow(input, std::move(title), scaling));
  std::promise<Result<void>> opened;
  std::future<Result<void>> outcome = opened.get_future();
  window->thread_ = std::thread(&SdlWindow::run, window.get(), std::move(opened));
  const Result<void> result = outcome.get();
  if (!result) return result.error();
  return window;
}

SdlWindow::SdlWindow(InputSeam& input, std::string title, Scaling scaling)
    : input_(input), title_(std::move(title)), scaling_(scaling) {}

SdlWindow::~SdlWindow() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void SdlWindow::show(Screen screen) {
  const std::lock_guard lock(mutex_);
  next_frame_ = std::move(screen);
}

bool SdlWindow::wants_frame() const {
  const std::lock_guard lock(mutex_);
  return !next_frame_;
}

void SdlWindow::set_status(std::string status) {
  const std::lock_guard lock(mutex_);
  next_status_ = std::move(status);
}

void SdlWindow::run(std::promise<Result<void>> opened) {
  const Result<void> created = create();
  opened.set_value(created);
  if (!created) {
    destroy();
    return;
  }
  while (!stop_ && !closed_) {
    SDL_Event event;
    while (SDL_PollEvent(&event) != 0) handle(event);
    take_frame();
    SDL_Delay(kPollMilliseconds);
  }
  destroy();
}

Result<void> SdlWindow::create() {
  // Keys belong to the guest; the host keeps its signals.
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
  SDL_SetHint(SDL_HINT_GRAB_KEYBOARD, "1");
  const auto failure = [](const char* why) {
    return Error{fmt::format(
        "--display sdl: cannot open a window: {}: use --display terminal or --display none", why)};
  };
  if (!choose_window_system()) return failure("neither DISPLAY nor WAYLAND_DISPLAY names a display");
  if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) return failure(SDL_GetError());
  window_ = SDL_CreateWindow(title_.c_str(), SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, kFirstWidth,
                             kFirstHeight, SDL_WINDOW_RESIZABLE);
  if (window_ == nullptr) return failure(SDL_GetError());
  renderer_ = SDL_CreateRenderer(window_, -1, 0);
  if (renderer_ == nullptr) renderer_ = SDL_CreateRenderer(window_, -1, SDL_RENDERER_SOFTWARE);
  if (renderer_ == nullptr) return failure(SDL_GetError());
  return {};
}

void SdlWindow::destroy() {
  if (texture_ != nullptr) SDL_DestroyTexture(texture_);
  if (renderer_ != nullptr) SDL_DestroyRenderer(renderer_);
  if (window_ != nullptr) SDL_DestroyWindow(window_);
  if (SDL_WasInit(SDL_INIT_VIDEO) != 0) SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

void SdlWindow::take_frame() {
  std::optional<Screen> frame;
  std::optional<std::string> status;
  {
    const std::lock_guard lock(mutex_);
    frame.swap(next_frame_);
    status.swap(next_status_);
  }
  if (status && *status != status_) {
    status_ = std::move(*status);
    update_title();
  }
  if (!frame || frame->width == 0 || frame->height == 0) return;
  const bool resized = frame->width != frame_.width || frame->height != frame_.height;
  frame_ = std::move(*frame);
  if (resized) {
    if (texture_ != nullptr) SDL_DestroyTexture(texture_);
    texture_ = SDL_CreateTexture(renderer_, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING,
                                 static_cast<int>(frame_.width), static_cast<int>(frame_.height));
    resize_to_frame();
  }
  if (texture_ != nullptr) {
    SDL_UpdateTexture(texture_, nullptr, frame_.pixels.data(), static_cast<int>(frame_.width * sizeof(u32)));
  }
  draw();
}

void SdlWindow::draw() {
  if (texture_ == nullptr) return;
  int width = 0;
  int height = 0;
  if (SDL_GetRendererOutputSize(renderer_, &width, &height) != 0 || width <= 0 || height <= 0) return;
  const Rectangle place = fit_picture(frame_.width, frame_.height, frame_.square_pixels,
                                      static_cast<u32>(width), static_cast<u32>(height), scaling_);
  const bool whole = place.width % frame_.width == 0 && place.height % frame_.height == 0;
  SDL_SetTextureScaleMode(texture_, whole ? SDL_ScaleModeNearest : SDL_ScaleModeLinear);
  const SDL_Rect target{static_cast<int>(place.x), static_cast<int>(place.y), static_cast<int>(place.width),
                        static_cast<int>(place.height)};
  SDL_SetRenderDrawColor(renderer_, 0, 0, 0, SDL_ALPHA_OPAQUE);
  SDL_RenderClear(renderer_);
  SDL_RenderCopy(renderer_, texture_, nullptr, &target);
  SDL_RenderPresent(renderer_);
}

void SdlWindow::resize_to_frame() {
  // A size the user chose stays.
  if (user_resized_) return;
  const Rectangle size = natural_window(frame_.width, frame_.height, frame_.square_pixels, scaling_);
  SDL_SetWindowSize(window_, static_cast<int>(size.width), static_cast<int>(size.height));
}

void SdlWindow::update_title() {
  std::string title = title_;
  if (!status_.empty()) title += " - " + status_;
  if (close_asked_) title += " - power button pressed; close again to stop";
  if (grabbed_) title += " - Ctrl-Alt-G releases the mouse";
  SDL_SetWindowTitle(window_, title.c_str());
}

void SdlWindow::handle(const SDL_Event& event) {
  switch (event.type) {
    case SDL_QUIT:
      // Sent along with the close of the last window, which has been handled.
      break;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
      handle_key(event);
      break;
    case SDL_MOUSEMOTION:
      handle_motion(event);
      break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
      handle_button(event);
      break;
    case SDL_MOUSEWHEEL:
      // SDL counts away from the user, the mouse towards.
      if (grabbed_) post_mouse(0, 0, -event.wheel.y);
      break;
    case SDL_WINDOWEVENT:
      if (event.window.event == SDL_WINDOWEVENT_CLOSE) handle_close();
      if (event.window.event == SDL_WINDOWEVENT_FOCUS_LOST) {
        release_keys();
        set_grab(false);
      }
      if (event.window.event == SDL_WINDOWEVENT_RESIZED) {
        const Rectangle natural = natural_window(frame_.width, frame_.height, frame_.square_pixels, scaling_);
        user_resized_ = frame_.width != 0 && (event.window.data1 != static_cast<int>(natural.width) ||
                                              event.window.data2 != static_cast<int>(natural.height));
      }
      if (event.window.event == SDL_WINDOWEVENT_EXPOSED ||
          event.window.event == SDL_WINDOWEVENT_SIZE_CHANGED) {
        draw();
      }
      break;
    default:
      break;
  }
}

void SdlWindow::handle_key(const SDL_Event& event) {
  if (handle_hot_key(event)) return;
  const std::optional<Key> key = key_of_sdl(event.key.keysym.scancode, event.key.keysym.mod);
  if (!key) return;
  if (event.type == SDL_KEYDOWN) {
    // The host's repeats are the keyboard's: Pause and Break do not repeat.
    if (event.key.repeat != 0 && break_code(*key).empty()) return;
    pressed_.insert(*key);
    input_.post(InputChannel::Keyboard, make_code(*key));
  } else if (pressed_.erase(*key) != 0) {
    const std::vector<u8> codes = break_code(*key);
    if (!codes.empty()) input_.post(InputChannel::Keyboard, codes);
  }
}

bool SdlWindow::handle_hot_key(const SDL_Event& event) {
  const unsigned modifiers = event.key.keysym.mod;
  const bool control_alt = (modifiers & KMOD_CTRL) != 0 && (modifiers & KMOD_ALT) != 0;
  const SDL_Scancode key = event.key.keysym.scancode;
  if (!control_alt || (key != SDL_SCANCODE_G && key != SDL_SCANCODE_T)) return false;
  if (event.type != SDL_KEYDOWN || event.key.repeat != 0) return true;
  release_keys();
  if (key == SDL_SCANCODE_G) {
    set_grab(!grabbed_);
  } else {
    turbo_key_ = true;
  }
  return true;
}

void SdlWindow::handle_motion(const SDL_Event& event) {
  if (grabbed_) post_mouse(event.motion.xrel, event.motion.yrel, 0);
}

void SdlWindow::handle_button(const SDL_Event& event) {
  if (!grabbed_) {
    // The click that grabs is not the guest's.
    if (event.type == SDL_MOUSEBUTTONDOWN && event.button.button == SDL_BUTTON_LEFT) set_grab(true);
    return;
  }
  const u8 bit = button_bit(event.button.button);
  const u8 buttons = event.type == SDL_MOUSEBUTTONDOWN ? buttons_ | bit : buttons_ & static_cast<u8>(~bit);
  if (buttons == buttons_) return;
  buttons_ = buttons;
  post_mouse(0, 0, 0);
}

void SdlWindow::handle_close() {
  if (close_asked_) {
    closed_ = true;
    return;
  }
  close_asked_ = true;
  input_.post(InputChannel::PowerButton, {});
  update_title();
}

void SdlWindow::post_mouse(int right, int down, int wheel) {
  const u16 x = static_cast<u16>(clamp_16(right));
  const u16 y = static_cast<u16>(clamp_16(down));
  const s8 clicks = static_cast<s8>(std::clamp(wheel, -127, 127));
  input_.post(InputChannel::Mouse, {static_cast<u8>(x), static_cast<u8>(x >> 8), static_cast<u8>(y),
                                    static_cast<u8>(y >> 8), static_cast<u8>(clicks), buttons_});
}

void SdlWindow::set_grab(bool grab) {
  if (grab == grabbed_) return;
  grabbed_ = grab;
  SDL_SetRelativeMouseMode(grab ? SDL_TRUE : SDL_FALSE);
  SDL_SetWindowKeyboardGrab(window_, grab ? SDL_TRUE : SDL_FALSE);
  if (!grab && buttons_ != 0) {
    buttons_ = 0;
    post_mouse(0, 0, 0);
  }
  update_title();
}

void SdlWindow::release_keys() {
  for (Key key : pressed_) {
    const std::vector<u8> codes = break_code(key);
    if (!codes.empty()) input_.post(InputChannel::Keyboard, codes);
  }
  pressed_.clear();
}

}  // namespace ringdown
