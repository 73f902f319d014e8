// Resets of the processor that software goes on behind: SeaBIOS and the shutdown codes in CMOS memory.
#include <catch2/catch.hpp>
#include <string>

#include "tests/support/disk_file.h"
#include "tests/support/guest_machine.h"

extern const unsigned char ringdown_rom_shutdown_codes[];
extern const unsigned ringdown_rom_shutdown_codes_size;

namespace ringdown::test {

TEST_CASE("Software goes on behind each way to reset the processor by shutdown codes 5 and 0Ah") {
  constexpr std::size_t kFloppyBytes = 1440 * 1024;
  constexpr Ticks kLimit = 2'000'000'000;
  std::string content(reinterpret_cast<const char*>(ringdown_rom_shutdown_codes),
                      ringdown_rom_shutdown_codes_size);
  content.resize(kFloppyBytes, '\0');
  const DiskFile floppy("ringdown-shutdown-codes", content);
  std::string said;
  MachineConfig config;
  config.mode = GENERATE(RunMode::Trap, RunMode::Bare);
  config.floppies.push_back({floppy.path()});
  config.debug_console = [&said](u8 character) { said.push_back(static_cast<char>(character)); };
  GuestMachine guest(config);
  guest.run_to(kLimit);
  INFO(said);
  CHECK(guest.last_stop().reason == StopReason::Exit);
  CHECK(guest.last_stop().exit_code == 0);
  CHECK(said.ends_with("5ke 59e 5ce Ak- A9- Ac- "));
}

}  // namespace ringdown::test
