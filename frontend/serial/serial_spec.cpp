// Reading the argument of --serial.
#include "frontend/serial/serial_spec.h"

#include <fmt/core.h>

namespace ringdown {

namespace {

constexpr std::string_view kForms =
    "use stdio, file:PATH, pty, unix:PATH[,server], tcp:HOST:PORT[,server] or none";

/// Takes ",server" off the end.
bool take_server(std::string_view& text) {
  constexpr std::string_view kServer = ",server";
  if (!text.ends_with(kServer)) return false;
  text.remove_suffix(kServer.size());
  return true;
}

}  // namespace

std::string name_of(const SerialSpec& spec) {
  return spec.kind == SerialKind::Unix ? "unix:" + spec.path : fmt::format("tcp:{}:{}", spec.host, spec.port);
}

Result<SerialSpec> parse_serial(std::string_view text) {
  SerialSpec spec;
  if (text == "none") return spec;
  if (text == "stdio" || text == "pty") {
    spec.kind = text == "pty" ? SerialKind::Pty : SerialKind::Stdio;
    return spec;
  }
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  std::string_view rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (kind == "file" || kind == "unix") {
    spec.kind = kind == "file" ? SerialKind::File : SerialKind::Unix;
    if (spec.kind == SerialKind::Unix) spec.listen = take_server(rest);
    spec.path = rest;
    if (rest.empty()) return Error{fmt::format("--serial {}: the path is missing: {}", text, kForms)};
    return spec;
  }
  if (kind == "tcp") {
    spec.kind = SerialKind::Tcp;
    spec.listen = take_server(rest);
    Result<HostPort> place = parse_host_port(rest, "", fmt::format("--serial {}", text));
    if (!place) return place.error();
    spec.host = std::move(place->host);
    spec.port = place->port;
    return spec;
  }
  return Error{fmt::format("--serial {}: no such kind of line: {}", text, kForms)};
}

}  // namespace ringdown
