// The loop around a machine: what it tells the user while the guest is still there.
#include "frontend/runner.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace ringdown::test {

namespace {

/// Firmware that does nothing but what stands at the reset vector.
class Firmware {
 public:
  explicit Firmware(std::string_view code)
      : path_(std::filesystem::temp_directory_path() / ("ringdown-firmware-" + std::to_string(getpid()))) {
    constexpr std::size_t kSize = 64 * 1024;
    std::string image(kSize, '\0');
    image.replace(kSize - 16, code.size(), code);
    std::ofstream(path_, std::ios::binary) << image;
  }
  ~Firmware() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// What a run of so many instructions tells.
std::vector<std::string> told(std::string_view code, bool quit_when_told) {
  const Firmware firmware(code);
  MachineConfig config;
  config.firmware_path = firmware.path();
  Log log;
  auto machine = Machine::create(config, log);
  REQUIRE(machine);
  std::vector<std::string> notices;
  Runner* running = nullptr;
  Runner::Settings settings;
  settings.stop_after = 1'000'000;
  settings.notice = [&](const std::string& text) {
    notices.push_back(text);
    if (quit_when_told) running->quit();
  };
  Runner runner(**machine, settings);
  running = &runner;
  const RunEnd end = runner.run();
  CHECK(end.reason == (quit_when_told ? EndReason::Quit : EndReason::StopAfter));
  return notices;
}

}  // namespace

TEST_CASE("A guest that halts with interrupts off is told as dead, once") {
  const std::vector<std::string> notices = told("\xfa\xf4\xeb\xfd", true);  // cli; hlt; jmp hlt
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].find("halted with interrupts off, after 2 instructions at f000:0000fff2") !=
        std::string::npos);
}

TEST_CASE("A guest that runs is not told as dead") {
  CHECK(told("\xeb\xfe", false).empty());  // jmp $
}

}  // namespace ringdown::test
