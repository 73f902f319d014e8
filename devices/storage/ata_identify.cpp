// The block in which a hard disk describes itself: IDENTIFY DEVICE.
#include <fmt/core.h>

#include <algorithm>

#include "devices/storage/ata_disk.h"
#include "devices/storage/identify_block.h"

namespace ringdown {

std::vector<std::byte> AtaDisk::identify_data() const {
  IdentifyBlock block;
  const Geometry original = default_geometry();
  const u64 sectors = end_of_disk();
  const u32 short_sectors = static_cast<u32>(std::min(sectors, kShortAddresses - 1));
  // Features that exist, and the bits of those that are on.
  constexpr u16 kSmart = 1 << 0, kPowerManagement = 1 << 3, kWriteCache = 1 << 5, kLookAhead = 1 << 6,
                kProtectedArea = 1 << 10, kWriteBuffer = 1 << 12, kReadBuffer = 1 << 13, kNop = 1 << 14;
  constexpr u16 kAlways = kPowerManagement | kProtectedArea | kWriteBuffer | kReadBuffer | kNop;
  const auto when = [](bool on, u16 feature) { return on ? feature : u16{0}; };
  block.set(0, 0x0040);  // fixed device
  block.set(1, static_cast<u16>(original.cylinders));
  block.set(3, original.heads);
  block.set(6, original.sectors);
  block.text(10, 20, fmt::format("RD{:03}{}", place_.channel, place_.drive));
  block.text(23, 8, "1.0");
  block.text(27, 40, "Ringdown hard disk");
  block.set(47, 0x8000 | kMaximumMultiple);
  block.set(48, 0x0001);  // double word I/O
  block.set(49, 0x2f00);  // standby timer as in the standard, IORDY, LBA, DMA
  block.set(50, 0x4000);
  block.set(51, 0x0200);
  block.set(52, 0x0200);
  block.set(53, 0x0007);  // words 54 to 58, 64 to 70 and 88 are valid
  block.set(54, static_cast<u16>(geometry_.cylinders));
  block.set(55, geometry_.heads);
  block.set(56, geometry_.sectors);
  block.set_dword(57, std::min(geometry_.capacity(), short_sectors));
  block.set(59, static_cast<u16>(multiple_ != 0 ? 0x0100 | multiple_ : 0));
  block.set_dword(60, short_sectors);
  block.set_transfer_modes(transfer_mode_, 5);
  block.set(80, 0x007e);  // ATA-1 to ATA/ATAPI-6
  block.set(82, kAlways | kSmart | kWriteCache | kLookAhead);
  block.set(83, 0x7400);  // FLUSH CACHE EXT, FLUSH CACHE, 48-bit addresses
  block.set(84, 0x4003);  // SMART self-test and error log
  block.set(85, static_cast<u16>(kAlways | when(smart_.enabled(), kSmart) | when(write_cache_, kWriteCache) |
                                 when(look_ahead_, kLookAhead)));
  block.set(86, 0x3400);
  block.set(87, 0x4003);
  block.set(93, place_.drive == 0 ? 0x600b : 0x6b00);  // 80-conductor cable, jumper, diagnostics passed
  block.set_dword(100, static_cast<u32>(sectors));
  block.set_dword(102, static_cast<u32>(sectors >> 32));
  return block.finish();
}

}  // namespace ringdown
