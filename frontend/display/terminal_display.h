// The guest's text screen in a terminal: ANSI sequences for what changed.
#pragma once

#include <optional>
#include <string>

#include "devices/display/display_image.h"

namespace ringdown {

/// Turns text pages into terminal output. It writes nothing itself.
class TerminalDisplay {
 public:
  /// Output that brings the terminal from the last page to this one; the first call, and a changed size,
  /// draws everything. Without a page (graphics mode, screen off) one line says so.
  std::string update(const std::optional<TextPage>& page);
  /// The next update draws everything, as after a resize of the terminal.
  void invalidate() { shown_.reset(); }
  /// Output that leaves the terminal usable: attributes off, cursor on, below the page.
  std::string finish() const;

 private:
  std::string changed_cells(const TextPage& page) const;

  std::optional<TextPage> shown_;
  bool shows_message_ = false;
};

}  // namespace ringdown
