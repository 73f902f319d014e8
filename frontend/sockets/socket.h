// Stream sockets, Unix and TCP.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "core/result.h"
#include "core/types.h"
#include "frontend/sockets/descriptor.h"
#include "frontend/sockets/host_port.h"

namespace ringdown {

enum class SocketRole : u8 { Listen, Connect };

/// An address that has been looked up. `what` stands at the beginning of error lines.
class SocketPlace {
 public:
  static Result<SocketPlace> find(const SocketAddress& address, SocketRole role, std::string what);

  /// Connects; the socket does not block. `remedy` ends the error line. While it waits it ends early if
  /// `stop` is rung.
  Result<Descriptor> connect(const WakePipe& stop, std::string_view remedy) const;
  /// Listens. A socket file that nobody listens at any more is replaced.
  Result<Descriptor> listen() const;
  /// The port that a listening socket of TCP has got.
  static u16 port_of(int listener);

 private:
  struct HostAddress {
    sockaddr_storage bytes{};
    socklen_t length = 0;
  };

  static Result<std::vector<HostAddress>> look_up(const SocketAddress& address, SocketRole role,
                                                  const std::string& what);
  void remove_stale_file() const;

  std::string what_;
  std::string path_;
  std::vector<HostAddress> addresses_;
};

}  // namespace ringdown
