// What PC firmware expects to find in CMOS memory: sizes of memory, drives and the boot order.
#pragma once

#include <array>

#include "core/floppy_drive_type.h"
#include "core/types.h"
#include "devices/timers/rtc_calendar.h"

namespace ringdown {

enum class BootDevice : u8 { None = 0, Floppy = 1, Disk = 2, Cdrom = 3, Network = 4 };

/// Everything about a machine that its CMOS memory tells.
struct CmosConfig {
  CivilTime time;
  u64 ram_below_4gib = 0;  // bytes, from address 0
  u64 ram_above_4gib = 0;  // bytes
  std::array<BootDevice, 3> boot_order{};
  std::array<FloppyDriveType, 2> floppy_drives{};
  bool check_boot_signature = true;  // of floppy boot sectors
};

inline constexpr unsigned kCmosSize = 256;

/// A CMOS memory as the set-up program would have left it. Bytes 0 to 7Fh are the bank of ports 70h and 71h,
/// the rest that of 72h and 73h.
std::array<u8, kCmosSize> make_cmos(const CmosConfig& config);

}  // namespace ringdown
