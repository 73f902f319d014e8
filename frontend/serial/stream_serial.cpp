// Serial lines to files, pseudo-terminals and sockets.
#include "frontend/serial/stream_serial.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "frontend/sockets/socket.h"

namespace ringdown {

namespace {

constexpr std::chrono::milliseconds kPatience{2000};
/// Nobody may be attached to a pseudo-terminal.
constexpr std::chrono::milliseconds kPtyPatience{200};

SocketAddress address_of(const SerialSpec& spec) {
  if (spec.kind == SerialKind::Unix) return {spec.path, {}, 0};
  return {{}, spec.host, spec.port};
}

}  // namespace

SerialReader::SerialReader(std::function<int(const WakePipe&)> next_peer, SerialInput input) {
  thread_ = std::thread([this, next = std::move(next_peer), input]() mutable {
    std::array<u8, 4096> buffer;
    for (int fd = next(stop_); fd >= 0; fd = next(stop_)) {
      while (true) {
        if (!stop_.wait_readable(fd)) return;
        const ssize_t count = read(fd, buffer.data(), buffer.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) break;
        input.characters(std::span(buffer).first(static_cast<std::size_t>(count)));
      }
    }
  });
}

SerialReader::~SerialReader() {
  stop_.ring();
  thread_.join();
}

Result<void> FileSerial::open(SerialInput) {
  constexpr mode_t kMode = 0666;
  file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (!file_)
    return Error{fmt::format("--serial file:{}: cannot be created: {}", path_, std::strerror(errno))};
  output_.connect(file_.get());
  return {};
}

void FileSerial::close() {
  output_.finish(kPatience);
  file_.reset();
}

Result<void> PtySerial::open(SerialInput input) {
  const auto failure = [] {
    return Error{fmt::format("--serial pty: none to be had: {}", std::strerror(errno))};
  };
  master_ = Descriptor(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master_ || grantpt(master_.get()) != 0 || unlockpt(master_.get()) != 0) return failure();
  const char* const name = ptsname(master_.get());
  if (name == nullptr) return failure();
  slave_ = Descriptor(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave_) return failure();
  termios settings{};
  if (tcgetattr(slave_.get(), &settings) != 0) return failure();
  cfmakeraw(&settings);
  tcsetattr(slave_.get(), TCSANOW, &settings);
  notice_(fmt::format("serial port {} is {}", input.port() + 1, name));
  output_.connect(master_.get());
  reader_.emplace([fd = master_.get(),
                   first = true](const WakePipe&) mutable { return std::exchange(first, false) ? fd : -1; },
                  input);
  return {};
}

void PtySerial::close() {
  reader_.reset();
  output_.finish(kPtyPatience);
  slave_.reset();
  master_.reset();
}

Result<void> SocketSerial::open(SerialInput input) {
  const Result<SocketPlace> place =
      SocketPlace::find(address_of(spec_), spec_.listen ? SocketRole::Listen : SocketRole::Connect,
                        fmt::format("--serial {}", name_of(spec_)));
  if (!place) return place.error();
  Result<Descriptor> socket = spec_.listen
                                  ? place->listen()
                                  : place->connect(WakePipe(), "start the other end first, or add ',server'");
  if (!socket) return socket.error();
  if (spec_.listen) {
    listener_ = std::move(*socket);
    notice_(fmt::format("serial port {} waits for a connection to {}", input.port() + 1, name_of(spec_)));
  } else {
    peer_ = std::move(*socket);
    output_.connect(peer_.get());
  }
  reader_.emplace([this](const WakePipe& stop) { return accept_peer(stop); }, input);
  return {};
}

int SocketSerial::accept_peer(const WakePipe& stop) {
  if (!spec_.listen) {
    if (!std::exchange(served_, true)) return peer_.get();
    output_.connect(-1);
    return -1;
  }
  output_.connect(-1);
  peer_.reset();
  while (!peer_) {
    if (!stop.wait_readable(listener_.get())) return -1;
    peer_ = Descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  output_.connect(peer_.get());
  return peer_.get();
}

void SocketSerial::close() {
  reader_.reset();
  output_.finish(kPatience);
  peer_.reset();
  // Whatever stood at the path before is not ours.
  if (listener_ && spec_.kind == SerialKind::Unix) unlink(spec_.path.c_str());
  listener_.reset();
}

std::unique_ptr<HostSerial> make_serial(const SerialSpec& spec,
                                        std::function<void(const std::string&)> notice) {
  switch (spec.kind) {
    case SerialKind::File:
      return std::make_unique<FileSerial>(spec.path);
    case SerialKind::Pty:
      return std::make_unique<PtySerial>(std::move(notice));
    case SerialKind::Unix:
    case SerialKind::Tcp:
      return std::make_unique<SocketSerial>(spec, std::move(notice));
    case SerialKind::None:
    case SerialKind::Stdio:
      break;
  }
  return nullptr;
}

}  // namespace ringdown
