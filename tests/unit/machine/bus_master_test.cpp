// A disk transfers by bus-master DMA while its windows move, its bus mastering is switched off, or the
// machine is reset.
#include <catch2/catch.hpp>
#include <fstream>

#include "frontend/machine/machine.h"
#include "tests/support/host_temporary.h"

namespace ringdown::test {

namespace {

constexpr u16 kFirstBase = 0xc000, kSecondBase = 0xc800;
constexpr u8 kIde = 1 << 3 | 1;
constexpr u32 kBuffer = 0x10'0000, kTable = 0x9'0000;
constexpr u32 kSectors = 128;
constexpr u8 kStarted = 0x09, kActive = 0x01, kInterrupt = 0x04;
constexpr u8 kReady = 0x50;

u8 byte_of_sector(u32 sector) { return static_cast<u8>(sector * 3 + 1); }

class DmaMachine {
 public:
  explicit DmaMachine(RunMode mode) : path_(temporary_path("bus_master.img")) {
    std::ofstream image(path_, std::ios::binary);
    for (u32 sector = 0; sector < kSectors; ++sector)
      image << std::string(512, static_cast<char>(byte_of_sector(sector)));
    image.close();
    MachineConfig config;
    config.memory_bytes = u64{4} << 20;
    config.mode = mode;
    config.firmware = std::vector<u8>(0x1'0000, 0xf4);  // HLT
    DiskConfig disk;
    disk.path = path_.string();
    config.disks.push_back(disk);
    auto created = Machine::create(config, log_);
    INFO((created ? std::string() : created.error().message));
    REQUIRE(created);
    machine_ = std::move(*created);
    set_up();
  }
  ~DmaMachine() { std::filesystem::remove(path_); }
  Machine* operator->() { return machine_.get(); }

  u8 in(u16 port) { return static_cast<u8>(machine_->ports().read(port, Width::Byte)); }
  void out(u16 port, u8 value) { machine_->ports().write(port, Width::Byte, value); }
  void write_config(u8 offset, u32 value, Width width = Width::Dword) {
    machine_->ports().write(0xcf8, Width::Dword, 0x8000'0000u | u32{kIde} << 8 | (offset & ~3u));
    machine_->ports().write(0xcfcu + (offset & 3u), width, value);
  }
  void move_to(u16 base) { write_config(0x20, base); }
  void set_command(u16 command) { write_config(0x04, command, Width::Word); }

  /// The windows of the bus master at kFirstBase, and one region for all sectors.
  void set_up() {
    move_to(kFirstBase);
    set_command(0x5);
    write_config(0x40, 0x8000, Width::Word);  // IDETIM: the primary channel is decoded
    machine_->memory().write_value<u32>(GuestPhysical(kTable), kBuffer);
    machine_->memory().write_value<u32>(GuestPhysical(kTable + 4), 0x8000'0000);  // 64 KiB
    for (u32 at = 0; at < kSectors * 512; at += 4)
      machine_->memory().write_value<u32>(GuestPhysical(kBuffer + at), 0xdead'beef);
  }
  /// READ DMA of all sectors, into the buffer.
  void start(u16 base) {
    machine_->ports().write(base + 4u, Width::Dword, kTable);
    out(0x1f6, 0xe0);
    out(0x1f2, kSectors);
    out(0x1f3, 0);
    out(0x1f4, 0);
    out(0x1f5, 0);
    out(0x1f7, 0xc8);
    out(base, kStarted);
  }
  void pass(Picoseconds time) {
    const Picoseconds end = machine_->scheduler().now() + time;
    while (machine_->scheduler().now() < end) {
      const Stop stop = machine_->run(machine_->ticks() + 1000);
      if (stop.reason == StopReason::Idle) machine_->skip_to(std::min(stop.wake_time, end));
    }
  }
  void pass_a_second() { pass(kPicosecondsPerSecond); }
  bool arrived() {
    for (u32 sector = 0; sector < kSectors; ++sector) {
      for (const u32 at : {0u, 511u}) {
        const GuestPhysical address(kBuffer + sector * 512 + at);
        if (machine_->memory().read_value<u8>(address) != byte_of_sector(sector)) return false;
      }
    }
    return true;
  }

 private:
  std::filesystem::path path_;
  Log log_;
  std::unique_ptr<Machine> machine_;
};

}  // namespace

TEST_CASE("A transfer goes on while the bus master's window moves, or is not decoded") {
  DmaMachine m(GENERATE(RunMode::Bare, RunMode::Trap));
  m.start(kFirstBase);
  m.move_to(kSecondBase);
  CHECK(m.in(kFirstBase + 2) == 0xff);
  m.set_command(0x4);
  CHECK(m.in(kSecondBase + 2) == 0xff);
  m.pass_a_second();
  m.set_command(0x5);
  CHECK((m.in(kSecondBase + 2) & (kActive | kInterrupt)) == kInterrupt);
  CHECK(m.in(0x1f7) == kReady);
  CHECK(m.arrived());
}

TEST_CASE("Without bus mastering nothing is transferred") {
  DmaMachine m(RunMode::Trap);
  m.set_command(0x1);
  m.start(kFirstBase);
  m.pass_a_second();
  CHECK_FALSE(m.arrived());
  CHECK((m.in(kFirstBase + 2) & kInterrupt) == 0);
}

TEST_CASE("A hard reset ends a transfer, and the next one works") {
  DmaMachine hard(GENERATE(RunMode::Bare, RunMode::Trap));
  hard.start(kFirstBase);
  hard->reset();
  CHECK(hard.in(kFirstBase + 2) == 0xff);
  hard.set_up();
  hard.pass_a_second();
  CHECK_FALSE(hard.arrived());
  CHECK(hard.in(kFirstBase) == 0);
  CHECK((hard.in(kFirstBase + 2) & (kActive | kInterrupt)) == 0);
  hard.start(kFirstBase);
  hard.pass_a_second();
  CHECK(hard.arrived());
}

TEST_CASE("INIT# lets a transfer go on") {
  DmaMachine init(GENERATE(RunMode::Bare, RunMode::Trap));
  init.start(kFirstBase);
  init.out(0x64, 0xfe);
  init.pass_a_second();
  CHECK((init.in(kFirstBase + 2) & (kActive | kInterrupt)) == kInterrupt);
  CHECK(init.arrived());
}

}  // namespace ringdown::test
