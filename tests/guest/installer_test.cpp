// Debian's installer, the largest guest: a dialogue over the serial line, and an X server with GTK on the
// screen.
#include <catch2/catch.hpp>
#include <set>

#include "tests/guest/partitioned_disk.h"
#include "tests/support/guest_machine.h"
#include "tests/support/guests.h"

namespace ringdown::test {

namespace {

constexpr Ticks kLimit = 80'000'000'000;

MachineConfig with_installer(RunMode mode, const std::string& flavour, u64 memory,
                             const std::string& parameters) {
  MachineConfig config;
  config.mode = mode;
  config.memory_bytes = memory;
  const std::string folder = "installer/" + flavour;
  return with_kernel(config, {guest_file(folder + "/linux").string(),
                              guest_file(folder + "/initrd.gz").string(), parameters});
}

Screen picture(GuestMachine& guest) { return guest.machine().board().vga().render(); }

/// A page of the graphical installer has antialiased text and pictures; text consoles have 16 colours.
bool shows_picture(GuestMachine& guest) {
  const Screen screen = picture(guest);
  constexpr std::size_t kColours = 200;
  return std::set<u32>(screen.pixels.begin(), screen.pixels.end()).size() >= kColours;
}

void use_shell(RunMode mode) {
  GuestMachine guest(with_installer(mode, "text", u64{512} << 20,
                                    "console=ttyS0 priority=low DEBIAN_FRONTEND=text TERM=dumb"));
  const auto answer = [&](std::string_view prompt, std::string_view text) {
    const bool found = guest.wait_for_console(prompt, kLimit);
    INFO(guest.console());
    REQUIRE(found);
    guest.type(text);
  };
  answer("Execute a shell", "");
  answer("Prompt: '?' for help, default=1>", "10\r");
  answer("[Press enter to continue]", "\r");
  answer("~ # ", "cat /etc/debian_version; echo sum of $((6 * 7))\r");
  const bool answered = guest.wait_for_console("sum of 42", kLimit);
  INFO(guest.console());
  CHECK(answered);
}

}  // namespace

TEST_CASE("Debian's installer opens a shell over the serial line") {
  SECTION("trap") { use_shell(RunMode::Trap); }
  SECTION("bare") { use_shell(RunMode::Bare); }
}

TEST_CASE("Debian's installer partitions an IDE disk by preseed") {
  constexpr u64 kSectors = (u64{256} << 20) / kSectorSize;
  const EmptyDisk disk("ringdown-installer.img", kSectors);
  MachineConfig config;
  config.memory_bytes = u64{512} << 20;
  config.disks.push_back({disk.path(), 0, false, false});
  GuestMachine guest(with_kernel(
      config,
      {guest_file("installer/text/linux").string(), (cache_folder() / "initramfs/installer.gz").string(),
       "console=ttyS0 auto=true priority=critical DEBIAN_FRONTEND=text TERM=dumb"}));
  guest.run_to(kLimit);
  INFO(guest.console());
  CHECK(guest.last_stop().reason == StopReason::PowerOff);
  REQUIRE(guest.machine().board().flush_disks());
  constexpr u32 kAlignment = (1 << 20) / kSectorSize;
  const std::vector<Partition> table = disk.partitions();
  REQUIRE(table.size() == 2);
  CHECK((table[0].active && table[0].type == 0x83 && table[0].first == kAlignment));
  CHECK((!table[1].active && table[1].type == 0x82));
  CHECK(table[0].first + table[0].sectors <= table[1].first);
  CHECK(table[1].first + table[1].sectors == kSectors);
  constexpr u32 kSwapSignature = 4096 - 10;
  CHECK(disk.text(table[1].first, kSwapSignature, 10) == "SWAPSPACE2");
  CHECK(disk.check_file_system(table[0].first) == 0);
}

TEST_CASE("Debian's graphical installer shows its first page, deprivileged as bare") {
  const auto config = [](RunMode mode) {
    return with_installer(mode, "gtk", u64{768} << 20, "vga=788 quiet");
  };
  GuestMachine trap(config(RunMode::Trap));
  constexpr Ticks kBetweenLooks = 1'000'000'000;
  while (!shows_picture(trap) && trap.ticks() < kLimit) trap.run_to(trap.ticks() + kBetweenLooks);
  REQUIRE(shows_picture(trap));
  // The page is drawn piece by piece.
  constexpr Ticks kDrawing = 5 * kBetweenLooks;
  trap.run_to(trap.ticks() + kDrawing);
  GuestMachine bare(config(RunMode::Bare));
  bare.run_to(trap.ticks());
  const bool same_picture = picture(bare).pixels == picture(trap).pixels;
  CHECK(same_picture);
  CHECK(difference(guest_state(trap.machine()), guest_state(bare.machine())) == "");
  CHECK(trap.machine().processor().counters().retired_at_cpl[0] == 0);
}

}  // namespace ringdown::test
