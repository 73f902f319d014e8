// Recognises a kernel's format and turns it into fw_cfg items for the option ROM that boots it.
#include "frontend/machine/kernel_image.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "frontend/machine/file_contents.h"
#include "frontend/machine/gzip.h"
#include "frontend/machine/linux_image.h"
#include "frontend/machine/multiboot_image.h"
#include "frontend/machine/option_rom.h"

namespace ringdown {

namespace {

/// Numbered items of a kernel loader; roms/firmware_config.inc reads them.
enum class KernelItem : u16 {
  KernelAddress = 0x07,
  KernelSize = 0x08,
  InitrdAddress = 0x0a,
  InitrdSize = 0x0b,
  KernelEntry = 0x10,
  KernelData = 0x11,
  InitrdData = 0x12,
  CommandLineAddress = 0x13,
  CommandLineSize = 0x14,
  CommandLineData = 0x15,
  SetupAddress = 0x16,
  SetupSize = 0x17,
  SetupData = 0x18,
};

void add_number(KernelBoot& boot, KernelItem item, u64 value) {
  std::vector<u8> bytes;
  for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<u8>(value >> shift));
  boot.items.push_back({static_cast<u16>(item), std::move(bytes)});
}

void add_part(KernelBoot& boot, KernelItem address, KernelItem size, KernelItem data, KernelPart part) {
  add_number(boot, address, part.address);
  add_number(boot, size, part.data.size());
  boot.items.push_back({static_cast<u16>(data), std::move(part.data)});
}

/// `rom_name` is the ROM's file in fw_cfg; SeaBIOS runs what lies in genroms/ and boots first what stands
/// first in bootorder.
KernelBoot boot_of(KernelParts parts, const std::string& rom_name, std::vector<u8> rom) {
  KernelBoot boot;
  using Item = KernelItem;
  add_part(boot, Item::SetupAddress, Item::SetupSize, Item::SetupData, std::move(parts.setup));
  add_part(boot, Item::KernelAddress, Item::KernelSize, Item::KernelData, std::move(parts.kernel));
  add_part(boot, Item::InitrdAddress, Item::InitrdSize, Item::InitrdData, std::move(parts.initrd));
  add_part(boot, Item::CommandLineAddress, Item::CommandLineSize, Item::CommandLineData,
           std::move(parts.command_line));
  add_number(boot, Item::KernelEntry, parts.entry);
  boot.entry = GuestLinear(parts.entry);
  const std::string file = "genroms/" + rom_name;
  const std::string order = "/rom@" + file + "\n";
  boot.files.push_back({file, std::move(rom)});
  boot.files.push_back({"bootorder", {order.begin(), order.end()}});
  return boot;
}

Result<KernelBoot> prepare_linux(const KernelOptions& options, std::vector<u8> kernel, u64 memory_bytes) {
  LinuxFiles files{options.kernel_path, std::move(kernel), options.initrd_path, {}, options.command_line};
  if (!options.initrd_path.empty()) {
    Result<std::vector<u8>> initrd = read_whole_file(options.initrd_path);
    if (!initrd) return initrd.error();
    files.initrd = std::move(*initrd);
  }
  Result<KernelParts> parts = place_linux(std::move(files), memory_bytes);
  if (!parts) return parts.error();
  return boot_of(std::move(*parts), "ringdown-linux.rom", linux_boot_rom());
}

/// A file, unpacked if it is compressed.
Result<std::vector<u8>> read_unpacked(const std::string& path, u64 limit) {
  Result<std::vector<u8>> bytes = read_whole_file(path);
  if (!bytes || !is_gzip(*bytes)) return bytes;
  return gunzip(*bytes, limit, path);
}

Result<KernelBoot> prepare_multiboot(const KernelOptions& options, std::vector<u8> kernel, u64 memory_bytes) {
  MultibootFiles files{options.kernel_path, std::move(kernel), {}, options.command_line};
  std::string_view rest = options.initrd_path;
  while (!rest.empty()) {
    const std::string_view module = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), module.size() + 1));
    Result<std::vector<u8>> content =
        read_unpacked(std::string(module.substr(0, module.find(' '))), memory_bytes);
    if (!content) return content.error();
    files.modules.push_back({std::string(module), std::move(*content)});
  }
  Result<KernelParts> parts = place_multiboot(files, memory_bytes);
  if (!parts) return parts.error();
  return boot_of(std::move(*parts), "ringdown-multiboot.rom", multiboot_rom());
}

}  // namespace

void add_kernel(MachineConfig& config, KernelBoot boot) {
  config.firmware_items = std::move(boot.items);
  std::ranges::move(boot.files, std::back_inserter(config.firmware_files));
  if (config.handover) config.handover = boot.entry;
}

Result<KernelBoot> prepare_kernel(const KernelOptions& options, u64 memory_bytes) {
  Result<std::vector<u8>> kernel = read_unpacked(options.kernel_path, memory_bytes);
  if (!kernel) return kernel.error();
  if (is_linux_image(*kernel)) return prepare_linux(options, std::move(*kernel), memory_bytes);
  if (is_multiboot_image(*kernel)) return prepare_multiboot(options, std::move(*kernel), memory_bytes);
  return Error{fmt::format("{}: no kernel: --kernel takes a Linux bzImage or a multiboot kernel",
                           options.kernel_path)};
}

}  // namespace ringdown
