// Screenshots as PNG or PPM files.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "devices/display/display_image.h"

namespace ringdown {

/// The picture as PNG (ISO/IEC 15948): 8-bit RGB, one IDAT.
std::vector<u8> png_of(const Screen& screen);
/// The picture as binary PPM (P6).
std::vector<u8> ppm_of(const Screen& screen);
/// Writes `path`: PPM if it ends in .ppm, PNG otherwise. The error names the file.
Result<void> write_screenshot(const std::string& path, const Screen& screen);

}  // namespace ringdown
