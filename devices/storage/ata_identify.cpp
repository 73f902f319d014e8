// The data structures that a hard disk describes itself with: IDENTIFY DEVICE and SMART READ DATA.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "devices/storage/ata_disk.h"
#include "devices/storage/identify_block.h"

namespace ringdown {
namespace {

constexpr u64 kLba28Limit = u64{1} << 28;

}  // namespace

std::vector<std::byte> AtaDisk::identify_data() const {
  IdentifyBlock block;
  const Geometry original = default_geometry();
  const u32 lba28 = static_cast<u32>(std::min(image_->sectors(), kLba28Limit - 1));
  const u32 current = std::min(u32{geometry_.heads} * geometry_.sectors * geometry_.cylinders, lba28);
  block.set(0, 0x0040);  // fixed device
  block.set(1, static_cast<u16>(original.cylinders));
  block.set(3, original.heads);
  block.set(6, original.sectors);
  block.text(10, 20, fmt::format("RD{:03}{}", place_.channel, place_.drive));
  block.text(23, 8, "1.0");
  block.text(27, 40, "Ringdown hard disk");
  block.set(47, 0x8010);  // at most 16 sectors per block
  block.set(48, 0x0001);  // double word I/O
  block.set(49, 0x0f00);  // IORDY, LBA, DMA
  block.set(50, 0x4000);
  block.set(51, 0x0200);
  block.set(52, 0x0200);
  block.set(53, 0x0007);  // words 54 to 58, 64 to 70 and 88 are valid
  block.set(54, static_cast<u16>(geometry_.cylinders));
  block.set(55, geometry_.heads);
  block.set(56, geometry_.sectors);
  block.set_dword(57, current);
  block.set(59, multiple_ != 0 ? static_cast<u16>(0x0100 | multiple_) : u16{0});
  block.set_dword(60, lba28);
  block.set_transfer_modes(transfer_mode_, 5);
  block.set(80, 0x007e);  // ATA-1 to ATA/ATAPI-6
  block.set(82, 0x4069);  // NOP, look-ahead, write cache, power management, SMART
  block.set(83, 0x7400);  // FLUSH CACHE EXT, FLUSH CACHE, 48-bit addresses
  block.set(84, 0x4000);
  block.set(85, static_cast<u16>(0x4008 | (look_ahead_ ? 0x40 : 0) | (write_cache_ ? 0x20 : 0) |
                                 (smart_enabled_ ? 1 : 0)));
  block.set(86, 0x3400);
  block.set(87, 0x4000);
  block.set(93, place_.drive == 0 ? 0x600b : 0x6b00);  // 80-conductor cable, jumper, diagnostics passed
  block.set_dword(100, static_cast<u32>(image_->sectors()));
  block.set_dword(102, static_cast<u32>(image_->sectors() >> 32));
  return block.finish();
}

std::vector<std::byte> AtaDisk::smart_data() const {
  std::vector<std::byte> data(kSectorSize);
  data[0] = std::byte{0x10};  // revision of the structure; no attributes
  const u8 sum = std::accumulate(data.begin(), data.end(), u8{0}, [](u8 total, std::byte b) {
    return static_cast<u8>(total + static_cast<u8>(b));
  });
  data.back() = static_cast<std::byte>(-sum);
  return data;
}

}  // namespace ringdown
