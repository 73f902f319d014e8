// A disk for as long as an experiment runs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "core/result.h"

namespace ringdown {

/// A temporary file.
class ScratchDisk {
 public:
  static Result<ScratchDisk> create(std::span<const std::byte> content);
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
