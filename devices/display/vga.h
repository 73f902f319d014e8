// The VGA with the Bochs VBE extension: registers, 16 MiB of video memory, and the picture they make.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "core/archive.h"
#include "core/bus.h"
#include "core/log.h"
#include "core/scheduler.h"
#include "core/zeroed_buffer.h"
#include "devices/display/dispi.h"
#include "devices/display/display_image.h"
#include "devices/display/vga_registers.h"

namespace ringdown {

/// The display adapter. The board attaches its ranges; it knows no address itself.
///
/// The VGA proper owns the first 256 KiB of video memory as four planes, a byte of each plane side by side; a
/// VBE mode sees the memory as linear.
class Vga final : public Serializable {
 public:
  static constexpr u32 kMemorySize = 16u << 20;
  static constexpr u32 kLegacyWindowSize = 0x2'0000;
  static constexpr u32 kDispiPortCount = 4;
  static constexpr u32 kRegisterBarSize = 0x1000;

  Vga(Log& log, Scheduler& scheduler);

  /// 32 ports at 3C0h; attach with Width::Byte.
  BusRange& ports() { return ports_; }
  /// 12 ports at 3B0h; attach with Width::Byte.
  BusRange& monochrome_ports() { return monochrome_ports_; }
  /// Index and data of the VBE extension, four ports at 1CEh; attach with Width::Word.
  BusRange& dispi_ports() { return dispi_ports_; }
  /// The 128 KiB at A0000h; attach with Width::Dword.
  BusRange& legacy_window() { return legacy_window_; }
  /// Video memory, linear: BAR 0 of PCI function 1234:1111, prefetchable.
  BusRange& framebuffer() { return framebuffer_; }
  /// VGA ports at 400h and VBE registers at 500h: BAR 2 of that function, 4 KiB; attach with Width::Dword.
  BusRange& register_bar() { return register_bar_; }

  void reset();

  /// A number that differs whenever the picture may differ (contents, registers, blinking).
  u64 generation() const;
  /// Draws the picture as it is now. Sizes are bounded by the registers' widths.
  Screen render() const;
  /// The characters on screen; nothing in graphics modes or while the screen is off.
  std::optional<TextPage> text_page() const;
  /// `text_page()` as UTF-8 lines; empty where there is none.
  std::vector<std::string> text_screen() const;

  ChunkTag chunk_tag() const override { return ChunkTag("VGA "); }
  void serialize(Archive& archive) override;

 private:
  /// When the beam is where, in dots and character cells.
  struct Timing {
    u64 dot_hertz;
    u32 cell_dots;
    u32 horizontal_total;  // cells
    u32 horizontal_display;
    u32 vertical_total;  // lines
    u32 vertical_display;
    u32 retrace_start;
    u32 retrace_lines;
  };
  /// One scan line of the picture, as the CRT controller addresses it.
  struct ScanLine {
    u32 number;
    u32 address;  // of the first character, before the word and doubleword shifts
    u32 row;      // within the character
    bool below_split;
  };

  // vga_ports.cpp
  u64 read_port(u32 offset, Width width);
  void write_port(u32 offset, Width width, u64 value);
  u64 read_monochrome_port(u32 offset, Width width);
  void write_monochrome_port(u32 offset, Width width, u64 value);
  u64 read_dispi_port(u32 offset, Width width);
  void write_dispi_port(u32 offset, Width width, u64 value);
  u64 read_register_bar(u32 offset, Width width);
  void write_register_bar(u32 offset, Width width, u64 value);
  u8 read_register(vga::Port port);
  void write_register(vga::Port port, u8 value);
  u8 read_crtc(u8 index) const;
  void write_crtc(u8 index, u8 value);
  void write_attribute(u8 value);
  u8 read_dac();
  void write_dac(u8 value);
  void write_dispi(u16 index, u16 value);
  u8 read_input_status_1();

  // vga_memory.cpp
  u64 read_window(u32 offset, Width width);
  void write_window(u32 offset, Width width, u64 value);
  u64 read_framebuffer(u32 offset, Width width);
  void write_framebuffer(u32 offset, Width width, u64 value);
  u8 read_window_byte(u32 offset);
  void write_window_byte(u32 offset, u8 value);
  std::optional<u32> window_address(u32 offset) const;
  u32 plane_address(u32 address) const;
  u32 planes(u32 address) const;
  void set_planes(u32 address, u32 value);
  u8 read_planar(u32 address, u32 plane_address);
  void write_planar(u8 plane_mask, u32 plane_address, u8 value);

  // vga_timing.cpp
  Timing timing() const;
  u64 frame_number() const;

  // vga_render.cpp
  bool blanked() const;
  u32 start_address() const;
  u32 scan_lines() const;
  u32 columns() const;
  u32 line_repeat() const;
  u32 display_address(u32 counter, u32 row) const;
  u32 panning(const ScanLine& line) const;
  template <class Visitor>
  void for_each_scan_line(Visitor visit) const;
  Screen render_text() const;
  Screen render_graphics() const;
  Screen render_dispi() const;
  void draw_text_line(const ScanLine& line, u32* pixels, u32 cell_dots) const;
  void draw_graphics_line(const ScanLine& line, std::vector<u32>& pixels) const;
  void draw_dispi_line(u32 offset, const std::array<u32, 256>& palette, std::span<u32> pixels) const;
  u32 dac_color(u8 index) const;
  std::array<u32, 16> attribute_colors() const;
  bool cursor_at(u32 counter) const;
  bool cursor_blink_on() const;
  bool text_blink_on() const;

  u8 sequencer(vga::Sequencer r) const { return sequencer_[static_cast<std::size_t>(r)]; }
  u8 crtc(vga::Crtc r) const { return crtc_[static_cast<std::size_t>(r)]; }
  u8 graphics(vga::Graphics r) const { return graphics_[static_cast<std::size_t>(r)]; }
  u8 attribute(vga::Attribute r) const { return attribute_[static_cast<std::size_t>(r)]; }

  Log& log_;
  Scheduler& scheduler_;
  Window<Vga, &Vga::read_port, &Vga::write_port> ports_{*this};
  Window<Vga, &Vga::read_monochrome_port, &Vga::write_monochrome_port> monochrome_ports_{*this};
  Window<Vga, &Vga::read_dispi_port, &Vga::write_dispi_port> dispi_ports_{*this};
  Window<Vga, &Vga::read_window, &Vga::write_window> legacy_window_{*this};
  Window<Vga, &Vga::read_framebuffer, &Vga::write_framebuffer> framebuffer_{*this};
  Window<Vga, &Vga::read_register_bar, &Vga::write_register_bar> register_bar_{*this};

  ZeroedBuffer memory_;
  u32 latches_ = 0;  // one byte of each plane
  u64 changes_ = 0;

  Register<u8> miscellaneous_output_;
  u8 feature_control_ = 0;
  u8 subsystem_enable_ = 1;
  u8 sequencer_index_ = 0;
  std::array<u8, vga::kSequencerMasks.size()> sequencer_{};
  u8 crtc_index_ = 0;
  std::array<u8, vga::kCrtcRegisters> crtc_{};
  u8 graphics_index_ = 0;
  std::array<u8, vga::kGraphicsMasks.size()> graphics_{};
  Register<u8> attribute_index_;
  bool attribute_data_next_ = false;  // the flip-flop of 3C0h
  std::array<u8, vga::kAttributeRegisters> attribute_{};

  using DacEntry = std::array<u8, 3>;  // red, green, blue: 6 bits, or 8 by the VBE extension
  std::array<DacEntry, 256> palette_{};
  u8 pel_mask_ = 0xff;
  u8 dac_read_index_ = 0;
  u8 dac_write_index_ = 0;
  u8 dac_component_ = 0;
  DacEntry dac_entry_{};
  vga::DacState dac_state_ = vga::DacState::Write;

  u16 dispi_index_ = 0;
  Dispi dispi_;
};

}  // namespace ringdown
