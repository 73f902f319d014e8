// What a disk drive holds: sectors of 512 bytes, whatever the file behind them looks like.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/host_file.h"
#include "core/result.h"
#include "core/types.h"

namespace ringdown {

inline constexpr u32 kSectorSize = 512;

/// A medium of whole sectors. Spans are multiples of kSectorSize and lie within `sectors()`.
class DiskImage {
 public:
  virtual ~DiskImage() = default;
  virtual u64 sectors() const = 0;
  virtual bool read_only() const = 0;
  virtual Result<void> read(u64 first_sector, std::span<std::byte> data) = 0;
  /// Writes arrive in the file in the order of the calls.
  virtual Result<void> write(u64 first_sector, std::span<const std::byte> data) = 0;
  /// Returns when everything written so far is on the host's disk.
  virtual Result<void> flush() = 0;
};

/// A file that holds the sectors one after another.
class RawDiskImage final : public DiskImage {
 public:
  /// Opens an existing image; its size must be a multiple of 512 bytes and not zero.
  static Result<std::unique_ptr<DiskImage>> open(const std::string& path, HostFile::Access access);

  u64 sectors() const override { return file_.size() / kSectorSize; }
  bool read_only() const override { return access_ == HostFile::Access::ReadOnly; }
  Result<void> read(u64 first_sector, std::span<std::byte> data) override;
  Result<void> write(u64 first_sector, std::span<const std::byte> data) override;
  Result<void> flush() override { return file_.flush(); }

 private:
  RawDiskImage(HostFile file, HostFile::Access access) : file_(std::move(file)), access_(access) {}

  HostFile file_;
  HostFile::Access access_;
};

}  // namespace ringdown
