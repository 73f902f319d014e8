// Reading the arguments of --net and --forward.
#include "frontend/network/network_spec.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "frontend/sockets/host_port.h"

namespace ringdown {

namespace {

constexpr std::string_view kNetForms =
    "use user, tap:NAME, socket:listen=HOST:PORT, socket:connect=HOST:PORT, either with unix:PATH too, or "
    "none";
constexpr std::string_view kForwardForms =
    "use tcp:HOSTPORT:GUESTPORT or udp:..., with an address before either port if need be";

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

Result<NetSpec> parse_tap(NetSpec spec, std::string_view name) {
  spec.kind = NetKind::Tap;
  spec.name = name;
  if (name.empty() || name.size() >= IFNAMSIZ || name.find('/') != std::string_view::npos)
    return Error{fmt::format("--net {}: interfaces have names of 1 to {} characters: tap:tap0", spec.text,
                             IFNAMSIZ - 1)};
  return spec;
}

Result<NetSpec> parse_socket(NetSpec spec, std::string_view place) {
  spec.kind = NetKind::Socket;
  if (take_prefix(place, "listen=")) {
    spec.listen = true;
  } else if (!take_prefix(place, "connect=")) {
    return Error{fmt::format("--net {}: {}", spec.text, kNetForms)};
  }
  if (take_prefix(place, "unix:")) {
    spec.address.path = place;
    if (place.empty()) return Error{fmt::format("--net {}: the path is missing: {}", spec.text, kNetForms)};
    return spec;
  }
  Result<HostPort> address = parse_host_port(place, "", fmt::format("--net {}", spec.text));
  if (!address) return address.error();
  spec.address.host = std::move(address->host);
  // [::1]:PORT, as in URIs.
  if (spec.address.host.starts_with('[') && spec.address.host.ends_with(']'))
    spec.address.host = spec.address.host.substr(1, spec.address.host.size() - 2);
  spec.address.port = address->port;
  return spec;
}

std::optional<u16> port_of(std::string_view text) {
  u16 port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return port;
}

bool is_address(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

/// The parts between colons.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t colon = text.find(':');
    parts.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

Result<NetSpec> parse_net(std::string_view text) {
  NetSpec spec;
  spec.text = text;
  if (text == "none") return spec;
  if (text == "user") {
    spec.kind = NetKind::User;
    return spec;
  }
  if (take_prefix(text, "tap:")) return parse_tap(std::move(spec), text);
  if (take_prefix(text, "socket:")) return parse_socket(std::move(spec), text);
  return Error{fmt::format("--net {}: {}", spec.text, kNetForms)};
}

Result<ForwardSpec> parse_forward(std::string_view text) {
  ForwardSpec spec;
  spec.text = text;
  const auto mistake = [&](std::string_view what) {
    return Error{fmt::format("--forward {}: {}: {}", spec.text, what, kForwardForms)};
  };
  const std::vector<std::string> parts = split(text);
  spec.udp = parts[0] == "udp";
  if (!spec.udp && parts[0] != "tcp") return mistake("it begins with neither tcp nor udp");
  std::size_t next = 1;
  const auto take_address = [&](std::string& address) {
    if (next >= parts.size() || port_of(parts[next])) return true;
    address = parts[next] == "localhost" ? "127.0.0.1" : parts[next];
    ++next;
    return is_address(address);
  };
  const auto take_port = [&](u16& port, u16 lowest) {
    const std::optional<u16> number = next < parts.size() ? port_of(parts[next]) : std::nullopt;
    if (!number || *number < lowest) return false;
    port = *number;
    ++next;
    return true;
  };
  if (!take_address(spec.host_address)) return mistake(fmt::format("'{}' is no address", spec.host_address));
  if (!take_port(spec.host_port, 0)) return mistake("the host's port is missing");
  if (!take_address(spec.guest_address))
    return mistake(fmt::format("'{}' is no address", spec.guest_address));
  if (!take_port(spec.guest_port, 1)) return mistake("the guest's port is missing");
  if (next != parts.size()) return mistake(fmt::format("'{}' is too much", parts[next]));
  return spec;
}

}  // namespace ringdown
