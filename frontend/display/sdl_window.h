// The guest's screen, keyboard and mouse in a window.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "core/input_seam.h"
#include "core/result.h"
#include "devices/display/display_image.h"
#include "frontend/display/picture_fit.h"
#include "frontend/display/scancodes.h"

struct SDL_Renderer;
struct SDL_Texture;
struct SDL_Window;
union SDL_Event;

namespace ringdown {

/// A window with a thread of its own. The machine hands over frames and titles; keys and mouse movements go
/// to the input seam.
///
/// Clicking into the window grabs the mouse, Ctrl-Alt-G releases it (and grabs it again). Ctrl-Alt-T is for
/// the owner, who changes the speed. Closing the window presses the guest's power button; closing it again
/// closes it for good.
class SdlWindow {
 public:
  /// Opens the window. One error line if there is no display.
  static Result<std::unique_ptr<SdlWindow>> open(InputSeam& input, std::string title,
                                                 Scaling scaling = Scaling::Integer);
  ~SdlWindow();
  SdlWindow(const SdlWindow&) = delete;
  SdlWindow& operator=(const SdlWindow&) = delete;

  /// From any thread: the picture to show next. Frames that come faster than 60 Hz replace each other.
  void show(Screen screen);
  /// True if the last frame has been taken: rendering another before would be wasted.
  bool wants_frame() const;
  /// From any thread: what the title says after the window's name, e.g. mode and speed.
  void set_status(std::string status);
  /// Whether Ctrl-Alt-T was pressed since the last call.
  bool take_turbo_key() { return turbo_key_.exchange(false); }
  /// The user closed the window a second time, without waiting for the guest.
  bool closed() const { return closed_; }

 private:
  SdlWindow(InputSeam& input, std::string title, Scaling scaling);

  void run(std::promise<Result<void>> opened);
  Result<void> create();
  void destroy();
  void take_frame();
  void draw();
  void resize_to_frame();
  void update_title();
  void handle(const SDL_Event& event);
  void handle_key(const SDL_Event& event);
  bool handle_hot_key(const SDL_Event& event);
  void handle_motion(const SDL_Event& event);
  void handle_button(const SDL_Event& event);
  void handle_close();
  void post_mouse(int right, int down, int wheel);
  void set_grab(bool grab);
  void release_keys();

  InputSeam& input_;
  const std::string title_;
  const Scaling scaling_;

  mutable std::mutex mutex_;  // guards the next two
  std::optional<Screen> next_frame_;
  std::optional<std::string> next_status_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> turbo_key_ = false;

  // The window thread's own.
  SDL_Window* window_ = nullptr;
  SDL_Renderer* renderer_ = nullptr;
  SDL_Texture* texture_ = nullptr;
  Screen frame_;
  std::string status_;
  bool grabbed_ = false;
  bool close_asked_ = false;
  bool user_resized_ = false;
  u8 buttons_ = 0;
  std::set<Key> pressed_;

  std::thread thread_;
};

}  // namespace ringdown
