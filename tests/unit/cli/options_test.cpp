// The command line: values, defaults, and one clear line for every mistake.
#include "frontend/cli/options.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "frontend/cli/drive_options.h"
#include "frontend/cli/option_values.h"

namespace ringdown {
namespace {

constexpr u64 kMebi = u64{1} << 20;

Options parsed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "run");
  const auto result = parse_command_line(arguments);
  if (!result) FAIL(result.error().message);
  REQUIRE(std::holds_alternative<Options>(*result));
  return std::get<Options>(*result);
}

std::string refusal(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "run");
  const auto result = parse_command_line(arguments);
  REQUIRE_FALSE(result);
  CHECK(result.error().message.find('\n') == std::string::npos);
  return result.error().message;
}

std::string answered(const std::vector<std::string>& arguments) {
  const auto result = parse_command_line(arguments);
  REQUIRE(result);
  REQUIRE(std::holds_alternative<Answer>(*result));
  return std::get<Answer>(*result).text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("CD-ROM drives may be several, and empty") {
  const std::vector<DiskConfig> drives =
      parsed({"--cdrom", "a.iso", "--cdrom", "none", "--cdrom", "c.iso,unit=0"}).machine.disks;
  REQUIRE(drives.size() == 3);
  CHECK(drives[0].unit == 2);
  CHECK(drives[0].path == "a.iso");
  CHECK(drives[1].unit == 3);
  CHECK(drives[1].path.empty());
  CHECK(drives[2].unit == 0);
  CHECK(std::all_of(drives.begin(), drives.end(), [](const DiskConfig& d) { return d.cdrom; }));
}

TEST_CASE("disk latencies have a unit, but for 0, and a range") {
  CHECK(*parse_latency("0") == 0);
  CHECK(*parse_latency("250ns") == nanoseconds(250));
  CHECK(*parse_latency("100us") == microseconds(100));
  CHECK(*parse_latency("5ms") == milliseconds(5));
  CHECK(*parse_latency("10s") == 10 * kPicosecondsPerSecond);
  for (const char* const bad : {"", "5", "5 ms", "ms", "0x5ms", "11s", "10001ms", "99999999999999999999us"}) {
    INFO(bad);
    CHECK_FALSE(parse_latency(bad));
  }
  CHECK(parsed({"--disk-latency", "5ms"}).machine.disk_latency == milliseconds(5));
  CHECK(parsed({}).machine.disk_latency == microseconds(100));
}

TEST_CASE("memory sizes have suffixes, fractions and a range") {
  CHECK(*parse_memory("256M") == 256 * kMebi);
  CHECK(*parse_memory("64") == 64 * kMebi);
  CHECK(*parse_memory("1g") == 1024 * kMebi);
  CHECK(*parse_memory("3.5G") == 3584 * kMebi);
  CHECK(*parse_memory("1024K") == kMebi);
  for (const char* const bad :
       {"", "M", "1023K", "3585M", "4G", "-1", "5x", "1.2.3M", "99999999999999999999G", "1.M"}) {
    INFO(bad);
    const Result<u64> result = parse_memory(bad);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.starts_with("--memory"));
  }
  CHECK(contains(parse_memory("1.001M").error().message, "multiple of 4K"));
}

TEST_CASE("counts have suffixes of thousands") {
  CHECK(*parse_count("5000", "--stop-after") == 5000);
  CHECK(*parse_count("1.5G", "--stop-after") == 1'500'000'000);
  CHECK(*parse_count("2K", "--stop-after") == 2000);
  for (const char* const bad : {"", "0", "1.5", "-3", "7T", "x"}) {
    INFO(bad);
    CHECK(parse_count(bad, "--stop-after").error().message.starts_with("--stop-after"));
  }
}

TEST_CASE("files for the firmware have a name and a text or a file's bytes") {
  const FirmwareFile file = *parse_firmware_file("name=opt/a,,b,string=x=1,,2");
  CHECK(file.name == "opt/a,b");
  CHECK(std::string(file.content.begin(), file.content.end()) == "x=1,2");
  CHECK(parse_firmware_file("name=a,file=/dev/null")->content.empty());
  CHECK(contains(parse_firmware_file("name=a,file=/nonexistent").error().message, "/nonexistent"));
  CHECK(contains(parse_firmware_file("name=,string=x").error().message, "55"));
  for (const char* const bad : {"", "name=a", "a,string=x", "name=a,text=x", "name=a,string=x,y"}) {
    INFO(bad);
    CHECK(parse_firmware_file(bad).error().message.starts_with("--fw-cfg"));
  }
}

TEST_CASE("disks name a file, a unit and how they are opened") {
  const DiskConfig disk = *parse_disk("a,,b.img,unit=3,readonly,format=raw");
  CHECK(disk.path == "a,b.img");
  CHECK(disk.unit == 3);
  CHECK(disk.read_only);
  CHECK_FALSE(parse_disk("x")->read_only);
  CHECK(contains(parse_disk("x,unit=4").error().message, "0 to 3"));
  CHECK(contains(parse_disk("x,format=qcow2").error().message, "format=raw"));
  CHECK(contains(parse_disk("x,foo").error().message, "'foo'"));
  CHECK(contains(parse_disk(",unit=1").error().message, "missing"));
  CHECK(disk.raw);
  const DiskConfig remote = *parse_disk("nbd://host/export,overlay=o,,1.rdo,reconnect=5");
  CHECK(remote.path == "nbd://host/export");
  CHECK(remote.overlay == "o,1.rdo");
  CHECK(remote.reconnect_seconds == 5);
  for (const char* bad :
       {"x,reconnect=", "x,reconnect=-1", "x,reconnect=86401", "x,reconnect=1e3", "x,overlay="}) {
    INFO(bad);
    CHECK_FALSE(parse_disk(bad));
  }
}

TEST_CASE("floppy drives name a file, or none") {
  const DiskConfig floppy = *parse_floppy("a,,b.img,readonly");
  CHECK(floppy.path == "a,b.img");
  CHECK(floppy.read_only);
  CHECK(parse_floppy("none")->path.empty());
  CHECK(contains(parse_floppy("x,foo").error().message, "'foo'"));
  CHECK(contains(parse_floppy(",readonly").error().message, "missing"));
  const Options options = parsed({"--floppy", "none", "--floppy", "b.img"});
  REQUIRE(options.machine.floppies.size() == 2);
  CHECK(options.machine.floppies[1].path == "b.img");
  CHECK(contains(refusal({"--floppy", "a", "--floppy", "b", "--floppy", "c"}), "two drives"));
}

TEST_CASE("what is not named in the boot order comes behind") {
  using Order = std::array<BootDevice, 3>;
  constexpr auto kDisk = BootDevice::Disk, kCdrom = BootDevice::Cdrom, kFloppy = BootDevice::Floppy;
  CHECK(*parse_boot_order("disk") == Order{kDisk, kCdrom, kFloppy});
  CHECK(*parse_boot_order("cdrom") == Order{kCdrom, kDisk, kFloppy});
  CHECK(*parse_boot_order("floppy,cdrom") == Order{kFloppy, kCdrom, kDisk});
  CHECK(*parse_boot_order("cdrom,floppy,disk") == Order{kCdrom, kFloppy, kDisk});
  for (const char* const bad : {"", "tape", "disk,disk", "disk,,cdrom", "floppy,x"}) {
    INFO(bad);
    CHECK(contains(parse_boot_order(bad).error().message, "--boot"));
  }
}

TEST_CASE("drives without a unit take what is free") {
  const Options options =
      parsed({"first.img", "--disk", "second.img,unit=0", "--cdrom", "x.iso", "--disk", "third.img"});
  std::vector<std::pair<std::string, unsigned>> drives;
  for (const DiskConfig& disk : options.machine.disks) drives.emplace_back(disk.path, disk.unit);
  const std::vector<std::pair<std::string, unsigned>> expected{
      {"first.img", 1}, {"second.img", 0}, {"third.img", 3}, {"x.iso", 2}};
  std::sort(drives.begin(), drives.end());
  auto sorted = expected;
  std::sort(sorted.begin(), sorted.end());
  // Which of the two goes first follows the parser's order: positional or named.
  CHECK(drives.size() == 4);
  CHECK(std::find(drives.begin(), drives.end(), expected[1]) != drives.end());
  CHECK(std::find(drives.begin(), drives.end(), expected[3]) != drives.end());
  CHECK(contains(refusal({"--disk", "a,unit=1", "--disk", "b,unit=1"}), "unit 1"));
  CHECK(contains(refusal({"a", "b", "c", "d", "e"}), "four drives"));
  CHECK(contains(refusal({"--cdrom", "a.iso", "--disk", "b,unit=2"}), "unit 2"));
}

TEST_CASE("virtio disks have units of their own") {
  const std::vector<DiskConfig> disks = parsed({"--disk", "a,bus=virtio", "--disk", "b", "--disk",
                                                "c,bus=virtio", "--disk", "d,bus=ide,unit=2"})
                                            .machine.disks;
  REQUIRE(disks.size() == 4);
  CHECK(disks[0].bus == DiskBus::Virtio);
  CHECK(disks[0].unit == 0);
  CHECK(disks[1].bus == DiskBus::Ide);
  CHECK(disks[1].unit == 0);
  CHECK(disks[2].unit == 1);
  CHECK(disks[3].bus == DiskBus::Ide);
  CHECK(contains(parse_disk("x,bus=scsi").error().message, "virtio"));
}

TEST_CASE("the defaults are those that the help names") {
  const Options options = parsed({});
  CHECK(options.machine.memory_bytes == 256 * kMebi);
  CHECK(options.machine.mode == RunMode::Trap);
  CHECK(options.machine.deprivilege == Deprivilege::Ring1);
  CHECK(options.clock == ClockMode::Automatic);
  CHECK_FALSE(options.machine.policy.lets_anything_through());
  CHECK(options.machine.boot_order[0] == BootDevice::Disk);
  const std::string help = answered({"run", "--help"});
  CHECK(contains(help, "256M"));
  CHECK(contains(help, "Examples:"));
  CHECK(contains(answered({}), "ringdown run"));
  CHECK(contains(answered({"--version"}), "ringdown"));
  CHECK(contains(answered({"run", "--let-through", "list"}), "popf"));
  CHECK(contains(answered({"run", "--cpu", "list"}), "pentium4"));
  CHECK(contains(answered({"run", "--log", "list"}), "monitor"));
}

TEST_CASE("options reach the machine's configuration") {
  const Options options = parsed({"-m",
                                  "16M",
                                  "--mode",
                                  "bare",
                                  "--boot",
                                  "cdrom",
                                  "--speed",
                                  "50",
                                  "--clock",
                                  "instructions",
                                  "--serial",
                                  "stdio",
                                  "--serial",
                                  "file:x",
                                  "--no-reboot",
                                  "--stop-after",
                                  "3M",
                                  "--rtc",
                                  "1999-12-31T23:59:58",
                                  "--debugcon",
                                  "--cpu",
                                  "486dx"});
  CHECK(options.machine.memory_bytes == 16 * kMebi);
  CHECK(options.machine.mode == RunMode::Bare);
  CHECK(options.machine.boot_order[0] == BootDevice::Cdrom);
  CHECK(options.machine.ticks_per_second == 50'000'000);
  CHECK(options.speed.instructions_per_second == 50'000'000);
  CHECK(options.clock == ClockMode::Instructions);
  REQUIRE(options.serial.size() == 2);
  CHECK(options.serial[1].path == "x");
  CHECK(options.no_reboot);
  CHECK(options.stop_after == 3'000'000);
  CHECK(options.machine.time.year == 1999);
  CHECK(options.machine.time.second == 58);
  CHECK(options.debug_console.enabled);
  CHECK(options.machine.cpu_model == "486dx");
  const Options let_through = parsed({"--let-through", "popf,pushf"});
  CHECK(let_through.machine.policy.lets_anything_through());
  CHECK(let_through.machine.handover == GuestLinear(0x7c00));
  CHECK_FALSE(parsed({"--let-through", "popf", "--firmware", "x"}).machine.handover);
}

TEST_CASE("every mistake is answered by one line that names the option") {
  CHECK(contains(refusal({"--foo"}), "--foo"));
  CHECK(contains(refusal({"--mem", "5"}), "--mem:"));  // no guessing of abbreviations
  CHECK(contains(refusal({"--memory"}), "--memory"));
  CHECK(contains(refusal({"-m", "1M", "-m", "2M"}), "--memory"));
  CHECK(contains(refusal({"--mode", "fast"}), "--mode fast: use trap or bare"));
  CHECK(contains(refusal({"--speed", "abc"}), "--speed abc"));
  CHECK(contains(refusal({"--speed", "0.01"}), "--speed 0.01"));
  CHECK(contains(refusal({"--rtc", "yesterday"}), "--rtc"));
  CHECK(contains(refusal({"--let-through", "nop"}), "'nop'"));
  CHECK(contains(refusal({"--mode", "bare", "--let-through", "all"}), "--let-through"));
  CHECK(contains(refusal({"--mode", "bare", "--audit-shadow", "1M"}), "--audit-shadow"));
  CHECK(contains(refusal({"--initrd", "x"}), "--kernel"));
  CHECK(contains(refusal({"--record", "a", "--replay", "b"}), "--record"));
  CHECK(contains(refusal({"--serial", "stdio", "--serial", "stdio"}), "--serial stdio"));
  CHECK(contains(refusal({"--serial", "stdio", "--display", "terminal"}), "--display terminal"));
  CHECK(contains(refusal({"--gdb", "example.org:1"}), "--gdb"));
  CHECK(contains(refusal({"--gdb", "70000"}), "--gdb"));
  CHECK(contains(refusal({"--config", "/nowhere"}), "--config /nowhere"));
  CHECK_FALSE(parse_command_line({"walk"}));
}

TEST_CASE("a configuration file gives what the command line does not") {
  const std::string path = (std::filesystem::temp_directory_path() / "ringdown-options-test.conf").string();
  std::ofstream(path) << "memory = 32M\nmode = bare\nno-reboot = true\nserial = file:a\nserial = file:b\n";
  const Options options = parsed({"--config", path, "--mode", "trap"});
  CHECK(options.machine.memory_bytes == 32 * kMebi);
  CHECK(options.machine.mode == RunMode::Trap);
  CHECK(options.no_reboot);
  CHECK(options.serial.size() == 2);
  std::ofstream(path) << "colour = red\n";
  CHECK(contains(refusal({"--config", path}), "colour"));
  std::remove(path.c_str());
}

}  // namespace ringdown
