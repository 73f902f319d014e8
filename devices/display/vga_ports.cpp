// The VGA's ports: general registers, the four indexed controllers, the DAC and the VBE extension.
#include "devices/display/vga.h"

namespace ringdown {

using namespace vga;

namespace {

constexpr u8 kNobody = 0xff;
/// Where BAR 2 shows the two register groups (QEMU manual, "standard VGA").
constexpr u32 kBarPorts = 0x400;
constexpr u32 kBarDispi = 0x500;

template <std::size_t N>
u8 register_of(const std::array<u8, N>& registers, u8 index) {
  return index < N ? registers[index] : u8{0};
}

/// The ports that move between 3Bxh and 3Dxh.
bool moves(u32 offset) {
  const Port port = static_cast<Port>(offset);
  return port == Port::CrtcAddress || port == Port::CrtcData || port == Port::InputStatus1;
}

}  // namespace

u64 Vga::read_port(u32 offset, Width) {
  if (moves(offset) && !miscellaneous_output_.get<ColorAddresses>()) return kNobody;
  return read_register(static_cast<Port>(offset));
}

void Vga::write_port(u32 offset, Width, u64 value) {
  if (moves(offset) && !miscellaneous_output_.get<ColorAddresses>()) return;
  write_register(static_cast<Port>(offset), static_cast<u8>(value));
}

u64 Vga::read_monochrome_port(u32 offset, Width) {
  const u32 color_offset = offset + kColorPortOffset;
  if (!moves(color_offset) || miscellaneous_output_.get<ColorAddresses>()) return kNobody;
  return read_register(static_cast<Port>(color_offset));
}

void Vga::write_monochrome_port(u32 offset, Width, u64 value) {
  const u32 color_offset = offset + kColorPortOffset;
  if (!moves(color_offset) || miscellaneous_output_.get<ColorAddresses>()) return;
  write_register(static_cast<Port>(color_offset), static_cast<u8>(value));
}

u8 Vga::read_register(Port port) {
  switch (port) {
    case Port::AttributeAddress:
      return attribute_index_.value();
    case Port::AttributeData:
      return register_of(attribute_, AttributeIndexField::get(attribute_index_.value()));
    case Port::MiscellaneousOutput:
      return kSwitchSense;
    case Port::SubsystemEnable:
      return subsystem_enable_;
    case Port::SequencerAddress:
      return sequencer_index_;
    case Port::SequencerData:
      return register_of(sequencer_, sequencer_index_);
    case Port::PelMask:
      return pel_mask_;
    case Port::PelReadAddress:
      return static_cast<u8>(dac_state_);
    case Port::PelWriteAddress:
      return dac_write_index_;
    case Port::PelData:
      return read_dac();
    case Port::FeatureControlRead:
      return feature_control_;
    case Port::MiscellaneousRead:
      return miscellaneous_output_.value();
    case Port::GraphicsAddress:
      return graphics_index_;
    case Port::GraphicsData:
      return register_of(graphics_, graphics_index_);
    case Port::CrtcAddress:
      return crtc_index_;
    case Port::CrtcData:
      return read_crtc(crtc_index_);
    case Port::InputStatus1:
      return read_input_status_1();
  }
  return kNobody;
}

void Vga::write_register(Port port, u8 value) {
  ++changes_;
  switch (port) {
    case Port::AttributeAddress:
      write_attribute(value);
      break;
    case Port::MiscellaneousOutput:
      miscellaneous_output_.assign(value);
      break;
    case Port::SubsystemEnable:
      subsystem_enable_ = value & 1;
      break;
    case Port::SequencerAddress:
      sequencer_index_ = value & 0x07;
      break;
    case Port::SequencerData:
      if (sequencer_index_ < sequencer_.size()) {
        sequencer_[sequencer_index_] = value & kSequencerMasks[sequencer_index_];
      }
      break;
    case Port::PelMask:
      pel_mask_ = value;
      break;
    case Port::PelReadAddress:
      dac_read_index_ = value;
      dac_component_ = 0;
      dac_state_ = DacState::Read;
      break;
    case Port::PelWriteAddress:
      dac_write_index_ = value;
      dac_component_ = 0;
      dac_state_ = DacState::Write;
      break;
    case Port::PelData:
      write_dac(value);
      break;
    case Port::GraphicsAddress:
      graphics_index_ = value & 0x0f;
      break;
    case Port::GraphicsData:
      if (graphics_index_ < graphics_.size()) {
        graphics_[graphics_index_] = value & kGraphicsMasks[graphics_index_];
      }
      break;
    case Port::CrtcAddress:
      crtc_index_ = value & 0x3f;
      break;
    case Port::CrtcData:
      write_crtc(crtc_index_, value);
      break;
    case Port::InputStatus1:
      feature_control_ = value & 0x0b;
      break;
    case Port::AttributeData:
    case Port::FeatureControlRead:
    case Port::MiscellaneousRead:
      break;  // read only
  }
}

u8 Vga::read_crtc(u8 index) const {
  if (index < crtc_.size()) return crtc_[index];
  switch (static_cast<Crtc>(index)) {
    case Crtc::GraphicsLatch:
      return static_cast<u8>(latches_ >> (8 * graphics(Graphics::ReadMapSelect)));
    case Crtc::AttributeFlipFlop:
      return attribute_data_next_ ? 0x80 : 0x00;
    case Crtc::AttributeIndex:
      return attribute_index_.value();
    default:
      return 0;
  }
}

void Vga::write_crtc(u8 index, u8 value) {
  if (index >= crtc_.size()) return;
  if (index <= kLastProtectedCrtc && ProtectRegisters::get(crtc(Crtc::VerticalRetraceEnd))) {
    // Of the protected registers only line compare bit 8 stays writable.
    if (static_cast<Crtc>(index) == Crtc::Overflow) {
      crtc_[index] = LineCompare8::with(crtc_[index], LineCompare8::get(value));
    }
    return;
  }
  crtc_[index] = value;
}

void Vga::write_attribute(u8 value) {
  const bool data = attribute_data_next_;
  attribute_data_next_ = !data;
  if (!data) {
    attribute_index_.assign(value & (AttributeIndexField::kMask | PaletteAddressSource::kMask));
    return;
  }
  const u8 index = attribute_index_.get<AttributeIndexField>();
  if (index < kPaletteRegisters) {
    attribute_[index] = value & kPaletteMask;
  } else if (index < attribute_.size()) {
    attribute_[index] = value & kAttributeMasks[index - kPaletteRegisters];
  }
}

u8 Vga::read_input_status_1() {
  attribute_data_next_ = false;
  const Timing t = timing();
  const u64 cell = cycles_in(scheduler_.now(), t.dot_hertz) / t.cell_dots;
  const u32 position = static_cast<u32>(cell % (u64{t.horizontal_total} * t.vertical_total));
  const u32 line = position / t.horizontal_total;
  const u32 column = position % t.horizontal_total;
  Register<u8> status;
  status.set<DisplayDisabled>(line >= t.vertical_display || column >= t.horizontal_display);
  status.set<VerticalRetrace>(line >= t.retrace_start && line < t.retrace_start + t.retrace_lines);
  return status.value();
}

u8 Vga::read_dac() {
  const u8 value = palette_[dac_read_index_][dac_component_];
  if (++dac_component_ == std::tuple_size_v<DacEntry>) {
    dac_component_ = 0;
    ++dac_read_index_;
  }
  return value;
}

void Vga::write_dac(u8 value) {
  dac_entry_[dac_component_] = dispi_.eight_bit_dac() ? value : value & 0x3f;
  if (++dac_component_ == std::tuple_size_v<DacEntry>) {
    // All three components take effect together.
    palette_[dac_write_index_] = dac_entry_;
    dac_component_ = 0;
    ++dac_write_index_;
  }
}

u64 Vga::read_dispi_port(u32 offset, Width) {
  // The index at 1CEh; the data at 1CFh, and at 1D0h for machines that cannot access words at odd ports.
  return offset == 0 ? dispi_index_ : dispi_.read(dispi_index_);
}

void Vga::write_dispi_port(u32 offset, Width, u64 value) {
  if (offset == 0) {
    dispi_index_ = static_cast<u16>(value);
  } else {
    write_dispi(dispi_index_, static_cast<u16>(value));
  }
}

void Vga::write_dispi(u16 index, u16 value) {
  switch (dispi_.write(index, value)) {
    case Dispi::Effect::None:
      break;
    case Dispi::Effect::ClearMemory:
      memory_.clear();
      ++changes_;
      break;
    case Dispi::Effect::Changed:
      ++changes_;
      break;
  }
}

u64 Vga::read_register_bar(u32 offset, Width width) {
  u64 value = 0;
  for (u32 i = 0; i < bytes_of(width); ++i) {
    const u32 at = offset + i;
    u8 byte = kNobody;
    if (at >= kBarPorts && at < kBarPorts + kPortCount) {
      byte = static_cast<u8>(read_port(at - kBarPorts, Width::Byte));
    } else if (at >= kBarDispi && at < kBarDispi + 2 * Dispi::kIndexCount) {
      const u16 word = dispi_.read(static_cast<u16>((at - kBarDispi) / 2));
      byte = static_cast<u8>(at % 2 == 0 ? word : word >> 8);
    }
    value |= u64{byte} << (8 * i);
  }
  return value;
}

void Vga::write_register_bar(u32 offset, Width width, u64 value) {
  const u32 size = bytes_of(width);
  for (u32 i = 0; i < size; ++i) {
    const u32 at = offset + i;
    if (at >= kBarPorts && at < kBarPorts + kPortCount) {
      write_port(at - kBarPorts, Width::Byte, (value >> (8 * i)) & 0xff);
    } else if (at >= kBarDispi && at < kBarDispi + 2 * Dispi::kIndexCount && at % 2 == 0 && size - i >= 2) {
      write_dispi(static_cast<u16>((at - kBarDispi) / 2), static_cast<u16>(value >> (8 * i)));
    }
  }
}

}  // namespace ringdown
