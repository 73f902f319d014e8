// The loop around a machine: what it tells the user while the guest is still there.
#include "frontend/runner.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "cpu/cpu_model.h"

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

constexpr std::string_view kBusyGuest = "\xeb\xfe";  // jmp $

std::unique_ptr<Machine> busy_machine(Log& log) {
  const Firmware firmware(kBusyGuest);
  MachineConfig config;
  config.firmware_path = firmware.path();
  auto machine = Machine::create(config, log);
  REQUIRE(machine);
  return std::move(*machine);
}

/// Runs up to a count in all, after `before` was done on the machine's thread.
void run_to(Machine& machine, Runner::Settings settings, Ticks ticks, std::function<void(Runner&)> before) {
  settings.stop_after = ticks;
  Runner runner(machine, settings);
  runner.call([&] { before(runner); });
  CHECK(runner.run().reason == EndReason::StopAfter);
}

}  // namespace

TEST_CASE("The speed that is held, turbo and other speeds reach the machine as inputs") {
  Log log;
  const std::filesystem::path recording =
      std::filesystem::temp_directory_path() / ("ringdown-speed-" + std::to_string(getpid()));
  const auto machine = busy_machine(log);
  Scheduler& scheduler = machine->scheduler();
  REQUIRE(machine->inputs().record_to(recording.string()));
  Runner::Settings settings;
  settings.speed = *parse_speed("486-66");
  run_to(*machine, settings, 1'000'000, [](Runner& runner) {
    CHECK(runner.speed_text() == "486-66, 52.8 million instructions per second");
  });
  CHECK(scheduler.ticks_per_second() == 52'800'000);
  run_to(*machine, settings, 2'000'000, [](Runner& runner) {
    runner.set_turbo(true);
    CHECK(runner.speed_text() == "turbo, 486-66 held back");
  });
  CHECK(scheduler.ticks_per_second() == kUngovernedTicksPerSecond);
  settings.turbo = true;
  run_to(*machine, settings, 3'000'000, [](Runner& runner) { runner.set_speed(*parse_speed("386-20")); });
  CHECK(scheduler.ticks_per_second() == 6'000'000);

  const auto replayed = busy_machine(log);
  REQUIRE(replayed->inputs().replay_from(recording.string()));
  run_to(*replayed, {}, 3'000'000, [](Runner&) {});
  CHECK(replayed->scheduler().ticks_per_second() == 6'000'000);
  CHECK(replayed->scheduler().now() == scheduler.now());
  std::filesystem::remove(recording);
}

TEST_CASE("Speeds are eras, millions of instructions, or unlimited") {
  REQUIRE(parse_speed("p2-300"));
  CHECK(parse_speed("p2-300")->instructions_per_second == 660'000'000);
  CHECK(parse_speed("0.1")->instructions_per_second == 100'000);
  CHECK(parse_speed("33.5")->name == "33.5 MIPS");
  CHECK_FALSE(parse_speed("unlimited")->instructions_per_second);
  for (const char* const text : {"", "0.01", "100001", "486x", "386-33 ", "turbo"}) {
    CAPTURE(text);
    const Result<Speed> refused = parse_speed(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("386-33") != std::string::npos);
  }
  for (const Era& era : eras()) CHECK(CpuModel::find(era.cpu) != nullptr);
}

TEST_CASE("A guest that halts with interrupts off is told as dead, once") {
  const std::vector<std::string> notices = told("\xfa\xf4\xeb\xfd", true);  // cli; hlt; jmp hlt
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].find("halted with interrupts off, after 2 instructions at f000:0000fff2") !=
        std::string::npos);
}

TEST_CASE("A guest that runs is not told as dead") { CHECK(told(kBusyGuest, false).empty()); }

}  // namespace ringdown::test
