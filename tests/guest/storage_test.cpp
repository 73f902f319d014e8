// Disks and CDs as guests use them: booted through the firmware, read and written by PIO and by DMA.

#include <catch2/catch.hpp>

#include "tests/support/disk_file.h"
#include "tests/support/guest_machine.h"

namespace ringdown::test {

namespace {

constexpr Ticks kBootLimit = 12'000'000'000;

/// Made by boot_media.sh.
std::string boot_media(const std::string& name) { return std::string(RINGDOWN_BOOT_MEDIA) + "/" + name; }

/// Boots a medium whose kernel runs a command that exits with 9, and returns how long that took.
Ticks boot(RunMode mode, const DiskConfig& medium) {
  MachineConfig config;
  config.mode = mode;
  config.memory_bytes = u64{128} << 20;
  config.disks.push_back(medium);
  GuestMachine guest(config);
  guest.run_to(kBootLimit);
  INFO(guest.screen() << guest.console());
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 9);
  CHECK(guest.output().find("-686") != std::string::npos);
  return guest.ticks();
}

constexpr std::size_t kDiskSize = std::size_t{32} << 20;
constexpr std::size_t kWrittenAt = 100 * 4096;
constexpr std::size_t kWrittenSize = 300 * 4096;

/// What Linux drives a disk with.
struct Driver {
  const char* initramfs;
  const char* disk;
  const char* message;  // that tells how, for who reads a test that failed
};
constexpr Driver kIde{"disk", "/dev/sda", "ata1.00: configured for .*"};
constexpr Driver kVirtio{"network", "/dev/vda", "virtio_blk .*"};

/// Reads the disk, overwrites a part of it, reads that back from the drive, and ends with `end`.
LinuxBoot disk_work(const Driver& driver, const std::string& parameters, const std::string& end) {
  return {.initramfs = driver.initramfs,
          .command = std::string("disk=") + driver.disk + "; dmesg | grep -o '" + driver.message +
                     "'\n"
                     "crc32 $disk\n"
                     "yes 'written by the guest' | head -c 1228800 |\n"
                     "  dd of=$disk bs=4k seek=100 count=300 iflag=fullblock conv=notrunc,fsync 2>/dev/null\n"
                     "echo 3 >/proc/sys/vm/drop_caches\n"
                     "crc32 $disk\n" +
                     end,
          .parameters = "quiet " + parameters};
}

/// How many repeated INS (data by PIO) the monitor emulated.
u64 input_strings(Monitor& monitor) {
  u64 count = 0;
  for (std::size_t i = 0; i < instruction_table().size(); ++i) {
    if (instruction_table()[i].name == "ins") count += monitor.statistics().by_instruction[i];
  }
  return count;
}

/// Runs `disk_work` on an own disk and checks what guest and host read of it. Returns the INS it took.
u64 check_disk_work(const std::string& name, const LinuxBoot& work, StopReason expected_end,
                    DiskBus bus = DiskBus::Ide) {
  std::string expected = random_content(kDiskSize, 20);
  const DiskFile disk(name, expected);
  const std::string first_crc = crc_of(expected);
  expected.replace(kWrittenAt, kWrittenSize, repeated("written by the guest\n", kWrittenSize));
  u64 inputs = 0;
  {
    MachineConfig config;
    config.memory_bytes = u64{128} << 20;
    config.disks.push_back({.path = disk.path(), .bus = bus});
    GuestMachine guest(with_linux(config, work));
    guest.run_to(kBootLimit);
    INFO(guest.console() << guest.output());
    CHECK(guest.last_stop().reason == expected_end);
    CHECK(guest.output().find(first_crc) != std::string::npos);
    CHECK(guest.output().find(crc_of(expected)) != std::string::npos);
    inputs = input_strings(*guest.machine().monitor());
  }
  CHECK((disk.content() == expected));
  return inputs;
}

constexpr u64 kSectorsRead = 2 * kDiskSize / 512;

}  // namespace

TEST_CASE("Linux boots from an IDE disk through SeaBIOS and GRUB, the same in trap and bare") {
  const DiskConfig disk{boot_media("disk.img"), 0, true, false};
  CHECK(boot(RunMode::Trap, disk) == boot(RunMode::Bare, disk));
}

TEST_CASE("Linux boots from a virtio disk through SeaBIOS and GRUB") {
  boot(RunMode::Trap, {.path = boot_media("disk.img"), .read_only = true, .bus = DiskBus::Virtio});
}

TEST_CASE("Linux boots from a CD through SeaBIOS and ISOLINUX") {
  boot(RunMode::Trap, {boot_media("cd.iso"), 2, true, true});
}

TEST_CASE("Linux reads and writes a 32 MiB disk by DMA, and switches the machine off") {
  const LinuxBoot work = disk_work(kIde, "", "poweroff -f\nsleep 100");
  CHECK(check_disk_work("dma.img", work, StopReason::PowerOff) < kSectorsRead / 10);
}

TEST_CASE("Linux reads and writes a 32 MiB disk by PIO, and restarts the machine") {
  const LinuxBoot work = disk_work(kIde, "libata.dma=0", "reboot -f\nsleep 100");
  CHECK(check_disk_work("pio.img", work, StopReason::Reset) >= kSectorsRead);
}

TEST_CASE("Linux reads and writes a 32 MiB virtio disk, by the modern interface and by the legacy one") {
  for (const char* const parameters : {"", "virtio_pci.force_legacy=1"}) {
    CAPTURE(parameters);
    const LinuxBoot work = disk_work(kVirtio, parameters, "poweroff -f\nsleep 100");
    CHECK(check_disk_work("virtio.img", work, StopReason::PowerOff, DiskBus::Virtio) < kSectorsRead / 10);
  }
}

}  // namespace ringdown::test
