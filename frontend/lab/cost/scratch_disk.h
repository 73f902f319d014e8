// A disk to read from, for as long as an experiment runs.
#pragma once

#include <string>
#include <utility>

#include "core/result.h"

namespace ringdown {

/// A temporary file with 64 commands' worth of sectors (roms/lab/disk_reads.asm), the same in every run.
class ScratchDisk {
 public:
  static Result<ScratchDisk> create();
  ScratchDisk(ScratchDisk&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchDisk(const ScratchDisk&) = delete;
  ScratchDisk& operator=(const ScratchDisk&) = delete;
  ~ScratchDisk();
  const std::string& path() const { return path_; }

 private:
  explicit ScratchDisk(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace ringdown
