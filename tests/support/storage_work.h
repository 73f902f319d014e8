// A Debian guest with every kind of drive at work at once, for tests of what must not depend on when or how.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "frontend/machine/machine_config.h"
#include "tests/support/guest_machine.h"

namespace ringdown::test {

/// A file of random bytes that is removed again.
class ScratchImage {
 public:
  ScratchImage(const std::string& stem, std::size_t size, u32 seed);
  ~ScratchImage();
  ScratchImage(const ScratchImage&) = delete;
  ScratchImage& operator=(const ScratchImage&) = delete;

  std::string path() const { return path_.string(); }
  void copy_from(const ScratchImage& other);

 private:
  std::filesystem::path path_;
};

/// Two disks, a CD-ROM and a floppy disk.
class StorageImages {
 public:
  explicit StorageImages(const std::string& stem);
  /// Puts them into the drives of `config`.
  void plug_into(MachineConfig& config) const;
  /// Makes these disks what others are.
  void copy_from(const StorageImages& others);

 private:
  ScratchImage dma_disk_, pio_disk_, cd_, floppy_;
};

/// Copies within the disks, one of which is driven by PIO, and on the floppy disk, and reads the CD twice,
/// all at the same time; ends with status 0 if everything reads as it should, past the page cache. `rounds`
/// of it; before the first, kWorkBegins is sent to COM2.
inline constexpr const char* kWorkBegins = "at work";
LinuxBoot storage_work(unsigned rounds);

}  // namespace ringdown::test
