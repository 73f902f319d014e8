// The table of commands (Intel 82077AA data sheet, table 5-1).
#include "devices/storage/floppy_commands.h"

#include <algorithm>
#include <array>

namespace ringdown {

namespace {

using enum FloppyCommand;

constexpr std::array kCodes = {
    FloppyCommandCode{ReadData, 0xe0, 0x06, 8},     FloppyCommandCode{ReadDeletedData, 0xe0, 0x0c, 8},
    FloppyCommandCode{WriteData, 0xc0, 0x05, 8},    FloppyCommandCode{WriteDeletedData, 0xc0, 0x09, 8},
    FloppyCommandCode{ReadTrack, 0x40, 0x02, 8},    FloppyCommandCode{Verify, 0xe0, 0x16, 8},
    FloppyCommandCode{Version, 0x00, 0x10, 0},      FloppyCommandCode{FormatTrack, 0x40, 0x0d, 5},
    FloppyCommandCode{Recalibrate, 0x00, 0x07, 1},  FloppyCommandCode{SenseInterruptStatus, 0x00, 0x08, 0},
    FloppyCommandCode{Specify, 0x00, 0x03, 2},      FloppyCommandCode{SenseDriveStatus, 0x00, 0x04, 1},
    FloppyCommandCode{Seek, 0x00, 0x0f, 2},         FloppyCommandCode{Configure, 0x00, 0x13, 3},
    FloppyCommandCode{RelativeSeek, 0x40, 0x8f, 2}, FloppyCommandCode{DumpRegisters, 0x00, 0x0e, 0},
    FloppyCommandCode{ReadId, 0x40, 0x0a, 1},       FloppyCommandCode{PerpendicularMode, 0x00, 0x12, 1},
    FloppyCommandCode{Lock, 0x80, 0x14, 0},
};
constexpr FloppyCommandCode kInvalidCode{Invalid, 0xff, 0x00, 0};

}  // namespace

const FloppyCommandCode& decode_floppy_command(u8 byte) {
  const auto row = std::ranges::find_if(
      kCodes, [byte](const FloppyCommandCode& r) { return (byte & ~unsigned{r.variable}) == r.code; });
  return row == kCodes.end() ? kInvalidCode : *row;
}

}  // namespace ringdown
