// One connection to an NBD server, by libnbd; its waits can be ended from another thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/result.h"
#include "core/types.h"

struct nbd_handle;

namespace ringdown {

/// Ends waits. Once it has been pulled it stays pulled.
class CancelCord {
 public:
  CancelCord();
  ~CancelCord();
  CancelCord(const CancelCord&) = delete;
  CancelCord& operator=(const CancelCord&) = delete;

  void pull();
  bool pulled() const { return pulled_; }
  /// Readable once it has been pulled.
  int descriptor() const { return pipe_[0]; }

 private:
  std::array<int, 2> pipe_{-1, -1};
  std::atomic<bool> pulled_ = false;
};

class NbdConnection {
 public:
  using Clock = std::chrono::steady_clock;

  /// What a server says of its export.
  struct Export {
    u64 bytes = 0;
    bool read_only = false;
    bool flushes = false;
    u64 smallest = 1;  // requests are multiples of this
    u64 largest = 0;
    friend bool operator==(const Export&, const Export&) = default;
  };
  enum class Answer : u8 { Done, Refused, Lost };

  /// Gives up at `deadline`, or when `cord` is pulled.
  static Result<NbdConnection> open(const std::string& uri, const CancelCord& cord,
                                    Clock::time_point deadline);

  const Export& properties() const { return export_; }
  /// Requests within the export's limits, one at a time. `Refused`: the server's error is in `error()`.
  Answer read(u64 offset, std::span<std::byte> data);
  Answer write(u64 offset, std::span<const std::byte> data);
  Answer flush();
  const std::string& error() const { return error_; }

 private:
  struct Close {
    void operator()(nbd_handle* handle) const;
  };
  NbdConnection(std::unique_ptr<nbd_handle, Close> handle, const CancelCord& cord)
      : handle_(std::move(handle)), cord_(&cord) {}
  bool wait(std::optional<Clock::time_point> deadline);
  Result<void> read_properties(const std::string& uri);
  Answer finish(s64 cookie);

  std::unique_ptr<nbd_handle, Close> handle_;
  const CancelCord* cord_;
  Export export_;
  std::string error_;
};

}  // namespace ringdown
