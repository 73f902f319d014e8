// Where the beam is: the CRT controller's counters derived from virtual time.
#include <algorithm>

#include "devices/display/vga.h"

namespace ringdown {

using namespace vga;

namespace {

/// VBE modes program no CRT controller: they refresh at 60 Hz with a twentieth of the frame in retrace.
constexpr u64 kDispiRefreshHertz = 60;
constexpr u32 kDispiCellDots = 8;

}  // namespace

Vga::Timing Vga::timing() const {
  if (dispi_.enabled()) {
    const u32 cells = std::max(1u, dispi_.width() / kDispiCellDots);
    const u32 lines = dispi_.height();
    const u32 horizontal_total = cells + cells / 4 + 1;
    const u32 vertical_total = lines + lines / 20 + 2;
    return {.dot_hertz = u64{horizontal_total} * vertical_total * kDispiCellDots * kDispiRefreshHertz,
            .cell_dots = kDispiCellDots,
            .horizontal_total = horizontal_total,
            .horizontal_display = cells,
            .vertical_total = vertical_total,
            .vertical_display = lines,
            .retrace_start = lines,
            .retrace_lines = vertical_total - lines};
  }
  const u8 overflow = crtc(Crtc::Overflow);
  const u8 clocking = sequencer(Sequencer::ClockingMode);
  const u32 scale = VerticalTimesTwo::get(crtc(Crtc::ModeControl)) ? 2 : 1;
  Timing t{};
  t.dot_hertz = kDotClockHertz[miscellaneous_output_.get<ClockSelect>()];
  t.cell_dots = (EightDotCharacters::get(clocking) ? 8u : 9u) * (HalfDotClock::get(clocking) ? 2u : 1u);
  t.horizontal_total = crtc(Crtc::HorizontalTotal) + 5u;
  t.horizontal_display = crtc(Crtc::HorizontalDisplayEnd) + 1u;
  t.vertical_total = scale * ((crtc(Crtc::VerticalTotal) | VerticalTotal8::get(overflow) << 8 |
                               VerticalTotal9::get(overflow) << 9) +
                              2u);
  t.vertical_display = scan_lines();
  t.retrace_start = scale * (crtc(Crtc::VerticalRetraceStart) | unsigned{RetraceStart8::get(overflow)} << 8 |
                             unsigned{RetraceStart9::get(overflow)} << 9);
  // Retrace ends when the low four bits of the line counter match.
  const u32 length = (RetraceEnd::get(crtc(Crtc::VerticalRetraceEnd)) - t.retrace_start / scale) & 0xf;
  t.retrace_lines = scale * (length == 0 ? 16 : length);
  // Registers that describe no retrace at all still give one: guests wait for it.
  t.retrace_start = std::min(t.retrace_start, t.vertical_total - 1);
  return t;
}

u64 Vga::frame_number() const {
  const Timing t = timing();
  return cycles_in(scheduler_.now(), t.dot_hertz) /
         (u64{t.cell_dots} * t.horizontal_total * t.vertical_total);
}

u32 Vga::scan_lines() const {
  const u8 overflow = crtc(Crtc::Overflow);
  const u32 end = crtc(Crtc::VerticalDisplayEnd) | unsigned{VerticalDisplayEnd8::get(overflow)} << 8 |
                  unsigned{VerticalDisplayEnd9::get(overflow)} << 9;
  return (end + 1) * (VerticalTimesTwo::get(crtc(Crtc::ModeControl)) ? 2 : 1);
}

u32 Vga::columns() const { return crtc(Crtc::HorizontalDisplayEnd) + 1u; }

bool Vga::cursor_blink_on() const { return (frame_number() / 8) % 2 == 0; }

bool Vga::text_blink_on() const { return (frame_number() / 16) % 2 == 0; }

}  // namespace ringdown
