// The picture: what the CRT controller, the shift registers, the palette and the DAC make of video memory.
#include <algorithm>
#include <cstring>

#include "devices/display/code_page_437.h"
#include "devices/display/vga.h"

namespace ringdown {

using namespace vga;

namespace {

constexpr u32 kAddressMask = 0xffff;
constexpr u32 kGlyphBytes = 32;
constexpr u32 kFontRowsKept = 32;
constexpr u32 kLineGraphicsFirst = 0xc0;
constexpr u32 kLineGraphicsLast = 0xdf;

// Text attributes
using Foreground = Field<u8, 0, 4>;
using MapSelectBit = Field<u8, 3>;
using Background = Field<u8, 4, 4>;
using BlinkBit = Field<u8, 7>;
/// Foreground 1 in monochrome modes underlines.
using UnderlineBits = Field<u8, 0, 3>;

constexpr u32 rgb(u32 red, u32 green, u32 blue) { return red << 16 | green << 8 | blue; }
/// Widens a component so that its maximum becomes 255.
constexpr u32 widen(u32 value, unsigned bits) { return value << (8 - bits) | value >> (2 * bits - 8); }

/// Start of the font that a 3-bit character map select chooses in plane 2.
constexpr u32 font_address(u32 select) { return ((select & 3) << 14) | ((select >> 2) << 13); }

}  // namespace

u32 Vga::dac_color(u8 index) const {
  const DacEntry& entry = palette_[index & pel_mask_];
  if (dispi_.eight_bit_dac()) return rgb(entry[0], entry[1], entry[2]);
  return rgb(widen(entry[0], 6), widen(entry[1], 6), widen(entry[2], 6));
}

std::array<u32, 16> Vga::attribute_colors() const {
  const u8 select = attribute(Attribute::ColorSelect);
  std::array<u32, 16> colors{};
  for (u8 i = 0; i < colors.size(); ++i) {
    u8 index = attribute_[i];
    if (InternalPaletteSize::get(attribute(Attribute::ModeControl))) {
      index = static_cast<u8>((index & 0x0f) | (select & 0x03) << 4);
    }
    colors[i] = dac_color(static_cast<u8>((index & 0x3f) | (select & 0x0c) << 4));
  }
  return colors;
}

bool Vga::blanked() const {
  return !attribute_index_.get<PaletteAddressSource>() || ScreenOff::get(sequencer(Sequencer::ClockingMode));
}

u32 Vga::start_address() const {
  return (unsigned{crtc(Crtc::StartAddressHigh)} << 8 | crtc(Crtc::StartAddressLow)) +
         BytePanning::get(crtc(Crtc::PresetRowScan));
}

u32 Vga::line_repeat() const {
  const u32 doubled = DoubleScan::get(crtc(Crtc::MaximumScanLine)) ? 2 : 1;
  if (!GraphicsMode::get(graphics(Graphics::Miscellaneous))) return 1;
  // Rows of a graphics character are equal unless the row counter goes into the address.
  const u8 mode = crtc(Crtc::ModeControl);
  const bool rows_equal = RowScan0ToAddress13::get(mode) && RowScan1ToAddress14::get(mode);
  return doubled * (rows_equal ? MaximumRow::get(crtc(Crtc::MaximumScanLine)) + 1u : 1u);
}

u32 Vga::display_address(u32 counter, u32 row) const {
  const u8 mode = crtc(Crtc::ModeControl);
  u32 address = counter;
  if (DoublewordMode::get(crtc(Crtc::UnderlineLocation))) {
    // As with chain 4, zeros take the place of the bits that choose the plane.
    address = counter << 2;
  } else if (!ByteMode::get(mode)) {
    address = counter << 1 | ((counter >> (AddressWrap::get(mode) ? 15 : 13)) & 1);
  }
  if (!RowScan0ToAddress13::get(mode)) address = (address & ~(1u << 13)) | (row & 1) << 13;
  if (!RowScan1ToAddress14::get(mode)) address = (address & ~(1u << 14)) | (row >> 1 & 1) << 14;
  return address & kAddressMask;
}

u32 Vga::panning(const ScanLine& line) const {
  if (line.below_split && PanningCompatibility::get(attribute(Attribute::ModeControl))) return 0;
  return attribute(Attribute::HorizontalPelPanning);
}

template <class Visitor>
void Vga::for_each_scan_line(Visitor visit) const {
  const u8 maximum = crtc(Crtc::MaximumScanLine);
  const u32 pitch = 2u * crtc(Crtc::Offset);
  const u32 split = (crtc(Crtc::LineCompare) | unsigned{LineCompare8::get(crtc(Crtc::Overflow))} << 8 |
                     unsigned{LineCompare9::get(maximum)} << 9) *
                    (VerticalTimesTwo::get(crtc(Crtc::ModeControl)) ? 2 : 1);
  const u32 repeats = DoubleScan::get(maximum) ? 2 : 1;
  ScanLine line{0, start_address(), PresetRow::get(crtc(Crtc::PresetRowScan)), false};
  u32 repeated = 0;
  for (const u32 lines = scan_lines(); line.number < lines; ++line.number) {
    visit(line);
    if (line.number == split) {
      line.address = 0;
      line.row = 0;
      line.below_split = true;
      repeated = 0;
    } else if (++repeated == repeats) {
      repeated = 0;
      if (line.row == MaximumRow::get(maximum)) {
        line.row = 0;
        line.address += pitch;
      } else {
        line.row = (line.row + 1) & 0x1f;
      }
    }
  }
}

bool Vga::cursor_at(u32 counter) const {
  const u32 location = unsigned{crtc(Crtc::CursorLocationHigh)} << 8 | crtc(Crtc::CursorLocationLow);
  return (counter & kAddressMask) == ((location + CursorSkew::get(crtc(Crtc::CursorEnd))) & kAddressMask);
}

Screen Vga::render() const {
  if (dispi_.enabled()) return render_dispi();
  return GraphicsMode::get(graphics(Graphics::Miscellaneous)) ? render_graphics() : render_text();
}

Screen Vga::render_text() const {
  const u32 cell_dots = EightDotCharacters::get(sequencer(Sequencer::ClockingMode)) ? 8 : 9;
  Screen screen{columns() * cell_dots, scan_lines(), false, {}};
  screen.pixels.resize(u64{screen.width} * screen.height);
  if (blanked()) return screen;
  // One character more than fits, for panning.
  std::vector<u32> dots((columns() + 1) * cell_dots);
  for_each_scan_line([&](const ScanLine& line) {
    draw_text_line(line, dots.data(), cell_dots);
    // With nine dots, a panning value of 8 or more is none and the others move one dot further.
    const u32 pan = panning(line);
    const u32 skip = cell_dots == 8 ? pan & 7 : pan >= 8 ? 0 : pan + 1;
    std::copy_n(dots.begin() + skip, screen.width, screen.pixels.begin() + u64{line.number} * screen.width);
  });
  return screen;
}

void Vga::draw_text_line(const ScanLine& line, u32* pixels, u32 cell_dots) const {
  const std::array<u32, 16> colors = attribute_colors();
  const u8 mode = attribute(Attribute::ModeControl);
  const u8 map = sequencer(Sequencer::CharacterMapSelect);
  const u32 font_a = font_address(CharacterMapALow::get(map) | CharacterMapAHigh::get(map) << 2);
  const u32 font_b = font_address(CharacterMapBLow::get(map) | CharacterMapBHigh::get(map) << 2);
  const bool blink = BlinkEnable::get(mode);
  const bool hidden_phase = blink && !text_blink_on();
  const bool cursor_rows = !CursorOff::get(crtc(Crtc::CursorStart)) && cursor_blink_on() &&
                           line.row >= CursorRow::get(crtc(Crtc::CursorStart)) &&
                           line.row <= CursorRow::get(crtc(Crtc::CursorEnd));
  const bool underline =
      MonochromeEmulation::get(mode) && line.row == UnderlineRow::get(crtc(Crtc::UnderlineLocation));
  for (u32 column = 0; column <= columns(); ++column) {
    const u32 cell = planes(display_address(line.address + column, line.row));
    const u8 character = static_cast<u8>(cell);
    const u8 code = static_cast<u8>(cell >> 8);
    const u32 font = MapSelectBit::get(code) ? font_a : font_b;
    const u32 glyph_row = planes((font + character * kGlyphBytes + line.row % kFontRowsKept) & kAddressMask);
    u32 bits = (glyph_row >> 16 & 0xff) << 1;
    // The ninth dot repeats the eighth in the characters that draw lines.
    if (LineGraphics::get(mode) && character >= kLineGraphicsFirst && character <= kLineGraphicsLast) {
      bits |= bits >> 1 & 1;
    }
    if (hidden_phase && BlinkBit::get(code)) bits = 0;
    if (underline && UnderlineBits::get(code) == 1) bits = 0x1ff;
    if (cursor_rows && cursor_at(line.address + column)) bits = 0x1ff;
    const u32 foreground = colors[Foreground::get(code)];
    const u32 background = colors[Background::get(code) & (blink ? 7 : 15)];
    for (u32 dot = 0; dot < cell_dots; ++dot)
      *pixels++ = (bits >> (8 - dot) & 1) != 0 ? foreground : background;
  }
}

Screen Vga::render_graphics() const {
  const bool shift_256 = Shift256::get(graphics(Graphics::Mode));
  const u32 repeat = line_repeat();
  const u32 width = columns() * (shift_256 ? 4 : 8);
  Screen screen{width, (scan_lines() + repeat - 1) / repeat, false, {}};
  screen.pixels.resize(u64{screen.width} * screen.height);
  if (blanked()) return screen;
  std::vector<u32> pixels;
  for_each_scan_line([&](const ScanLine& line) {
    if (line.number % repeat != 0) return;
    pixels.clear();
    draw_graphics_line(line, pixels);
    // A pixel of a 256-colour mode is two dots wide.
    const u32 skip = (panning(line) & 7) / (shift_256 ? 2 : 1);
    std::copy_n(pixels.begin() + skip, width, screen.pixels.begin() + u64{line.number / repeat} * width);
  });
  return screen;
}

void Vga::draw_graphics_line(const ScanLine& line, std::vector<u32>& pixels) const {
  const std::array<u32, 16> colors = attribute_colors();
  const u8 plane_enable = attribute(Attribute::ColorPlaneEnable) & 0x0f;
  const u8 mode = graphics(Graphics::Mode);
  const u32 slowdown = CountByFour::get(crtc(Crtc::UnderlineLocation)) ? 4
                       : CountByTwo::get(crtc(Crtc::ModeControl))      ? 2
                                                                       : 1;
  for (u32 column = 0; column <= columns(); ++column) {
    const u32 data = planes(display_address(line.address + column / slowdown, line.row));
    if (Shift256::get(mode)) {
      for (u32 i = 0; i < 4; ++i) pixels.push_back(dac_color(static_cast<u8>(data >> (8 * i))));
    } else if (InterleavedShift::get(mode)) {
      // Two bits per pixel: planes 0 and 2 give the first four pixels, planes 1 and 3 the others.
      for (u32 i = 0; i < 8; ++i) {
        const u32 shift = 8 * (i / 4) + 6 - 2 * (i % 4);
        const u32 color = (data >> shift & 3) | (data >> (shift + 16) & 3) << 2;
        pixels.push_back(colors[color & plane_enable]);
      }
    } else {
      for (u32 bit = 8; bit-- > 0;) {
        const u32 color = (data >> bit & 1) | (data >> (bit + 8) & 1) << 1 | (data >> (bit + 16) & 1) << 2 |
                          (data >> (bit + 24) & 1) << 3;
        pixels.push_back(colors[color & plane_enable]);
      }
    }
  }
}

Screen Vga::render_dispi() const {
  Screen screen{dispi_.width(), dispi_.height(), true, {}};
  screen.pixels.resize(u64{screen.width} * screen.height);
  if (blanked()) return screen;
  std::array<u32, 256> palette{};
  if (dispi_.bits_per_pixel() == 4) {
    std::ranges::copy(attribute_colors(), palette.begin());
  } else if (dispi_.bits_per_pixel() == 8) {
    for (u32 i = 0; i < palette.size(); ++i) palette[i] = dac_color(static_cast<u8>(i));
  }
  for (u32 y = 0; y < screen.height; ++y) {
    const u32 offset = dispi_.start_offset() + y * dispi_.pitch();
    draw_dispi_line(offset, palette, std::span(screen.pixels).subspan(u64{y} * screen.width, screen.width));
  }
  return screen;
}

void Vga::draw_dispi_line(u32 offset, const std::array<u32, 256>& palette, std::span<u32> pixels) const {
  const u32 depth = dispi_.bits_per_pixel();
  const u8* source = depth == 4 ? nullptr : &memory_[offset];
  const auto draw = [&pixels](auto color_at) {
    for (u32 x = 0; x < pixels.size(); ++x) pixels[x] = color_at(x);
  };
  const auto word = [source](u32 x) { return u32{source[2 * x]} | u32{source[2 * x + 1]} << 8; };
  switch (depth) {
    case 4:
      return draw([&](u32 x) {
        const u32 data = planes(offset + x / 8) >> (7 - x % 8);
        return palette[(data & 1) | (data >> 7 & 2) | (data >> 14 & 4) | (data >> 21 & 8)];
      });
    case 8:
      return draw([&](u32 x) { return palette[source[x]]; });
    case 15:
      return draw([&](u32 x) {
        return rgb(widen(word(x) >> 10 & 31, 5), widen(word(x) >> 5 & 31, 5), widen(word(x) & 31, 5));
      });
    case 16:
      return draw([&](u32 x) {
        return rgb(widen(word(x) >> 11, 5), widen(word(x) >> 5 & 63, 6), widen(word(x) & 31, 5));
      });
    case 24:
      return draw([&](u32 x) { return rgb(source[3 * x + 2], source[3 * x + 1], source[3 * x]); });
    default:
      return draw([&](u32 x) { return rgb(source[4 * x + 2], source[4 * x + 1], source[4 * x]); });
  }
}

std::optional<TextPage> Vga::text_page() const {
  if (dispi_.enabled() || blanked() || GraphicsMode::get(graphics(Graphics::Miscellaneous)))
    return std::nullopt;
  TextPage page;
  page.columns = columns();
  page.blink = BlinkEnable::get(attribute(Attribute::ModeControl));
  page.colors = attribute_colors();
  const bool cursor_on = !CursorOff::get(crtc(Crtc::CursorStart)) &&
                         CursorRow::get(crtc(Crtc::CursorStart)) <= CursorRow::get(crtc(Crtc::CursorEnd));
  u32 previous_address = ~u32{0};
  for_each_scan_line([&](const ScanLine& line) {
    if (line.address == previous_address) return;
    previous_address = line.address;
    for (u32 column = 0; column < page.columns; ++column) {
      const u32 cell = planes(display_address(line.address + column, 0));
      page.cells.push_back({static_cast<u8>(cell), static_cast<u8>(cell >> 8)});
      if (cursor_on && cursor_at(line.address + column)) {
        page.cursor_visible = true;
        page.cursor_column = column;
        page.cursor_row = page.rows;
      }
    }
    ++page.rows;
  });
  return page;
}

std::vector<std::string> Vga::text_screen() const {
  const std::optional<TextPage> page = text_page();
  return page ? page->lines() : std::vector<std::string>{};
}

std::vector<std::string> TextPage::lines() const {
  std::vector<std::string> result;
  for (u32 row = 0; row < rows; ++row) {
    std::u32string text;
    for (u32 column = 0; column < columns; ++column) {
      text += unicode_of_code_page_437(cells[row * columns + column].character);
    }
    text.erase(text.find_last_not_of(U' ') + 1);
    std::string line;
    for (char32_t character : text) append_utf8(line, character);
    result.push_back(std::move(line));
  }
  return result;
}

}  // namespace ringdown
