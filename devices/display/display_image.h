// What a display shows at one moment: pixels, and in text modes the characters.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/types.h"

namespace ringdown {

/// A picture, row by row from the top left, each pixel 00RRGGBBh.
struct Screen {
  u32 width = 0;
  u32 height = 0;
  /// False for the VGA's own modes, which fill a 4:3 tube whatever their resolution.
  bool square_pixels = false;
  std::vector<u32> pixels;
};

/// The visible page of a text mode.
struct TextPage {
  struct Cell {
    u8 character = 0;  // code page 437
    u8 attribute = 0;
  };
  u32 columns = 0;
  u32 rows = 0;
  std::vector<Cell> cells;  // row by row
  bool cursor_visible = false;
  u32 cursor_column = 0;
  u32 cursor_row = 0;
  /// Attribute bit 7 blinks the character; otherwise it selects a bright background.
  bool blink = false;
  /// Attribute colours as 00RRGGBBh.
  std::array<u32, 16> colors{};

  /// The rows as UTF-8 without trailing blanks.
  std::vector<std::string> lines() const;
};

}  // namespace ringdown
