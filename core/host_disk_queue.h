// Work on a disk image beside the running guest: requests in order, done by a worker thread or by who waits.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/disk_image.h"
#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// Owns an image. One thread submits and waits; the image's own functions are called by one thread at a time,
/// in the order of the requests.
class DiskQueue {
 public:
  using Ticket = u64;

  struct Outcome {
    std::vector<std::byte> data;  // the buffer of the request
    u32 sectors = 0;              // of a read or write: how many from the first on went well
    Result<void> result;
  };

  explicit DiskQueue(std::unique_ptr<DiskImage> image);
  /// Drops what has not begun, and interrupts what has where the image can.
  ~DiskQueue();
  DiskQueue(const DiskQueue&) = delete;
  DiskQueue& operator=(const DiskQueue&) = delete;

  u64 sectors() const { return sectors_; }
  bool read_only() const { return read_only_; }

  /// Each begins a piece of work, within `sectors()`, and returns what to wait for. The size of `buffer`, a
  /// multiple of kSectorSize, says how much is read.
  Ticket read(u64 first_sector, std::vector<std::byte> buffer);
  Ticket write(u64 first_sector, std::vector<std::byte> data);
  Ticket flush();

  /// Whether `wait` returns without another's help. If not, `wake` is called once it would.
  bool ready(Ticket ticket);
  /// The request's outcome, once. Does the work on this thread where the worker has not begun it, so that a
  /// guest that only waits pays for no change of threads; images that are not local are left to the worker.
  Outcome wait(Ticket ticket);
  /// Nobody will ask for the outcome: a read need not be done any more; what changes the image is.
  void forget(Ticket ticket);
  /// Waits until everything submitted has been done and is on the host's disk; ten seconds if that is another
  /// machine's.
  Result<void> flush_now();

  /// `wake` is called by the worker and must not call back.
  void set_wake(std::function<void()> wake);

 private:
  enum class Kind : u8 { Read, Write, Flush };
  enum class Progress : u8 { Queued, Running, Done };
  struct Request {
    Ticket ticket;
    Kind kind;
    u64 first_sector;
    Outcome outcome;
    Progress progress = Progress::Queued;
    bool forgotten = false;
    bool awaited = false;
  };
  using Lock = std::unique_lock<std::mutex>;

  Ticket submit(Kind kind, u64 first_sector, std::vector<std::byte> data);
  std::list<Request>::iterator find(Ticket ticket);
  bool can_run() const;
  /// Does the first request that is queued; the lock is open meanwhile.
  void run_next(Lock& lock);
  void perform(Request& request);
  void work();

  const std::unique_ptr<DiskImage> image_;
  const u64 sectors_;
  const bool read_only_;
  Ticket next_ticket_ = 1;

  std::mutex mutex_;  // guards everything below
  std::condition_variable queued_;
  std::condition_variable done_;
  std::list<Request> requests_;
  bool running_ = false;  // some thread is using the image
  bool stopping_ = false;
  std::function<void()> wake_;
  std::thread worker_;  // from the first request on that it is needed for
};

}  // namespace ringdown
