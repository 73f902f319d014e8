// The thread of a socket's wire.
#include "frontend/network/socket_network.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace ringdown {

namespace {

using Clock = std::chrono::steady_clock;

/// A peer that is not there is tried for again after this, longer each time that it goes away at once.
constexpr int kFirstRetry = 250;
constexpr int kLongestRetry = 8000;
constexpr std::chrono::seconds kShortVisit{1};
constexpr std::size_t kPiece = 256 * 1024;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

/// Frames go out at once, and a peer whose host has vanished is noticed. A Unix socket knows neither option.
void prepare(const Descriptor& peer) {
  const int on = 1;
  setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(peer.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

}  // namespace

Result<void> SocketNetwork::open(NetworkInput& input) {
  input_ = &input;
  Result<SocketPlace> place =
      SocketPlace::find(spec_.address, spec_.listen ? SocketRole::Listen : SocketRole::Connect,
                        fmt::format("--net {}", spec_.text));
  if (!place) return place.error();
  place_ = std::move(*place);
  if (spec_.listen) {
    Result<Descriptor> listener = place_->listen();
    if (!listener) return listener.error();
    listener_ = std::move(*listener);
  }
  start();
  return {};
}

void SocketNetwork::closed() { stop_listening(); }

void SocketNetwork::stop_listening() {
  // Whatever stood at the path before is not ours.
  if (listener_ && !spec_.address.path.empty()) unlink(spec_.address.path.c_str());
  listener_.reset();
}

void SocketNetwork::serve() {
  retry_milliseconds_ = kFirstRetry;
  while (!stopping()) {
    const Descriptor peer = next_peer();
    if (!peer) continue;
    prepare(peer);
    notice_(fmt::format("--net {}: the other machine is there", spec_.text));
    told_waiting_ = false;
    const Clock::time_point since = Clock::now();
    set_connected(true);
    input_->link(true);
    exchange(peer);
    set_connected(false);
    // Before the peer hears of the end: it would connect again, to nobody.
    if (stopping()) return stop_listening();
    input_->link(false);
    notice_(fmt::format("--net {}: the other machine is gone", spec_.text));
    const bool short_visit = Clock::now() - since < kShortVisit;
    retry_milliseconds_ = short_visit ? std::min(2 * retry_milliseconds_, kLongestRetry) : kFirstRetry;
    if (short_visit && !spec_.listen) pause(retry_milliseconds_);
  }
}

Descriptor SocketNetwork::next_peer() {
  if (spec_.listen) return accept_peer();
  queue().silence();
  if (stopping()) return Descriptor();
  Result<Descriptor> peer = place_->connect(queue().bell(), "it is tried again until the other end is there");
  if (peer) return std::move(*peer);
  if (!stopping() && !std::exchange(told_waiting_, true)) notice_(peer.error().message);
  pause(kFirstRetry);
  return Descriptor();
}

Descriptor SocketNetwork::accept_peer() {
  if (!std::exchange(told_waiting_, true))
    notice_(fmt::format("--net {}: waits for the other machine", spec_.text));
  if (!queue().bell().wait_readable(listener_.get())) {
    queue().silence();
    return Descriptor();
  }
  return Descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

void SocketNetwork::pause(int milliseconds) {
  pollfd bell{queue().bell().fd(), POLLIN, 0};
  poll(&bell, 1, milliseconds);
  queue().silence();
}

void SocketNetwork::exchange(const Descriptor& peer) {
  FrameReader reader;
  piece_.resize(kPiece);
  outgoing_.clear();
  sent_ = 0;
  while (!stopping()) {
    const bool blocked = sent_ < outgoing_.size();
    std::array<pollfd, 3> polled{pollfd{},
                                 pollfd{peer.get(), static_cast<short>(POLLIN | (blocked ? POLLOUT : 0)), 0},
                                 pollfd{listener_.get(), POLLIN, 0}};
    // While the peer takes nothing, what the guest sends fills the queue and is dropped in the end.
    const int ready = blocked ? queue().wait_for_others(polled) : queue().wait(polled, -1);
    if (ready > 0 && polled[1].revents != 0 && !receive(peer, reader)) return;
    if (ready > 0 && polled[2].revents != 0) turn_away_others();
    if (!send_waiting(peer)) return;
  }
}

bool SocketNetwork::receive(const Descriptor& peer, FrameReader& reader) {
  const ssize_t count = recv(peer.get(), piece_.data(), piece_.size(), 0);
  if (count < 0) return would_block(errno);
  if (count == 0) return false;
  const bool sound = reader.add(std::span(piece_).first(static_cast<std::size_t>(count)),
                                [this](std::span<const std::byte> frame) { input_->frame(frame); });
  if (!sound) tell_of_garbage(reader.bad_length());
  return sound;
}

bool SocketNetwork::send_waiting(const Descriptor& peer) {
  if (sent_ == outgoing_.size()) {
    outgoing_.clear();
    sent_ = 0;
    batch_.clear();
    queue().take(batch_);
    batch_.for_each([this](std::span<const std::byte> frame) { append_frame(outgoing_, frame); });
  }
  while (sent_ < outgoing_.size()) {
    const ssize_t count = send(peer.get(), outgoing_.data() + sent_, outgoing_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0) return would_block(errno);
    sent_ += static_cast<std::size_t>(count);
  }
  return true;
}

void SocketNetwork::turn_away_others() {
  // A wire has two ends.
  const Descriptor other(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

void SocketNetwork::tell_of_garbage(u32 length) {
  if (std::exchange(told_garbage_, true)) return;
  notice_(fmt::format(
      "--net {}: the other end sent a frame of {} bytes, which is none: connection dropped; is it a "
      "socket of Ringdown or QEMU?",
      spec_.text, length));
}

}  // namespace ringdown
