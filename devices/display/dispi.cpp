// The Bochs VBE 'DISPI' registers: linear high-colour modes beside the VGA's own.
#include "devices/display/dispi.h"

#include <algorithm>

namespace ringdown {

void Dispi::reset() {
  registers_ = {kLastId};
  enable_.assign(0);
}

u16 Dispi::read(u16 index) const {
  if (index >= kIndexCount) return 0;
  const bool capabilities = enable_.get<GetCapabilities>();
  switch (static_cast<Index>(index)) {
    case Index::XResolution:
      return capabilities ? kMaximumXResolution : at(Index::XResolution);
    case Index::YResolution:
      return capabilities ? kMaximumYResolution : at(Index::YResolution);
    case Index::BitsPerPixel:
      return capabilities ? kMaximumBitsPerPixel : at(Index::BitsPerPixel);
    case Index::Enable:
      return enable_.value();
    case Index::VideoMemory64K:
      return static_cast<u16>(memory_size_ >> 16);
    case Index::Id:
    case Index::Bank:
    case Index::VirtualWidth:
    case Index::VirtualHeight:
    case Index::XOffset:
    case Index::YOffset:
      break;
  }
  return registers_[index];
}

Dispi::Effect Dispi::write(u16 index, u16 value) {
  if (index >= kIndexCount) return Effect::None;
  const bool on = enabled();
  switch (static_cast<Index>(index)) {
    case Index::Id:
      // Software negotiates a version by writing it and reading it back.
      if (value >= kFirstId && value <= kLastId) at(Index::Id) = value;
      return Effect::None;
    case Index::XResolution:
      if (!on && value <= kMaximumXResolution) at(Index::XResolution) = value & ~u16{7};
      return Effect::None;
    case Index::YResolution:
      if (!on && value <= kMaximumYResolution) at(Index::YResolution) = value;
      return Effect::None;
    case Index::BitsPerPixel:
      if (!on) at(Index::BitsPerPixel) = value == 0 ? u16{8} : value;
      return Effect::None;
    case Index::Enable:
      return write_enable(value);
    case Index::Bank:
      if (u32{value} << 16 < memory_size_) at(Index::Bank) = value;
      return Effect::None;
    case Index::VirtualWidth:
      if (on) write_virtual_width(value);
      return Effect::Changed;
    case Index::XOffset:
      if (on && value + width() <= at(Index::VirtualWidth)) at(Index::XOffset) = value;
      return Effect::Changed;
    case Index::YOffset:
      if (on && value + height() <= at(Index::VirtualHeight)) at(Index::YOffset) = value;
      return Effect::Changed;
    case Index::VirtualHeight:
    case Index::VideoMemory64K:
      return Effect::None;  // follow from the others
  }
  return Effect::None;
}

bool Dispi::valid_mode() const {
  const u32 depth = bits_per_pixel();
  const bool depth_known =
      depth == 4 || depth == 8 || depth == 15 || depth == 16 || depth == 24 || depth == 32;
  return depth_known && width() != 0 && height() != 0 && lines_of(width()) >= height();
}

Dispi::Effect Dispi::write_enable(u16 value) {
  const bool was_enabled = enabled();
  Register<u16> next(value);
  if (next.get<Enabled>() && !was_enabled) {
    if (!valid_mode()) {
      log_.write(LogCategory::Display, "VBE mode {}x{}x{} does not exist", width(), height(),
                 bits_per_pixel());
      next.set<Enabled>(false);
    } else {
      at(Index::VirtualWidth) = at(Index::XResolution);
      at(Index::VirtualHeight) = static_cast<u16>(std::min<u32>(lines_of(width()), 0xffff));
      at(Index::XOffset) = 0;
      at(Index::YOffset) = 0;
      at(Index::Bank) = 0;
      log_.write(LogCategory::Display, "VBE mode {}x{}x{}", width(), height(), bits_per_pixel());
    }
  }
  enable_ = next;
  if (!was_enabled && enabled() && !next.get<NoClearMemory>()) return Effect::ClearMemory;
  return Effect::Changed;
}

void Dispi::write_virtual_width(u16 value) {
  const u32 wanted = value & ~u32{7};
  if (wanted < width() || lines_of(wanted) < height()) return;
  at(Index::VirtualWidth) = static_cast<u16>(wanted);
  at(Index::VirtualHeight) = static_cast<u16>(std::min<u32>(lines_of(wanted), 0xffff));
  at(Index::XOffset) = 0;
  at(Index::YOffset) = 0;
}

u32 Dispi::pitch_of(u32 width) const {
  const u32 depth = bits_per_pixel();
  return depth == 4 ? width / 8 : width * ((depth + 7) / 8);
}

u32 Dispi::lines_of(u32 width) const {
  const u32 memory = bits_per_pixel() == 4 ? memory_size_ / 4 : memory_size_;
  const u32 pitch = pitch_of(width);
  return pitch == 0 ? 0 : memory / pitch;
}

u32 Dispi::start_offset() const { return at(Index::YOffset) * pitch() + pitch_of(at(Index::XOffset)); }

void Dispi::serialize(Archive& archive) {
  archive(registers_, enable_);
  if (!archive.loading() || !enabled()) return;
  const bool fits = valid_mode() && width() <= kMaximumXResolution && height() <= kMaximumYResolution &&
                    at(Index::VirtualWidth) >= width() + at(Index::XOffset) &&
                    lines_of(at(Index::VirtualWidth)) >= at(Index::YOffset) + height();
  if (!fits) {
    archive.fail("the VBE mode does not fit the video memory");
    reset();
  }
}

}  // namespace ringdown
