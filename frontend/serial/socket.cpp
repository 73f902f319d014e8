// Unix and TCP sockets.
#include "frontend/serial/socket.h"

#include <fmt/core.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace ringdown {

namespace {

Error failure(const SerialSpec& spec, const char* what, std::string_view why) {
  return Error{fmt::format("--serial {}: cannot {}: {}", name_of(spec), what, why)};
}

Error connect_failure(const SerialSpec& spec, int error) {
  return failure(spec, "connect",
                 fmt::format("{}: start the other end first, or add ',server'", std::strerror(error)));
}

Error listen_failure(const SerialSpec& spec, int error) {
  return failure(spec, "listen", fmt::format("{}: choose another address", std::strerror(error)));
}

Result<sockaddr_un> unix_address(const SerialSpec& spec) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (spec.path.size() >= sizeof(address.sun_path))
    return failure(spec, "be used", "the path is too long: shorten it");
  std::memcpy(address.sun_path, spec.path.c_str(), spec.path.size());
  return address;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> tcp_addresses(const SerialSpec& spec) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = spec.listen ? AI_PASSIVE : 0;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(spec.host.c_str(), std::to_string(spec.port).c_str(), &hints, &list);
  if (error != 0)
    return failure(spec, "find the host", fmt::format("{}: check the name", gai_strerror(error)));
  return Addresses(list);
}

bool connects(const sockaddr_un& address) {
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

/// A server that did not end well left its socket behind; anything else at the path stays.
void remove_stale_socket(const SerialSpec& spec, const sockaddr_un& address) {
  struct stat status {};
  if (stat(spec.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && !connects(address)) {
    unlink(spec.path.c_str());
  }
}

}  // namespace

std::string name_of(const SerialSpec& spec) {
  return spec.kind == SerialKind::Unix ? "unix:" + spec.path : fmt::format("tcp:{}:{}", spec.host, spec.port);
}

Result<Descriptor> connect_socket(const SerialSpec& spec) {
  if (spec.kind == SerialKind::Unix) {
    const Result<sockaddr_un> address = unix_address(spec);
    if (!address) return address.error();
    Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
      return connect_failure(spec, errno);
    }
    return fd;
  }
  const Result<Addresses> addresses = tcp_addresses(spec);
  if (!addresses) return addresses.error();
  int error = 0;
  for (const addrinfo* a = addresses->get(); a != nullptr; a = a->ai_next) {
    Descriptor fd(socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    if (fd && connect(fd.get(), a->ai_addr, a->ai_addrlen) == 0) return fd;
    error = errno;
  }
  return connect_failure(spec, error);
}

Result<Descriptor> listen_socket(const SerialSpec& spec) {
  if (spec.kind == SerialKind::Unix) {
    const Result<sockaddr_un> address = unix_address(spec);
    if (!address) return address.error();
    remove_stale_socket(spec, *address);
    Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0 ||
        listen(fd.get(), 1) != 0) {
      return listen_failure(spec, errno);
    }
    return fd;
  }
  const Result<Addresses> addresses = tcp_addresses(spec);
  if (!addresses) return addresses.error();
  int error = 0;
  for (const addrinfo* a = addresses->get(); a != nullptr; a = a->ai_next) {
    Descriptor fd(socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    const int reuse = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
    if (fd && bind(fd.get(), a->ai_addr, a->ai_addrlen) == 0 && listen(fd.get(), 1) == 0) return fd;
    error = errno;
  }
  return listen_failure(spec, error);
}

}  // namespace ringdown
