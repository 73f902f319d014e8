// Floppy disks as guests use them: booted through the firmware, by INT 13h, by Linux's driver, and behind
// MEMDISK.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "devices/storage/floppy_format.h"
#include "frontend/machine/drive_media.h"
#include "tests/support/disk_file.h"
#include "tests/support/guest_machine.h"
#include "tests/support/guests.h"

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 4'000'000'000;
/// The firmware polls while a disk turns: a slow processor does so less often.
constexpr u64 kSlowProcessor = 20'000'000;

const FloppyFormat& format_named(std::string_view name) {
  const auto formats = floppy_formats();
  return *std::ranges::find_if(formats, [name](const FloppyFormat& f) { return f.name == name; });
}

void store_word(std::string& content, std::size_t at, u32 value) {
  content[at] = static_cast<char>(value);
  content[at + 1] = static_cast<char>(value >> 8);
}

/// A disk that boots floppy_boot.asm: what each sector must hold is said there.
std::string boot_disk(const FloppyFormat& format, bool formats) {
  std::string content(format.total_sectors() * kSectorSize, '\0');
  for (u32 sector = 1; sector < format.total_sectors(); ++sector)
    store_word(content, sector * kSectorSize, sector);
  std::ifstream boot_sector(RINGDOWN_FLOPPY_BOOT, std::ios::binary);
  boot_sector.read(content.data(), kSectorSize);
  REQUIRE(boot_sector.gcount() == kSectorSize);
  std::size_t at = 0x18;
  for (const u32 value : {u32{format.sectors}, u32{format.heads}, u32{format.cylinders}, u32{formats}}) {
    store_word(content, at, value);
    at += 2;
  }
  return content;
}

MachineConfig with_floppy(const std::string& path, RunMode mode = RunMode::Trap) {
  MachineConfig config;
  config.mode = mode;
  config.ticks_per_second = kSlowProcessor;
  config.memory_bytes = u64{16} << 20;
  config.floppies.push_back({path});
  return config;
}

/// Runs the boot sector of boot_disk() and returns what it said behind the firmware's words.
std::string run_boot_disk(MachineConfig config) {
  std::string said;
  config.debug_console = [&said](u8 character) { said.push_back(static_cast<char>(character)); };
  GuestMachine guest(config);
  guest.run_to(kLimit);
  INFO(said << guest.screen());
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 0);
  CHECK(said.ends_with("ok"));
  return said;
}

/// What the guest must have left of the disk.
void check_boot_disk(const FloppyFormat& format, const std::string& before, const std::string& after) {
  std::string expected = before;
  for (std::size_t i = 0; i < kSectorSize; i += 2)
    store_word(expected, expected.size() - kSectorSize + i, 0xa55a);
  const std::size_t track = std::size_t{format.sectors} * kSectorSize;
  std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(format.heads * track), track, '\xf6');
  const bool same = after == expected;
  CHECK(same);
}

}  // namespace

TEST_CASE("a boot sector uses disks of every size that the BIOS knows by INT 13h") {
  const char* const name =
      GENERATE("160 KB", "180 KB", "320 KB", "360 KB", "720 KB", "1.2 MB", "1.44 MB", "2.88 MB");
  CAPTURE(name);
  const FloppyFormat& format = format_named(name);
  const std::string before = boot_disk(format, true);
  const DiskFile disk("floppy", before);
  const std::string said = run_boot_disk(with_floppy(disk.path(), RunMode::Bare));
  // The last line: the type of the drive, and what else the firmware says of a format.
  const std::string type(1, static_cast<char>('0' + static_cast<int>(format.drive())));
  CHECK(said.find("\n" + type) != std::string::npos);
  check_boot_disk(format, before, disk.content());
}

TEST_CASE("a floppy disk boots the same deprivileged") {
  const FloppyFormat& format = format_named("1.44 MB");
  const std::string before = boot_disk(format, true);
  const DiskFile disk("floppy", before);
  run_boot_disk(with_floppy(disk.path()));
  check_boot_disk(format, before, disk.content());
}

TEST_CASE("GRUB's rescue floppy and its CD come to their prompt") {
  MachineConfig config;
  config.ticks_per_second = kSlowProcessor;
  config.memory_bytes = u64{64} << 20;
  std::unique_ptr<DiskFile> floppy;
  SECTION("floppy") {
    // Debian's image is as long as its content.
    std::ifstream file(guest_file("grub-rescue/grub-rescue-floppy.img"), std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    REQUIRE_FALSE(content.empty());
    content.resize(format_named("1.44 MB").total_sectors() * kSectorSize);
    floppy = std::make_unique<DiskFile>("grub-rescue", content);
    config.floppies.push_back({floppy->path(), 0, true});
  }
  SECTION("CD") {
    config.disks.push_back({guest_file("grub-rescue/grub-rescue-cdrom.iso").string(), 2, true, true});
  }
  GuestMachine guest(config);
  const bool menu = guest.wait_for_screen("for a command-line.", kLimit);
  INFO(guest.screen());
  REQUIRE(menu);
  guest.machine().inputs().post(InputChannel::Keyboard, {0x21, 0xf0, 0x21});  // the key C
  CHECK(guest.wait_for_screen("grub>", kLimit));
}

TEST_CASE("MEMDISK, started from a CD by ISOLINUX, boots a floppy image in memory") {
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  config.disks.push_back({std::string(RINGDOWN_BOOT_MEDIA) + "/memdisk.iso", 2, true, true});
  CHECK(run_boot_disk(config).find("4ok") != std::string::npos);
}

TEST_CASE("Linux reads, writes and changes floppy disks") {
  const std::string first = random_content(format_named("1.68 MB").total_sectors() * kSectorSize, 1);
  const std::string second = random_content(format_named("1.2 MB").total_sectors() * kSectorSize, 2);
  const std::string third = random_content(format_named("720 KB").total_sectors() * kSectorSize, 3);
  const DiskFile a("floppy-a", first), b("floppy-b", second), other("floppy-c", third);
  constexpr std::size_t kWrittenAt = 100 * 512, kWrittenSize = 300 * 512;
  std::string written = second;
  written.replace(kWrittenAt, kWrittenSize, repeated("written by the guest\n", kWrittenSize));

  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  config.floppies.push_back({a.path(), 0, true});
  config.floppies.push_back({b.path()});
  GuestMachine guest(with_linux(
      config, {.initramfs = "floppy",
               .command = "mknod /dev/fd0u1680 b 2 44; crc32 /dev/fd0u1680\n"
                          "yes 'written by the guest' | head -c 153600 |\n"
                          "  dd of=/dev/fd1 bs=512 seek=100 iflag=fullblock conv=notrunc,fsync 2>/dev/null\n"
                          "echo 3 >/proc/sys/vm/drop_caches\n"
                          "crc32 /dev/fd1\n"
                          "dd if=/dev/zero of=/dev/fd0 count=1 2>/dev/null && echo unprotected\n"
                          "old=$(head -c 512 /dev/fd0 | crc32)\n"
                          "echo change\n"
                          "while [ \"$(head -c 512 /dev/fd0 | crc32)\" = \"$old\" ]; do sleep 1; done\n"
                          "sleep 1; crc32 /dev/fd0; exit 9",
               .parameters = "quiet"}));
  const bool waits =
      guest.run_until([&] { return guest.output().find("change") != std::string::npos; }, kLimit);
  INFO(guest.console() << guest.output());
  REQUIRE(waits);
  CHECK(guest.output().find(crc_of(first)) != std::string::npos);
  CHECK(guest.output().find(crc_of(written)) != std::string::npos);
  CHECK(guest.output().find("unprotected") == std::string::npos);
  guest.machine().inputs().post(InputChannel::Medium,
                                MediumChange{kFirstFloppyName, true, other.path()}.encode());
  guest.run_to(2 * kLimit);
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 9);
  INFO(guest.output());
  CHECK(guest.output().find(crc_of(third)) != std::string::npos);
  const bool same = b.content() == written;
  CHECK(same);
}

TEST_CASE("Linux formats a floppy disk track by track, and fills it") {
  const FloppyFormat& format = format_named("1.44 MB");
  const std::size_t size = format.total_sectors() * kSectorSize;
  const DiskFile disk("floppy-format", random_content(size, 4));
  const std::string written = repeated("written by the guest\n", size);
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  config.floppies.push_back({disk.path()});
  // Perl makes the calls of fdformat, which Debian does not have: FDFMTBEG, FDFMTTRK with a struct
  // format_descr (device, head, track) and FDFMTEND, see <linux/fd.h>.
  GuestMachine guest(with_linux(
      config,
      {.initramfs = "floppy",
       .command =
           "mknod /dev/fd0u1440 b 2 28\n"
           "/sbin/perl -e '\n"
           "  open(my $disk, \"+<\", \"/dev/fd0u1440\") or die \"open: $!\";\n"
           "  ioctl($disk, 0x247, 0) or die \"FDFMTBEG: $!\";\n"
           "  for my $track (0 .. 79) { for my $head (0, 1) {\n"
           "    ioctl($disk, 0x400c0248, pack(\"III\", 0, $head, $track)) or die \"FDFMTTRK: $!\" } }\n"
           "  ioctl($disk, 0x249, 0) or die \"FDFMTEND: $!\"' || exit 1\n"
           "crc32 /dev/fd0\n"
           "yes 'written by the guest' | head -c 1474560 |\n"
           "  dd of=/dev/fd0 bs=9k iflag=fullblock conv=notrunc,fsync 2>/dev/null || exit 2\n"
           "echo 3 >/proc/sys/vm/drop_caches\n"
           "crc32 /dev/fd0",
       .parameters = "quiet"}));
  guest.run_to(8 * kLimit);
  INFO(guest.console() << guest.output());
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 0);
  CHECK(guest.output().find(crc_of(std::string(size, '\xf6'))) != std::string::npos);
  CHECK(guest.output().find(crc_of(written)) != std::string::npos);
  const bool same = disk.content() == written;
  CHECK(same);
}

}  // namespace ringdown::test
