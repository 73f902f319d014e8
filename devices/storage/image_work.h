// What a drive has its image do: a run of sectors read ahead in pieces, or one write or flush.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/archive.h"
#include "core/host_disk_queue.h"

namespace ringdown {

/// The host begins at once; the drive takes results at its events, which are fixed in virtual time. A state
/// holds what a write or flush came to; a restored drive asks anew for what it has yet to read.
class ImageWork {
 public:
  explicit ImageWork(std::unique_ptr<DiskImage> image) : queue_(std::move(image)) {}

  u64 sectors() const { return queue_.sectors(); }
  bool read_only() const { return queue_.read_only(); }

  /// Begins to read `count` sectors in pieces of at most `piece`.
  void read(u64 first_sector, u64 count, u32 piece);
  /// There is something to take.
  bool reading() const { return left_ != 0; }
  /// Moves the next piece into `data`. If that fails, it holds what was read before the first sector that
  /// cannot be, and reading is over.
  Result<void> take(std::vector<std::byte>& data);

  /// Begins to write, or to flush, or to do one after the other.
  void write(u64 first_sector, std::vector<std::byte> data);
  void flush();
  struct Done {
    u32 sectors = 0;  // written, from the first on
    bool failed = false;
    std::string error;
    void serialize(Archive& archive) { archive(sectors, failed, error); }
  };
  /// What the last writes and flushes came to.
  Done finish();

  /// Whether `take` and `finish` return without waiting.
  bool ready();
  /// Forgets the results of everything.
  void stop();
  /// Waits until everything written is on the host's disk.
  Result<void> flush_now() { return queue_.flush_now(); }
  void set_wake(std::function<void()> wake) { queue_.set_wake(std::move(wake)); }

  void serialize(Archive& archive);

 private:
  /// Pieces on their way.
  static constexpr std::size_t kAhead = 2;

  struct Piece {
    DiskQueue::Ticket ticket;
    u32 sectors;
  };
  void read_ahead();
  void forget_pieces();

  DiskQueue queue_;

  u64 next_sector_ = 0;  // the first that was not taken
  u64 left_ = 0;
  u32 piece_ = 0;
  std::deque<Piece> pieces_;
  u64 asked_ = 0;  // sectors of `pieces_`
  std::vector<std::byte> spare_;

  std::vector<DiskQueue::Ticket> changes_;
  Done done_;  // what those came to that were waited for
};

}  // namespace ringdown
