// Media of drives, changed while a machine runs by inputs that a recording can repeat.
#include "frontend/machine/drive_media.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "frontend/machine/machine.h"
#include "tests/support/host_temporary.h"

namespace ringdown::test {

namespace {

/// A file of `sectors` sectors, removed at the end.
class ImageFile {
 public:
  ImageFile(const std::string& stem, u64 sectors) : path_(temporary_path(stem)) {
    std::ofstream(path_).put(0);
    std::filesystem::resize_file(path_, sectors * kSectorSize);
  }
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;
  ~ImageFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("drives have names") {
  CHECK(drive_named("ide0") == 0);
  CHECK(drive_named("ide3") == 3);
  CHECK(drive_named("floppy0") == kFirstFloppyName);
  CHECK(drive_named("floppy1") == kFirstFloppyName + 1);
  CHECK_FALSE(drive_named("ide4"));
  CHECK_FALSE(drive_named(""));
}

TEST_CASE("a change of medium survives its way through the input seam") {
  const MediumChange change{2, false, "a disc.iso"};
  const auto decoded = MediumChange::decode(change.encode());
  REQUIRE(decoded);
  CHECK(decoded->drive == 2);
  CHECK_FALSE(decoded->read_only);
  CHECK(decoded->path == "a disc.iso");
  CHECK_FALSE(MediumChange::decode({}));
  CHECK_FALSE(MediumChange::decode({250, 1, 'x'}));
}

TEST_CASE("media are opened as their drive needs it, and refused with a line that names the file") {
  const ImageFile disc("medium", 8);
  const auto opened = MediumChange{2, true, disc.path()}.open();
  REQUIRE(opened);
  CHECK((*opened)->sectors() == 8);
  CHECK((*opened)->read_only());
  const auto taken_out = MediumChange{2, true, {}}.open();
  REQUIRE(taken_out);
  CHECK(*taken_out == nullptr);
  const auto missing = MediumChange{2, true, "/missing.iso"}.open();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("/missing.iso") == 0);
}

TEST_CASE("a disk whose changes are thrown away leaves no overlay behind") {
  const ImageFile disk("base", 8);
  DiskConfig drive;
  drive.path = disk.path();
  drive.overlay = temporary_path("never").string();
  drive.snapshot = true;
  const auto opened = open_medium(drive);
  REQUIRE(opened);
  const std::vector<std::byte> sector(kSectorSize, std::byte{0x5a});
  CHECK((*opened)->write(3, sector));
  std::vector<std::byte> back(kSectorSize);
  CHECK((*opened)->read(3, back));
  CHECK(back == sector);
  CHECK_FALSE(std::filesystem::exists(drive.overlay));
}

TEST_CASE("a running machine gets another medium") {
  MachineConfig config;
  config.memory_bytes = u64{2} << 20;
  config.disks.push_back({"", 2, true, true});
  Log log;
  auto created = Machine::create(config, log);
  REQUIRE(created);
  Machine& machine = **created;
  CHECK(machine.board().removable_drive(0) == nullptr);
  REQUIRE(machine.board().removable_drive(2) != nullptr);
  machine.run(1000);
  const std::vector<std::byte> empty = machine.save_state();
  const ImageFile disc("disc", 64);
  const auto change = [&](const MediumChange& medium) {
    machine.inputs().post(InputChannel::Medium, medium.encode());
    machine.run(machine.ticks() + 1000);
  };
  change({2, true, disc.path()});
  // The drive's state tells which medium lies in it.
  auto other = Machine::create(config, log);
  REQUIRE(other);
  const Result<void> refused = (*other)->load_state(machine.save_state(), "full.state");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("another medium") != std::string::npos);
  change({2, true, "/missing.iso"});
  change({2, true, {}});
  CHECK((*other)->load_state(machine.save_state(), "emptied.state"));
  CHECK((*other)->load_state(empty, "empty.state"));
}

TEST_CASE("a floppy drive takes disks that fit it, and its state tells whether one is in") {
  MachineConfig config;
  config.memory_bytes = u64{2} << 20;
  config.floppies.push_back({""});
  Log log;
  auto created = Machine::create(config, log);
  REQUIRE(created);
  Machine& machine = **created;
  CHECK(machine.board().removable_drive(kFirstFloppyName + 1) == nullptr);
  RemovableDrive* const drive = machine.board().removable_drive(kFirstFloppyName);
  REQUIRE(drive != nullptr);
  const std::vector<std::byte> empty = machine.save_state();
  const ImageFile disk("floppy", 2880), large("floppy-large", 5760), odd("floppy-odd", 100);
  const auto fits = [&](const ImageFile& file) {
    const auto medium = MediumChange{kFirstFloppyName, true, file.path()}.open();
    REQUIRE(medium);
    return drive->accepts(**medium);
  };
  CHECK(fits(disk));
  CHECK(fits(large).error().message == "a 2.88 MB disk does not go into a 1.44 MB floppy drive");
  CHECK(fits(odd).error().message.find("no size") != std::string::npos);
  const auto change = [&](const std::string& path) {
    machine.inputs().post(InputChannel::Medium, MediumChange{kFirstFloppyName, true, path}.encode());
    machine.run(machine.ticks() + 1000);
    return machine.save_state();
  };
  auto other = Machine::create(config, log);
  REQUIRE(other);
  CHECK((*other)->load_state(change(large.path()), "refused.state"));
  const Result<void> refused = (*other)->load_state(change(disk.path()), "full.state");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("held another disk") != std::string::npos);
  CHECK((*other)->load_state(change({}), "emptied.state"));
  CHECK((*other)->load_state(empty, "empty.state"));
}

}  // namespace ringdown::test
