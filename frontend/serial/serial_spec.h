// What follows --serial: where the line of one serial port leads.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"
#include "frontend/sockets/host_port.h"

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
/// "unix:PATH" or "tcp:HOST:PORT" of a socket.
std::string name_of(const SerialSpec& spec);

}  // namespace ringdown
