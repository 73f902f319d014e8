// The option ROMs of our own, as SeaBIOS checks them, and what is handed to them.
#include "frontend/machine/option_rom.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "frontend/machine/kernel_image.h"
#include "tests/support/guests.h"

namespace ringdown {

constexpr u64 kMemory = u64{256} << 20;

TEST_CASE("option ROMs have a valid head, checksum and boot entry") {
  const std::vector<u8> rom = GENERATE(linux_boot_rom(), multiboot_rom());
  REQUIRE(rom.size() >= 512);
  CHECK(rom[0] == 0x55);
  CHECK(rom[1] == 0xaa);
  CHECK(rom[2] * 512u == rom.size());
  CHECK(std::accumulate(rom.begin(), rom.end(), 0u) % 256 == 0);
  const std::size_t header = rom[0x1a] + 256u * rom[0x1b];
  REQUIRE(header + 32 <= rom.size());
  CHECK(std::string(rom.begin() + static_cast<long>(header), rom.begin() + static_cast<long>(header) + 4) ==
        "$PnP");
  const auto at = rom.begin() + static_cast<long>(header);
  CHECK(std::accumulate(at, at + 32, 0u) % 256 == 0);
  const std::size_t boot_entry = at[0x1a] + 256u * at[0x1b];
  CHECK(boot_entry > header);
  CHECK(boot_entry < rom.size());
}

TEST_CASE("a kernel becomes fw_cfg items and the first boot entry") {
  const Result<KernelBoot> boot =
      prepare_kernel({test::guest_file("linux-686/vmlinuz").string(), "", "quiet"}, kMemory);
  REQUIRE(boot);
  REQUIRE(boot->files.size() == 2);
  CHECK(boot->files[0].name == "genroms/ringdown-linux.rom");
  const std::vector<u8>& order = boot->files[1].content;
  CHECK(std::string(order.begin(), order.end()) == "/rom@genroms/ringdown-linux.rom\n");

  const Result<KernelBoot> mach =
      prepare_kernel({test::guest_file("gnumach/gnumach-1.8-486.gz").string(), "", ""}, kMemory);
  REQUIRE(mach);
  CHECK(mach->files[0].name == "genroms/ringdown-multiboot.rom");
}

TEST_CASE("files that are no kernels are refused by one line that names them") {
  const auto message = [&](const std::string& path, const std::string& initrd = {}) {
    const Result<KernelBoot> result = prepare_kernel({path, initrd, ""}, kMemory);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find('\n') == std::string::npos);
    return result.error().message;
  };
  CHECK(message("/nowhere/kernel") == "/nowhere/kernel: no such file: check the name");
  CHECK(message("/") == "/: a folder: name a file");
  const std::string kernel = test::guest_file("linux-686/vmlinuz").string();
  CHECK(message(kernel, "/nowhere/initrd").find("/nowhere/initrd: no such file") == 0);
  const std::string busybox = test::guest_file("busybox/busybox").string();
  CHECK(message(busybox).find(busybox + ": no kernel") == 0);
}

}  // namespace ringdown
