// Where a picture goes in a window.
#include "frontend/display/picture_fit.h"

#include <algorithm>

namespace ringdown {

namespace {

/// Pictures up to this width are shown twice as large.
constexpr u32 kSmallWidth = 512;
constexpr u32 kTubeWidth = 4;
constexpr u32 kTubeHeight = 3;

}  // namespace

Rectangle fit_picture(u32 width, u32 height, bool square_pixels, u32 window_width, u32 window_height,
                      Scaling scaling) {
  if (width == 0 || height == 0 || window_width == 0 || window_height == 0) return {};
  Rectangle result;
  const u32 multiple = std::min(window_width / width, window_height / height);
  if (scaling == Scaling::Integer && multiple > 0) {
    result.width = width * multiple;
    result.height = height * multiple;
  } else {
    const bool tube = scaling == Scaling::Aspect && !square_pixels;
    const u64 shape_width = tube ? kTubeWidth : width;
    const u64 shape_height = tube ? kTubeHeight : height;
    if (window_width * shape_height <= window_height * shape_width) {
      result.width = window_width;
      result.height = static_cast<u32>(std::max<u64>(1, window_width * shape_height / shape_width));
    } else {
      result.width = static_cast<u32>(std::max<u64>(1, window_height * shape_width / shape_height));
      result.height = window_height;
    }
  }
  result.x = (window_width - result.width) / 2;
  result.y = (window_height - result.height) / 2;
  return result;
}

Rectangle natural_window(u32 width, u32 height, bool square_pixels, Scaling scaling) {
  const u32 multiple = width <= kSmallWidth ? 2 : 1;
  Rectangle result{0, 0, width * multiple, height * multiple};
  if (scaling == Scaling::Aspect && !square_pixels) {
    result.height = std::max(result.height, result.width * kTubeHeight / kTubeWidth);
    result.width = std::max(result.width, result.height * kTubeWidth / kTubeHeight);
  }
  return result;
}

}  // namespace ringdown
