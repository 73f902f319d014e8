// Scan code tables.
#include "devices/input/scan_codes.h"

#include <algorithm>
#include <array>

namespace ringdown {
namespace {

/// Set 1 codes by set 2 code, 00h to 84h; codes above stay as they are.
constexpr std::array<u8, 0x85> kSet1 = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,  // 00
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,  // 10
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,  // 20
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,  // 30
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,  // 40
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,  // 50
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,  // 60
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,  // 70
    0x80, 0x81, 0x82, 0x41, 0x54,                                                                    // 80
};

struct Conversion {
  bool extended;
  u8 set_2;
  u8 set_3;
};

/// Keys whose set 3 code differs from set 2 (IBM keyboard technical reference, "Scan Code Set 3").
constexpr std::array kSet3 = std::to_array<Conversion>({
    {false, 0x05, 0x07}, {false, 0x06, 0x0f}, {false, 0x04, 0x17},
    {false, 0x0c, 0x1f},  // F1 to F4
    {false, 0x03, 0x27}, {false, 0x0b, 0x2f}, {false, 0x83, 0x37},
    {false, 0x0a, 0x3f},  // F5 to F8
    {false, 0x01, 0x47}, {false, 0x09, 0x4f}, {false, 0x78, 0x56},
    {false, 0x07, 0x5e},  // F9 to F12
    {false, 0x76, 0x08}, {false, 0x58, 0x14}, {false, 0x14, 0x11},
    {false, 0x11, 0x19},  // Esc Caps LCtrl LAlt
    {false, 0x5d, 0x5c}, {false, 0x61, 0x13}, {false, 0x7e, 0x5f},
    {false, 0x77, 0x76},                                            // \ <> Scroll Num
    {false, 0x7b, 0x84}, {false, 0x79, 0x7c}, {false, 0x7c, 0x7e},  // keypad - + *
    {true, 0x5a, 0x79},  {true, 0x4a, 0x77},  {true, 0x11, 0x39},
    {true, 0x14, 0x58},  // Enter / RAlt RCtrl
    {true, 0x70, 0x67},  {true, 0x71, 0x64},  {true, 0x6b, 0x61},
    {true, 0x6c, 0x6e},  // Ins Del Left Home
    {true, 0x69, 0x65},  {true, 0x75, 0x63},  {true, 0x72, 0x60},
    {true, 0x7d, 0x6f},  // End Up Down PgUp
    {true, 0x7a, 0x6d},  {true, 0x74, 0x6a},  {true, 0x7c, 0x57},
    {true, 0x1f, 0x8b},                       // PgDn Right Print LWin
    {true, 0x27, 0x8c},  {true, 0x2f, 0x8d},  // RWin Menu
});
constexpr u8 kSet3Pause = 0x62;
/// The last byte of Pause's break half in set 2.
constexpr u8 kPauseLast = 0x77;

u8 set_3_code(bool extended, u8 code) {
  const auto found = std::ranges::find_if(
      kSet3, [&](const Conversion& c) { return c.extended == extended && c.set_2 == code; });
  if (found != kSet3.end()) return found->set_3;
  return extended ? 0 : code;
}

}  // namespace

u8 translate_set_2(u8 code) { return code < kSet1.size() ? kSet1[code] : code; }

bool ScanCodeTranslator::translate(u8 input, u8& output) {
  if (input == kScanBreak) {
    break_pending_ = true;
    return false;
  }
  output = static_cast<u8>(translate_set_2(input) | (break_pending_ ? 0x80 : 0));
  break_pending_ = false;
  return true;
}

std::vector<u8> set_1_of(std::span<const u8> set_2) {
  std::vector<u8> result;
  ScanCodeTranslator translator;
  for (const u8 byte : set_2) {
    u8 code = 0;
    if (translator.translate(byte, code)) result.push_back(code);
  }
  return result;
}

std::vector<u8> set_3_of(std::span<const u8> set_2) {
  std::vector<u8> result;
  bool extended = false;
  bool breaks = false;
  bool pause = false;
  for (const u8 byte : set_2) {
    if (byte == kScanExtended) {
      extended = true;
    } else if (byte == kScanBreak) {
      breaks = true;
    } else if (byte == kScanPause) {
      // E1 starts each half of Pause: the make half, then the break half.
      pause = true;
      breaks = false;
    } else if (pause) {
      if (byte != kPauseLast) continue;
      if (breaks) result.push_back(kScanBreak);
      result.push_back(kSet3Pause);
      pause = extended = breaks = false;
    } else {
      if (const u8 code = set_3_code(extended, byte); code != 0) {
        if (breaks) result.push_back(kScanBreak);
        result.push_back(code);
      }
      extended = breaks = false;
    }
  }
  return result;
}

}  // namespace ringdown
