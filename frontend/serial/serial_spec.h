// What follows --serial: where the line of one serial port leads.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

enum class SerialKind : u8 { None, Stdio, File, Pty, Unix, Tcp };

struct SerialSpec {
  SerialKind kind = SerialKind::None;
  std::string path;     // file, unix
  std::string host;     // tcp
  u16 port = 0;         // tcp
  bool listen = false;  // unix, tcp: wait for the other end to connect, instead of connecting to it
};

/// Reads stdio, file:PATH, pty, unix:PATH[,server], tcp:HOST:PORT[,server] or none.
Result<SerialSpec> parse_serial(std::string_view text);

/// HOST:PORT or PORT, the host being `default_host` then, the port `lowest` or more. `option` names the
/// option in error lines.
struct HostPort {
  std::string host;
  u16 port = 0;
};
Result<HostPort> parse_host_port(std::string_view text, std::string_view default_host,
                                 std::string_view option, u16 lowest = 1);

}  // namespace ringdown
