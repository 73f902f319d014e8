// Registers of the IBM VGA by the names of its technical reference (IBM PS/2 Hardware Interface: Video
// Subsystem, 1992).
#pragma once

#include <array>

#include "core/field.h"

namespace ringdown::vga {

/// Ports, as offsets from 3C0h.
enum class Port : u8 {
  AttributeAddress = 0x00,     // address and data, alternating
  AttributeData = 0x01,        // reads
  MiscellaneousOutput = 0x02,  // writes; reads Input Status 0
  SubsystemEnable = 0x03,
  SequencerAddress = 0x04,
  SequencerData = 0x05,
  PelMask = 0x06,
  PelReadAddress = 0x07,  // reads give the DAC's state
  PelWriteAddress = 0x08,
  PelData = 0x09,
  FeatureControlRead = 0x0a,
  MiscellaneousRead = 0x0c,
  GraphicsAddress = 0x0e,
  GraphicsData = 0x0f,
  CrtcAddress = 0x14,
  CrtcData = 0x15,
  InputStatus1 = 0x1a,  // writes Feature Control
};
inline constexpr u32 kPortCount = 0x20;
/// Monochrome ports 3B0h to 3BBh mirror 3D0h to 3DBh while Miscellaneous Output bit 0 is clear.
inline constexpr u32 kMonochromePortCount = 0x0c;
inline constexpr u32 kColorPortOffset = 0x10;

// Miscellaneous Output
using ColorAddresses = Field<u8, 0>;
using RamEnable = Field<u8, 1>;
using ClockSelect = Field<u8, 2, 2>;
inline constexpr std::array<u64, 4> kDotClockHertz{25'175'000, 28'322'000, 25'175'000, 25'175'000};

// Input Status 0: the monitor's sense line
inline constexpr u8 kSwitchSense = 0x10;

// Input Status 1
using DisplayDisabled = Field<u8, 0>;
using VerticalRetrace = Field<u8, 3>;

/// Sequencer, 3C4h/3C5h.
enum class Sequencer : u8 { Reset, ClockingMode, MapMask, CharacterMapSelect, MemoryMode };
inline constexpr std::array<u8, 5> kSequencerMasks{0x03, 0x3d, 0x0f, 0x3f, 0x0e};
using EightDotCharacters = Field<u8, 0>;
using HalfDotClock = Field<u8, 3>;
using ScreenOff = Field<u8, 5>;
using CharacterMapBLow = Field<u8, 0, 2>;
using CharacterMapALow = Field<u8, 2, 2>;
using CharacterMapBHigh = Field<u8, 4, 1, u8>;
using CharacterMapAHigh = Field<u8, 5, 1, u8>;
using OddEvenDisable = Field<u8, 2>;
using Chain4 = Field<u8, 3>;

/// CRT controller, 3D4h/3D5h.
enum class Crtc : u8 {
  HorizontalTotal = 0x00,
  HorizontalDisplayEnd = 0x01,
  Overflow = 0x07,
  PresetRowScan = 0x08,
  MaximumScanLine = 0x09,
  CursorStart = 0x0a,
  CursorEnd = 0x0b,
  StartAddressHigh = 0x0c,
  StartAddressLow = 0x0d,
  CursorLocationHigh = 0x0e,
  CursorLocationLow = 0x0f,
  VerticalTotal = 0x06,
  VerticalRetraceStart = 0x10,
  VerticalRetraceEnd = 0x11,
  VerticalDisplayEnd = 0x12,
  Offset = 0x13,
  UnderlineLocation = 0x14,
  ModeControl = 0x17,
  LineCompare = 0x18,
  // Undocumented, readable on IBM's and compatible chips.
  GraphicsLatch = 0x22,
  AttributeFlipFlop = 0x24,
  AttributeIndex = 0x26,
};
inline constexpr std::size_t kCrtcRegisters = 0x19;
inline constexpr u8 kLastProtectedCrtc = 0x07;
// Overflow
using VerticalTotal8 = Field<u8, 0, 1, u8>;
using VerticalDisplayEnd8 = Field<u8, 1, 1, u8>;
using RetraceStart8 = Field<u8, 2, 1, u8>;
using LineCompare8 = Field<u8, 4, 1, u8>;
using VerticalTotal9 = Field<u8, 5, 1, u8>;
using VerticalDisplayEnd9 = Field<u8, 6, 1, u8>;
using RetraceStart9 = Field<u8, 7, 1, u8>;
// Preset Row Scan
using PresetRow = Field<u8, 0, 5>;
using BytePanning = Field<u8, 5, 2>;
// Maximum Scan Line
using MaximumRow = Field<u8, 0, 5>;
using LineCompare9 = Field<u8, 6, 1, u8>;
using DoubleScan = Field<u8, 7>;
// Cursor Start and End
using CursorRow = Field<u8, 0, 5>;
using CursorOff = Field<u8, 5>;
using CursorSkew = Field<u8, 5, 2>;
// Vertical Retrace End
using RetraceEnd = Field<u8, 0, 4>;
using ProtectRegisters = Field<u8, 7>;
// Underline Location
using UnderlineRow = Field<u8, 0, 5>;
using CountByFour = Field<u8, 5>;
using DoublewordMode = Field<u8, 6>;
// Mode Control
using RowScan0ToAddress13 = Field<u8, 0>;  // clear: substitute the row scan counter
using RowScan1ToAddress14 = Field<u8, 1>;
using VerticalTimesTwo = Field<u8, 2>;
using CountByTwo = Field<u8, 3>;
using AddressWrap = Field<u8, 5>;
using ByteMode = Field<u8, 6>;

/// Graphics controller, 3CEh/3CFh.
enum class Graphics : u8 {
  SetReset,
  EnableSetReset,
  ColorCompare,
  DataRotate,
  ReadMapSelect,
  Mode,
  Miscellaneous,
  ColorDontCare,
  BitMask,
};
inline constexpr std::array<u8, 9> kGraphicsMasks{0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff};
using RotateCount = Field<u8, 0, 3>;
enum class Function : u8 { Replace, And, Or, Xor };
using FunctionSelect = Field<u8, 3, 2, Function>;
using WriteMode = Field<u8, 0, 2>;
using ReadModeCompare = Field<u8, 3>;
using HostOddEven = Field<u8, 4>;
using InterleavedShift = Field<u8, 5>;
using Shift256 = Field<u8, 6>;
using GraphicsMode = Field<u8, 0>;
using ChainOddEven = Field<u8, 1>;
enum class MemoryMap : u8 { A0000To128K, A0000To64K, B0000To32K, B8000To32K };
using MemoryMapSelect = Field<u8, 2, 2, MemoryMap>;

/// Attribute controller, 3C0h/3C1h. Registers 0 to 15 are the palette.
enum class Attribute : u8 {
  ModeControl = 0x10,
  OverscanColor = 0x11,
  ColorPlaneEnable = 0x12,
  HorizontalPelPanning = 0x13,
  ColorSelect = 0x14,
};
inline constexpr std::size_t kPaletteRegisters = 16;
inline constexpr std::size_t kAttributeRegisters = 0x15;
inline constexpr u8 kPaletteMask = 0x3f;
inline constexpr std::array<u8, 5> kAttributeMasks{0xef, 0xff, 0x3f, 0x0f, 0x0f};
using AttributeIndexField = Field<u8, 0, 5>;
using PaletteAddressSource = Field<u8, 5>;  // set: the display owns the palette
using MonochromeEmulation = Field<u8, 1>;
using LineGraphics = Field<u8, 2>;
using BlinkEnable = Field<u8, 3>;
using PanningCompatibility = Field<u8, 5>;
using EightBitColor = Field<u8, 6>;
using InternalPaletteSize = Field<u8, 7>;  // palette bits 5 and 4 come from Color Select

/// What 3C7h reads.
enum class DacState : u8 { Write = 0, Read = 3 };

}  // namespace ringdown::vga
