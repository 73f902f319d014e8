// libnbd's asynchronous calls (libnbd(3), "USING A CONCRETE EVENT LOOP") around poll(2).
#include "frontend/images/nbd_connection.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <libnbd.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ringdown {

namespace {
/// As NBD_NULL_COMPLETION, which is C's.
constexpr nbd_completion_callback kNoCallback{};
}  // namespace

CancelCord::CancelCord() {
  // Without a pipe a cancel waits for the next deadline.
  if (pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) pipe_ = {-1, -1};
}

CancelCord::~CancelCord() {
  for (const int descriptor : pipe_) {
    if (descriptor >= 0) close(descriptor);
  }
}

void CancelCord::pull() {
  pulled_ = true;
  const char byte = 0;
  // A full pipe is readable already.
  [[maybe_unused]] const ssize_t count = write(pipe_[1], &byte, 1);
}

void NbdConnection::Close::operator()(nbd_handle* handle) const { nbd_close(handle); }

/// Lets the connection go on as far as it can, after waiting for it; false at the deadline or when cancelled.
bool NbdConnection::wait(std::optional<Clock::time_point> deadline) {
  if (cord_->pulled()) return false;
  int timeout = -1;
  if (deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
    if (left <= 0) return false;
    timeout = static_cast<int>(std::min<s64>(left + 1, 1'000'000));
  }
  nbd_handle* const handle = handle_.get();
  const unsigned direction = nbd_aio_get_direction(handle);
  const bool reads = (direction & LIBNBD_AIO_DIRECTION_READ) != 0;
  const bool writes = (direction & LIBNBD_AIO_DIRECTION_WRITE) != 0;
  const auto wanted = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
  std::array<pollfd, 2> descriptors{pollfd{nbd_aio_get_fd(handle), wanted, 0},
                                    pollfd{cord_->descriptor(), POLLIN, 0}};
  if (poll(descriptors.data(), descriptors.size(), timeout) < 0) return errno == EINTR;
  const short got = descriptors[0].revents;
  // What has gone wrong shows when it is read from.
  if (reads && (got & (POLLIN | POLLHUP | POLLERR)) != 0) {
    nbd_aio_notify_read(handle);
  } else if (writes && (got & (POLLOUT | POLLHUP | POLLERR)) != 0) {
    nbd_aio_notify_write(handle);
  }
  return !cord_->pulled();
}

Result<NbdConnection> NbdConnection::open(const std::string& uri, const CancelCord& cord,
                                          Clock::time_point deadline) {
  std::unique_ptr<nbd_handle, Close> handle(nbd_create());
  if (!handle) return Error{fmt::format("{}: {}", uri, nbd_get_error())};
  NbdConnection connection(std::move(handle), cord);
  nbd_handle* const nbd = connection.handle_.get();
  const auto failure = [&uri](std::string_view why) {
    return Error{
        fmt::format("{}: cannot be reached: {}: check the address and whether its server runs", uri, why)};
  };
  if (nbd_aio_connect_uri(nbd, uri.c_str()) == -1) return failure(nbd_get_error());
  while (nbd_aio_is_connecting(nbd) == 1 || nbd_aio_is_created(nbd) == 1) {
    if (!connection.wait(deadline)) return failure(cord.pulled() ? "interrupted" : "no answer in time");
  }
  if (nbd_aio_is_ready(nbd) != 1) {
    const char* const why = nbd_get_error();
    return failure(why != nullptr ? why : "the server hung up");
  }
  if (const Result<void> read = connection.read_properties(uri); !read) return read.error();
  return connection;
}

Result<void> NbdConnection::read_properties(const std::string& uri) {
  nbd_handle* const handle = handle_.get();
  const s64 size = nbd_get_size(handle);
  if (size < 0) return Error{fmt::format("{}: {}", uri, nbd_get_error())};
  // 32 MiB is what servers take that do not say (NBD protocol, "Block size constraints").
  constexpr s64 kLargest = s64{32} << 20;
  const s64 smallest = std::max<s64>(1, nbd_get_block_size(handle, LIBNBD_SIZE_MINIMUM));
  s64 largest = nbd_get_block_size(handle, LIBNBD_SIZE_MAXIMUM);
  largest = largest <= 0 ? kLargest : std::min(largest, kLargest);
  export_ = {static_cast<u64>(size), nbd_is_read_only(handle) == 1, nbd_can_flush(handle) == 1,
             static_cast<u64>(smallest), static_cast<u64>(std::max(largest, smallest))};
  return {};
}

NbdConnection::Answer NbdConnection::finish(s64 cookie) {
  nbd_handle* const handle = handle_.get();
  const auto gone = [handle] { return nbd_aio_is_dead(handle) == 1 || nbd_aio_is_closed(handle) == 1; };
  int completed = cookie < 0 ? -1 : 0;
  while (completed == 0) {
    completed = nbd_aio_command_completed(handle, static_cast<u64>(cookie));
    if (completed == 0 && !wait({})) {
      // The request is left behind with its buffer: the connection must not touch that any more.
      error_ = "interrupted";
      handle_.reset();
      return Answer::Lost;
    }
  }
  if (completed == 1) return Answer::Done;
  const int number = nbd_get_errno();
  const char* const text = nbd_get_error();
  error_ = number != 0 ? std::strerror(number) : text != nullptr ? text : "unknown error";
  return gone() ? Answer::Lost : Answer::Refused;
}

NbdConnection::Answer NbdConnection::read(u64 offset, std::span<std::byte> data) {
  return finish(nbd_aio_pread(handle_.get(), data.data(), data.size(), offset, kNoCallback, 0));
}

NbdConnection::Answer NbdConnection::write(u64 offset, std::span<const std::byte> data) {
  return finish(nbd_aio_pwrite(handle_.get(), data.data(), data.size(), offset, kNoCallback, 0));
}

NbdConnection::Answer NbdConnection::flush() { return finish(nbd_aio_flush(handle_.get(), kNoCallback, 0)); }

}  // namespace ringdown
