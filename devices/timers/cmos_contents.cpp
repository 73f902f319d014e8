// Fills CMOS memory for the firmware.
#include "devices/timers/cmos_contents.h"

#include <algorithm>
#include <span>

namespace ringdown {
namespace {

// Places that SeaBIOS and the PC/AT technical reference agree on.
enum class Cmos : u8 {
  FloppyDrives = 0x10,
  Equipment = 0x14,
  BaseMemory = 0x15,            // KiB, two bytes
  ExtendedMemory = 0x17,        // KiB above 1 MiB, two bytes
  ExtendedMemoryActual = 0x30,  // the same as found at power on
  MemoryAbove16Mib = 0x34,      // 64 KiB units, two bytes
  BootThird = 0x38,             // bits 4 to 7; bit 0: do not check the boot signature
  BootFirstSecond = 0x3d,       // bits 0 to 3 first, 4 to 7 second
  MemoryAbove4Gib = 0x5b,       // 64 KiB units, three bytes
};

constexpr u64 kKib = 1024;
constexpr u64 kMib = 1024 * kKib;
constexpr u64 kBaseMemoryKib = 640;
constexpr u8 kEquipmentFloppy = 0x01;
constexpr u8 kEquipmentCoprocessor = 0x02;
constexpr u8 kEquipmentMouse = 0x04;

void store(std::span<u8> cmos, Cmos where, u64 value, unsigned bytes) {
  value = std::min(value, (u64{1} << (8 * bytes)) - 1);
  for (unsigned i = 0; i < bytes; ++i) cmos[static_cast<u8>(where) + i] = static_cast<u8>(value >> (8 * i));
}

u8 equipment(const CmosConfig& config) {
  const auto drives =
      std::ranges::count_if(config.floppy_drives, [](FloppyDriveType d) { return d != FloppyDriveType::None; });
  u8 value = kEquipmentCoprocessor | kEquipmentMouse;
  if (drives > 0) value |= static_cast<u8>(kEquipmentFloppy | (drives - 1) << 6);
  return value;
}

}  // namespace

std::array<u8, kCmosSize> make_cmos(const CmosConfig& config) {
  std::array<u8, kCmosSize> cmos{};
  store_time(cmos, config.time, RtcFormat{});
  const auto beyond = [&](u64 start) {
    return config.ram_below_4gib > start ? config.ram_below_4gib - start : 0;
  };
  store(cmos, Cmos::BaseMemory, std::min(config.ram_below_4gib / kKib, kBaseMemoryKib), 2);
  store(cmos, Cmos::ExtendedMemory, beyond(kMib) / kKib, 2);
  store(cmos, Cmos::ExtendedMemoryActual, beyond(kMib) / kKib, 2);
  store(cmos, Cmos::MemoryAbove16Mib, beyond(16 * kMib) / (64 * kKib), 2);
  store(cmos, Cmos::MemoryAbove4Gib, config.ram_above_4gib / (64 * kKib), 3);

  const auto code = [](auto value) { return static_cast<unsigned>(value); };
  store(cmos, Cmos::FloppyDrives, code(config.floppy_drives[0]) << 4 | code(config.floppy_drives[1]), 1);
  store(cmos, Cmos::Equipment, equipment(config), 1);
  store(cmos, Cmos::BootThird, code(config.boot_order[2]) << 4 | (config.check_boot_signature ? 0 : 1), 1);
  store(cmos, Cmos::BootFirstSecond, code(config.boot_order[0]) | code(config.boot_order[1]) << 4, 1);
  return cmos;
}

}  // namespace ringdown
