// Where a picture goes in a window.
#pragma once

#include "core/types.h"

namespace ringdown {

enum class Scaling : u8 {
  Integer,  // whole multiples of the guest's pixels, smaller only if the window is
  Aspect,   // as large as fits, with the shape the guest's monitor would give it
};

struct Rectangle {
  u32 x = 0;
  u32 y = 0;
  u32 width = 0;
  u32 height = 0;
  friend bool operator==(const Rectangle&, const Rectangle&) = default;
};

/// Centres a picture in a window. Pictures without square pixels fill a 4:3 tube in `Aspect`.
Rectangle fit_picture(u32 width, u32 height, bool square_pixels, u32 window_width, u32 window_height,
                      Scaling scaling);

/// The window size that shows a picture without borders: twice its size if it is small.
Rectangle natural_window(u32 width, u32 height, bool square_pixels, Scaling scaling);

}  // namespace ringdown
