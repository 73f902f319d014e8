// Where the other end of a connection is, as the user writes it.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// Where a socket listens: a path, or without one a host and port.
struct SocketAddress {
  std::string path;
  std::string host;
  u16 port = 0;
};

/// HOST:PORT or PORT, the host being `default_host` then, the port `lowest` or more. `option` names the
/// option in error lines.
struct HostPort {
  std::string host;
  u16 port = 0;
};
Result<HostPort> parse_host_port(std::string_view text, std::string_view default_host,
                                 std::string_view option, u16 lowest = 1);

}  // namespace ringdown
