// Looking addresses up, connecting, listening.
#include "frontend/sockets/socket.h"

#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>

namespace ringdown {

namespace {

constexpr int kAnyProtocol = 0;

const sockaddr* generic(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Descriptor make_socket(const sockaddr_storage& address, int flags) {
  return Descriptor(socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, kAnyProtocol));
}

/// The error of a connection under way, 0 once it stands.
int outcome(int fd, const WakePipe& stop) {
  if (errno != EINPROGRESS) return errno;
  if (!stop.wait_for(fd, POLLOUT)) return ECANCELED;
  int error = 0;
  socklen_t length = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

}  // namespace

Result<std::vector<SocketPlace::HostAddress>> SocketPlace::look_up(const SocketAddress& address,
                                                                   SocketRole role, const std::string& what) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = role == SocketRole::Listen ? AI_PASSIVE : 0;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list);
  if (error != 0)
    return Error{fmt::format("{}: cannot find the host: {}: check the name", what, gai_strerror(error))};
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  std::vector<HostAddress> found;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    HostAddress& host = found.emplace_back();
    std::memcpy(&host.bytes, a->ai_addr, a->ai_addrlen);
    host.length = a->ai_addrlen;
  }
  return found;
}

Result<SocketPlace> SocketPlace::find(const SocketAddress& address, SocketRole role, std::string what) {
  SocketPlace place;
  place.what_ = std::move(what);
  place.path_ = address.path;
  if (address.path.empty()) {
    Result<std::vector<HostAddress>> found = look_up(address, role, place.what_);
    if (!found) return found.error();
    place.addresses_ = std::move(*found);
    return place;
  }
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof(name.sun_path))
    return Error{fmt::format("{}: cannot be used: the path is too long: shorten it", place.what_)};
  std::memcpy(name.sun_path, address.path.c_str(), address.path.size());
  HostAddress& host = place.addresses_.emplace_back();
  std::memcpy(&host.bytes, &name, sizeof(name));
  host.length = sizeof(name);
  return place;
}

Result<Descriptor> SocketPlace::connect(const WakePipe& stop, std::string_view remedy) const {
  int error = 0;
  for (const HostAddress& address : addresses_) {
    Descriptor fd = make_socket(address.bytes, SOCK_NONBLOCK);
    if (!fd) {
      error = errno;
      continue;
    }
    if (::connect(fd.get(), generic(address.bytes), address.length) == 0) return fd;
    error = outcome(fd.get(), stop);
    if (error == 0) return fd;
  }
  return Error{fmt::format("{}: cannot connect: {}: {}", what_, std::strerror(error), remedy)};
}

/// A server that did not end well left its socket behind; anything else at the path stays.
void SocketPlace::remove_stale_file() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const Descriptor probe = make_socket(addresses_[0].bytes, 0);
  if (::connect(probe.get(), generic(addresses_[0].bytes), addresses_[0].length) != 0) unlink(path_.c_str());
}

Result<Descriptor> SocketPlace::listen() const {
  if (!path_.empty()) remove_stale_file();
  int error = 0;
  for (const HostAddress& address : addresses_) {
    Descriptor fd = make_socket(address.bytes, 0);
    const int reuse = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
    if (fd && bind(fd.get(), generic(address.bytes), address.length) == 0 && ::listen(fd.get(), 1) == 0)
      return fd;
    error = errno;
  }
  return Error{fmt::format("{}: cannot listen: {}: choose another address", what_, std::strerror(error))};
}

u16 SocketPlace::port_of(int listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  std::memcpy(&v4, &address, sizeof(v4));
  std::memcpy(&v6, &address, sizeof(v6));
  return ntohs(address.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

}  // namespace ringdown
