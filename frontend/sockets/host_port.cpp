// Reading HOST:PORT.
#include "frontend/sockets/host_port.h"

#include <fmt/core.h>

#include <charconv>

namespace ringdown {

Result<HostPort> parse_host_port(std::string_view text, std::string_view default_host,
                                 std::string_view option, u16 lowest) {
  const std::size_t colon = text.rfind(':');
  const std::string_view digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const std::string_view host = colon == std::string_view::npos ? default_host : text.substr(0, colon);
  u16 port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < lowest || host.empty()) {
    return Error{fmt::format("{}: '{}' is no HOST:PORT with a port from {} to 65535", option, text, lowest)};
  }
  return HostPort{std::string(host), port};
}

}  // namespace ringdown
