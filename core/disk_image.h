// What a disk drive holds: sectors of 512 bytes, whatever the file behind them looks like.
#pragma once

#include <span>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

inline constexpr u32 kSectorSize = 512;

/// A medium of whole sectors. Spans are multiples of kSectorSize and lie within `sectors()`. Calls come from
/// one thread at a time, but for `cancel`.
class DiskImage {
 public:
  virtual ~DiskImage() = default;
  virtual u64 sectors() const = 0;
  virtual bool read_only() const = 0;
  virtual Result<void> read(u64 first_sector, std::span<std::byte> data) = 0;
  /// Until the next flush, any subset of the written sectors may be what survives the host.
  virtual Result<void> write(u64 first_sector, std::span<const std::byte> data) = 0;
  /// Returns when everything written so far is on the host's disk.
  virtual Result<void> flush() = 0;
  /// From any thread: whatever waits for something far away ends with an error, now and from then on.
  virtual void cancel() {}
  /// No call waits for another machine, which might be away for long.
  virtual bool local() const { return true; }
  /// Reads if the host has the data at hand. False, with anything in `data`, if that would take longer or
  /// fail.
  virtual bool read_at_once(u64 first_sector, std::span<std::byte> data) {
    static_cast<void>(first_sector);
    static_cast<void>(data);
    return false;
  }
};

}  // namespace ringdown
