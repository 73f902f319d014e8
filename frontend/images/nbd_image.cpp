// Requests in the server's block sizes, and what happens when it goes away.
#include "frontend/images/nbd_image.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "frontend/images/nbd_connection.h"

namespace ringdown {

namespace {

using Clock = NbdConnection::Clock;
using Answer = NbdConnection::Answer;
using Notice = std::function<void(const std::string&)>;

/// What is sent between two flushes and kept to be sent again.
constexpr std::size_t kMostUnflushed = std::size_t{64} << 20;

class NbdImage final : public DiskImage {
 public:
  NbdImage(std::string uri, HostFile::Access access, std::chrono::seconds reconnect, Notice notice)
      : uri_(std::move(uri)), access_(access), reconnect_(reconnect), notice_(std::move(notice)) {}

  Result<void> connect();

  u64 sectors() const override { return export_.bytes / kSectorSize; }
  bool read_only() const override { return access_ == HostFile::Access::ReadOnly; }
  Result<void> read(u64 first_sector, std::span<std::byte> data) override;
  Result<void> write(u64 first_sector, std::span<const std::byte> data) override;
  Result<void> flush() override;
  void cancel() override { cord_.pull(); }
  bool local() const override { return false; }

 private:
  struct Sent {
    u64 offset;
    std::vector<std::byte> data;
  };

  template <class Request>
  Result<void> ask(const Request& request);
  Result<void> reconnect();
  bool send_again();
  void pause(std::chrono::milliseconds time, Clock::time_point deadline) const;
  Result<void> write_aligned(u64 offset, std::span<const std::byte> data);
  Result<void> read_aligned(u64 offset, std::span<std::byte> data);
  template <class Byte, class One>
  Result<void> in_pieces(u64 offset, std::span<Byte> data, const One& one);
  std::vector<std::byte> around(u64 offset, std::size_t size, u64& start) const;
  void tell(const std::string& text) const {
    if (notice_) notice_(fmt::format("{}: {}", uri_, text));
  }

  std::string uri_;
  HostFile::Access access_;
  std::chrono::seconds reconnect_;
  Notice notice_;
  CancelCord cord_;
  std::optional<NbdConnection> connection_;
  NbdConnection::Export export_;
  std::vector<Sent> unflushed_;
  std::size_t unflushed_bytes_ = 0;
  bool resend_ = false;    // a flush failed: the server may have dropped what it had
  bool given_up_ = false;  // the last reconnection failed
};

Result<void> NbdImage::connect() {
  constexpr std::chrono::seconds kPatience{10};
  Result<NbdConnection> connection = NbdConnection::open(uri_, cord_, Clock::now() + kPatience);
  if (!connection) return connection.error();
  export_ = connection->properties();
  connection_.emplace(std::move(*connection));
  if (export_.bytes < kSectorSize) return Error{fmt::format("{}: no disk: {} bytes", uri_, export_.bytes)};
  if (export_.read_only && !read_only())
    return Error{fmt::format("{}: its server lets nobody write: add ',readonly' or --snapshot", uri_)};
  return {};
}

/// Waits; ends early when cancelled.
void NbdImage::pause(std::chrono::milliseconds time, Clock::time_point deadline) const {
  constexpr std::chrono::milliseconds kStep{20};
  const Clock::time_point end = std::min(Clock::now() + time, deadline);
  while (!cord_.pulled() && Clock::now() < end) std::this_thread::sleep_for(kStep);
}

/// Sends what the server may have lost; false if it went away again.
bool NbdImage::send_again() {
  for (const Sent& sent : unflushed_) {
    if (connection_->write(sent.offset, sent.data) != Answer::Done) return false;
  }
  resend_ = false;
  return true;
}

Result<void> NbdImage::reconnect() {
  connection_.reset();
  // Who has waited once in vain does not wait for each request.
  const Clock::time_point deadline = Clock::now() + (given_up_ ? std::chrono::seconds(1) : reconnect_);
  if (!given_up_) tell(fmt::format("the server is gone; trying again for {} s", reconnect_.count()));
  constexpr std::chrono::milliseconds kLongest{5000};
  std::chrono::milliseconds wait{100};
  std::string why = "no answer in time";
  while (!cord_.pulled()) {
    Result<NbdConnection> connection = NbdConnection::open(uri_, cord_, deadline);
    if (connection && !(connection->properties() == export_))
      return Error{fmt::format("{}: another disk than before: start the machine again", uri_)};
    if (connection) {
      connection_.emplace(std::move(*connection));
      if (send_again()) {
        tell("the server is back");
        given_up_ = false;
        return {};
      }
      connection_.reset();
    } else {
      why = connection.error().message;
    }
    if (Clock::now() + wait >= deadline) break;
    pause(wait, deadline);
    wait = std::min(wait * 2, kLongest);
  }
  given_up_ = true;
  return Error{why};
}

/// One request, repeated on another connection if this one breaks.
template <class Request>
Result<void> NbdImage::ask(const Request& request) {
  while (!cord_.pulled()) {
    if (!connection_ || (resend_ && !send_again())) {
      if (const Result<void> again = reconnect(); !again) return again;
    }
    switch (request(*connection_)) {
      case Answer::Done:
        return {};
      case Answer::Refused:
        return Error{fmt::format("{}: the server refuses: {}", uri_, connection_->error())};
      case Answer::Lost:
        connection_.reset();
        break;
    }
  }
  return Error{fmt::format("{}: interrupted", uri_)};
}

template <class Byte, class One>
Result<void> NbdImage::in_pieces(u64 offset, std::span<Byte> data, const One& one) {
  const std::size_t largest = export_.largest - export_.largest % export_.smallest;
  while (!data.empty()) {
    const std::span<Byte> piece = data.first(std::min(data.size(), largest));
    if (const Result<void> result = one(offset, piece); !result) return result;
    offset += piece.size();
    data = data.subspan(piece.size());
  }
  return {};
}

/// Room for the whole blocks around a range, which begin at `start`.
std::vector<std::byte> NbdImage::around(u64 offset, std::size_t size, u64& start) const {
  start = offset - offset % export_.smallest;
  const u64 end = (offset + size + export_.smallest - 1) / export_.smallest * export_.smallest;
  return std::vector<std::byte>(static_cast<std::size_t>(std::min(end, export_.bytes) - start));
}

Result<void> NbdImage::read_aligned(u64 offset, std::span<std::byte> data) {
  return in_pieces(offset, data, [this](u64 at, std::span<std::byte> piece) {
    return ask([&](NbdConnection& connection) { return connection.read(at, piece); });
  });
}

Result<void> NbdImage::write_aligned(u64 offset, std::span<const std::byte> data) {
  return in_pieces(offset, data, [this](u64 at, std::span<const std::byte> piece) {
    const Result<void> result = ask([&](NbdConnection& connection) { return connection.write(at, piece); });
    if (result && export_.flushes) {
      unflushed_.push_back({at, {piece.begin(), piece.end()}});
      unflushed_bytes_ += piece.size();
    }
    return result;
  });
}

Result<void> NbdImage::read(u64 first_sector, std::span<std::byte> data) {
  const u64 offset = first_sector * kSectorSize;
  if (offset % export_.smallest == 0 && data.size() % export_.smallest == 0)
    return read_aligned(offset, data);
  u64 start = 0;
  std::vector<std::byte> blocks = around(offset, data.size(), start);
  const Result<void> result = read_aligned(start, blocks);
  if (result) std::memcpy(data.data(), blocks.data() + (offset - start), data.size());
  return result;
}

Result<void> NbdImage::write(u64 first_sector, std::span<const std::byte> data) {
  if (read_only()) return Error{fmt::format("{}: attached read-only", uri_)};
  const u64 offset = first_sector * kSectorSize;
  Result<void> result;
  if (offset % export_.smallest == 0 && data.size() % export_.smallest == 0) {
    result = write_aligned(offset, data);
  } else {
    u64 start = 0;
    std::vector<std::byte> blocks = around(offset, data.size(), start);
    result = read_aligned(start, blocks);
    std::memcpy(blocks.data() + (offset - start), data.data(), data.size());
    if (result) result = write_aligned(start, blocks);
  }
  // A flush that fails is reported when the guest asks for one.
  if (result && unflushed_bytes_ > kMostUnflushed) static_cast<void>(flush());
  return result;
}

Result<void> NbdImage::flush() {
  if (!export_.flushes || read_only()) return {};
  const Result<void> result = ask([](NbdConnection& connection) { return connection.flush(); });
  if (!result) {
    resend_ = true;
    return result;
  }
  unflushed_.clear();
  unflushed_bytes_ = 0;
  return {};
}

}  // namespace

Result<std::unique_ptr<DiskImage>> open_nbd_image(const std::string& uri, HostFile::Access access,
                                                  std::chrono::seconds reconnect,
                                                  const std::function<void(const std::string&)>& notice) {
  auto image = std::make_unique<NbdImage>(uri, access, reconnect, notice);
  if (const Result<void> connected = image->connect(); !connected) return connected.error();
  return std::unique_ptr<DiskImage>(std::move(image));
}

}  // namespace ringdown
