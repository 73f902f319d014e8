// The debugger's TCP connection: a thread moves bytes, the machine's thread answers them.
#include "frontend/debug/gdb_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace ringdown {

namespace {

/// A debugger that does not read for so long has lost its replies.
constexpr timeval kSendTimeout{5, 0};

void close_descriptor(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

}  // namespace

Result<std::unique_ptr<GdbServer>> GdbServer::listen(u16 port, DebugTarget& target,
                                                     std::function<void()> wake) {
  std::unique_ptr<GdbServer> server(new GdbServer(target, std::move(wake)));
  if (const Result<void> opened = server->open(port); !opened) return opened.error();
  server->thread_ = std::thread(&GdbServer::run, server.get());
  return server;
}

Result<void> GdbServer::open(u16 port) {
  const auto failure = [port] {
    return Error{fmt::format("--gdb {}: cannot listen: {}: choose another port", port, std::strerror(errno))};
  };
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0 || pipe(stop_pipe_) != 0) return failure();
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || ::listen(listener_, 1) != 0) return failure();
  if (getsockname(listener_, generic, &size) != 0) return failure();
  port_ = ntohs(address.sin_port);
  return {};
}

GdbServer::~GdbServer() {
  if (thread_.joinable()) {
    const char stop = 0;
    static_cast<void>(!write(stop_pipe_[1], &stop, sizeof stop));
    thread_.join();
  }
  close_descriptor(listener_);
  close_descriptor(stop_pipe_[0]);
  close_descriptor(stop_pipe_[1]);
}

/// False when the server shall end.
bool GdbServer::wait_readable(int descriptor) const {
  std::array<pollfd, 2> waiting{{{descriptor, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}}};
  while (poll(waiting.data(), waiting.size(), -1) < 0) {
    if (errno != EINTR) return false;
  }
  return waiting[1].revents == 0;
}

void GdbServer::run() {
  while (wait_readable(listener_)) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    const int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof kSendTimeout);
    serve(connection);
  }
}

void GdbServer::serve(int connection) {
  const auto announce = [this] {
    arrived_.notify_all();
    if (wake_) wake_();
  };
  {
    const std::lock_guard lock(mutex_);
    connection_ = connection;
    ++connection_number_;
    input_.clear();
  }
  announce();
  std::array<char, 4096> buffer{};
  while (wait_readable(connection)) {
    const ssize_t got = recv(connection, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    {
      const std::lock_guard lock(mutex_);
      input_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    announce();
  }
  {
    const std::lock_guard lock(mutex_);
    close_descriptor(connection_);
  }
  announce();
}

void GdbServer::service(int timeout_ms) {
  std::string input;
  bool connected = false;
  u64 number = 0;
  {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] {
      return !input_.empty() || connection_number_ != session_number_ || (session_ && connection_ < 0);
    });
    input = std::exchange(input_, {});
    connected = connection_ >= 0;
    number = connection_number_;
  }
  if (session_ && number != session_number_) end_session();
  if (number != session_number_) {
    // A new debugger finds the machine standing still.
    session_number_ = number;
    session_ = std::make_unique<GdbSession>(target_);
  }
  if (!session_) return;
  send(session_->receive(input));
  if (session_->finished()) hang_up();
  if (!connected) end_session();
}

void GdbServer::stopped(const DebugStop& stop) {
  if (!session_) return;
  send(session_->stopped(stop));
  if (session_->finished()) hang_up();
}

void GdbServer::end_session() {
  if (session_ && !session_->finished()) target_.detached();
  session_.reset();
}

void GdbServer::send(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  while (!bytes.empty() && connection_ >= 0) {
    const ssize_t sent = ::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void GdbServer::hang_up() {
  {
    const std::lock_guard lock(mutex_);
    if (connection_ >= 0) shutdown(connection_, SHUT_RDWR);
  }
  session_.reset();
}

}  // namespace ringdown
