// Debian's disk drivers at work: transfer modes, many readers, and whole file systems.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/support/disk_file.h"
#include "tests/support/guest_machine.h"

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 40'000'000'000;
constexpr std::size_t kMebibyte = std::size_t{1} << 20;

/// Runs a command with the disk as /dev/sda; the command must end with status 0. Returns what it printed.
std::string run_with(const DiskFile& disk, const LinuxBoot& boot) {
  MachineConfig config;
  config.memory_bytes = u64{128} << 20;
  DiskConfig drive;
  drive.path = disk.path();
  config.disks.push_back(drive);
  GuestMachine guest(with_linux(config, boot));
  guest.run_to(kLimit);
  INFO(guest.console() << guest.output());
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 0);
  return guest.output();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Writes the first half of the disk anew from the second and reads all of it back past the page cache.
/// `announced`: the mode, and the driver as it names its SCSI host.
void check_mode(LinuxBoot boot, const std::vector<std::string>& announced) {
  std::string expected = random_content(8 * kMebibyte, 7);
  const DiskFile disk("mode", expected);
  expected.replace(0, 4 * kMebibyte, expected.substr(4 * kMebibyte));
  boot.command =
      "cat /sys/class/ata_device/dev1.0/xfer_mode /sys/class/scsi_host/host0/proc_name\n"
      "dd if=/dev/sda of=/dev/sda bs=64k skip=64 count=64 conv=notrunc,fsync 2>/dev/null || exit 1\n"
      "echo 3 >/proc/sys/vm/drop_caches\n"
      "crc32 /dev/sda";
  const std::string output = run_with(disk, boot);
  INFO(output);
  for (const std::string& word : announced) CHECK(contains(output, word));
  CHECK(contains(output, crc_of(expected)));
  CHECK((disk.content() == expected));
}

/// mke2fs, files out of an archive, a check of their content and of the file system, by guest and host.
void check_file_system(const std::string& type) {
  const DiskFile disk(type, std::string(64 * kMebibyte, '\0'));
  const std::string output = run_with(
      disk, {.initramfs = "filesystems",
             .command = "set -e\n"
                        "/sbin/mke2fs -q -F -t " +
                        type +
                        " /dev/sda\n"
                        "mount -t " +
                        type +
                        " /dev/sda /mnt\n"
                        "tar -C / -cf /tmp/files.tar bin/busybox sbin lib modules\n"
                        "tar -tf /tmp/files.tar | grep -v /$ | (cd /; xargs md5sum) >/tmp/sums\n"
                        "for copy in 1 2 3; do mkdir /mnt/$copy; tar -C /mnt/$copy -xf /tmp/files.tar; done\n"
                        "rm -r /mnt/2\n"
                        "umount /mnt\n"
                        "echo 3 >/proc/sys/vm/drop_caches\n"
                        "mount -t " +
                        type +
                        " /dev/sda /mnt\n"
                        "for copy in 1 3; do (cd /mnt/$copy; md5sum -c -s /tmp/sums); done\n"
                        "umount /mnt\n"
                        "/sbin/e2fsck -f -n /dev/sda\n"
                        "echo the cycle is complete",
             .parameters = "quiet"});
  INFO(output);
  CHECK(contains(output, "the cycle is complete"));
  CHECK(std::system(("/sbin/e2fsck -f -n " + disk.path() + " >/dev/null 2>&1").c_str()) == 0);
}

}  // namespace

TEST_CASE("Linux reads and writes a disk by multiword DMA and by Ultra DMA") {
  const auto [force, announced] =
      GENERATE(table<const char*, const char*>({{"mwdma2", "XFER_MW_DMA_2"}, {"udma2", "XFER_UDMA_2"}}));
  check_mode({.initramfs = "disk", .command = {}, .parameters = fmt::format("quiet libata.force={}", force)},
             {announced, "ata_piix"});
}

TEST_CASE("Linux reads and writes a disk by its driver for the ports of the ISA bus") {
  check_mode({.initramfs = "legacy-disk", .command = {}, .parameters = "quiet pata_legacy.all=1"},
             {"XFER_PIO_0", "pata_legacy"});
}

TEST_CASE(
    "Linux's driver goes on with a bus master that was moved under readers, and PCI interrupts routed anew") {
  const std::string content = random_content(4 * kMebibyte, 9);
  const DiskFile disk("moved", content);
  const std::string output = run_with(
      disk,
      {.initramfs = "disk",
       .command =
           "set -e\n"
           "pci=/sys/bus/pci ide=0000:00:01.1\n"
           "read_disk() { dd if=/dev/sda bs=64k iflag=direct 2>/dev/null; }\n"
           // Replaces a dword of a function's configuration space.
           "config() { printf $3 | dd of=$pci/devices/$1/config bs=4 seek=$2 conv=notrunc 2>/dev/null; }\n"
           "grep ata_piix /proc/ioports\n"
           "for reader in 1 2 3 4; do (while read_disk | wc -c; do :; done >/tmp/$reader) & done\n"
           "while [ ! -s /tmp/1 ]; do sleep 1; done\n"
           "config 0000:00:01.0 24 '\\013\\013\\012\\012'\n"
           "echo $ide >$pci/drivers/ata_piix/unbind\n"
           "[ ! -e /dev/sda ]\n"
           "kill $(jobs -p)\n"
           "sort /tmp/? | uniq -c\n"
           // Bus mastering off while BMIBA (20h) is changed; the scan reads it from the function.
           "config $ide 1 '\\001\\000\\200\\002'\n"
           "config $ide 8 '\\001\\320\\000\\000'\n"
           "echo 1 >$pci/devices/$ide/remove\n"
           "echo 1 >$pci/rescan\n"
           "dmesg | grep -o 'BAR 4.*'\n"
           "while [ ! -b /dev/sda ]; do sleep 1; done\n"
           "grep ata_piix /proc/ioports\n"
           "read_disk | crc32",
       .parameters = "quiet"});
  INFO(output);
  for (const char* step :
       {"c000-c00f : ata_piix", "4194304", "BAR 4 [io  0xd000-0xd00f]", "assigned", "1000-100f : ata_piix"}) {
    INFO(step);
    CHECK(contains(output, step));
  }
  CHECK(contains(output, crc_of(content)));
}

TEST_CASE("64 processes read a disk at once") {
  constexpr std::size_t kReaders = 64, kShare = kMebibyte / 2;
  const std::string content = random_content(kReaders * kShare, 8);
  const DiskFile disk("readers", content);
  const std::string output = run_with(
      disk, {.initramfs = "disk",
             .command = "i=0\n"
                        "while [ $i -lt 64 ]; do\n"
                        "  dd if=/dev/sda bs=32k skip=$((i * 16)) count=16 iflag=direct 2>/dev/null |\n"
                        "    crc32 >/tmp/$i &\n"
                        "  i=$((i + 1))\n"
                        "done\n"
                        "wait\n"
                        "i=0\n"
                        "while [ $i -lt 64 ]; do echo reader $i $(cat /tmp/$i); i=$((i + 1)); done",
             .parameters = "quiet"});
  for (std::size_t i = 0; i < kReaders; ++i) {
    const std::string line =
        fmt::format("reader {} {}", i, crc_of(std::string_view(content).substr(i * kShare, kShare)));
    INFO(line);
    CHECK(contains(output, line));
  }
}

TEST_CASE("ext2 is made, filled, checked and read back") { check_file_system("ext2"); }

TEST_CASE("ext4 is made, filled, checked and read back") { check_file_system("ext4"); }

}  // namespace ringdown::test
