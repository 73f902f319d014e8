// Checks of an expansion ROM (PCI Firmware Specification 3.0, 5.1: PCI Expansion ROM).
#include "frontend/machine/nic_rom.h"

#include <fmt/core.h>

#include <numeric>
#include <optional>
#include <span>
#include <string>

#include "frontend/machine/file_contents.h"
#include "frontend/machine/nic_models.h"

namespace ringdown {

namespace {

/// Where Debian's package ipxe-qemu puts its ROMs.
constexpr std::string_view kBootRomFolder = "/usr/lib/ipxe/qemu/";
constexpr std::size_t kLargestRom = 16u << 20;

// The ROM header, then the PCI data structure.
constexpr std::size_t kUnit = 512;
constexpr std::size_t kLengthAt = 2;
constexpr std::size_t kDataPointerAt = 0x18;
constexpr std::size_t kVendorAt = 4;
constexpr std::size_t kDeviceAt = 6;
constexpr std::size_t kRevisionAt = 0x12;
constexpr std::size_t kDataLength = 0x18;

u16 word_at(std::span<const u8> bytes, std::size_t at) {
  return static_cast<u16>(bytes[at] | bytes[at + 1] << 8);
}

/// Where the PCI data structure lies; nothing if this is no expansion ROM.
std::optional<std::size_t> find_pci_data(std::span<const u8> rom) {
  constexpr std::string_view kSignature = "PCIR";
  if (rom.size() < kUnit || rom.size() > kLargestRom || word_at(rom, 0) != 0xaa55) return {};
  const std::size_t at = word_at(rom, kDataPointerAt);
  if (rom[kLengthAt] == 0 || rom[kLengthAt] * kUnit > rom.size() || at + kDataLength > rom.size()) return {};
  for (std::size_t i = 0; i < kSignature.size(); ++i) {
    if (rom[at + i] != static_cast<u8>(kSignature[i])) return {};
  }
  return at;
}

void set_word(std::vector<u8>& bytes, std::size_t at, u16 value) {
  bytes[at] = static_cast<u8>(value);
  bytes[at + 1] = static_cast<u8>(value >> 8);
}

/// Makes the ROM one for that adapter: iPXE's are for all that their driver knows, but name one or none. The
/// bytes sum up to zero as before: the revision, which the vendor is free to choose, makes up for the
/// difference.
void rename_device(std::vector<u8>& rom, std::size_t data, const NicModelRow& row) {
  set_word(rom, data + kVendorAt, row.vendor_id);
  set_word(rom, data + kDeviceAt, row.device_id);
  const auto end = rom.begin() + static_cast<std::ptrdiff_t>(rom[kLengthAt] * kUnit);
  rom[data + kRevisionAt] = static_cast<u8>(rom[data + kRevisionAt] - std::accumulate(rom.begin(), end, 0u));
}

}  // namespace

Result<std::vector<u8>> read_nic_rom(const NicConfig& nic) {
  if (nic.rom != NicRom::Boot && nic.rom != NicRom::File) return std::vector<u8>();
  const NicModelRow& row = row_of(nic.model);
  const bool own = nic.rom == NicRom::File;
  const std::string path = own ? nic.rom_path : fmt::format("{}{}", kBootRomFolder, row.boot_rom);
  Result<std::vector<u8>> rom = read_whole_file(path);
  if (!rom && own) return Error{fmt::format("--nic {},rom={}", row.name, rom.error().message)};
  if (!rom)
    return Error{fmt::format(
        "--boot network: {}: install the Debian package ipxe-qemu, or name a ROM with --nic {},rom=FILE",
        rom.error().message, row.name)};
  const std::optional<std::size_t> data = find_pci_data(*rom);
  if (!data)
    return Error{fmt::format("--nic {},rom={}: no expansion ROM for PCI: check the name", row.name, path)};
  rename_device(*rom, *data, row);
  return rom;
}

}  // namespace ringdown
