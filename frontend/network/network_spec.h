// What a network adapter's cable leads to, as the user names it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/types.h"
#include "frontend/sockets/host_port.h"

namespace ringdown {

enum class NetKind : u8 {
  None,    // the cable is not plugged in
  User,    // a network of its own behind the program, by libslirp
  Tap,     // an interface of the host
  Socket,  // another machine
};

struct NetSpec {
  NetKind kind = NetKind::None;
  std::string text;       // as the user wrote it, for lines to the user
  std::string name;       // tap: the interface
  bool listen = false;    // socket: waits for the other end to connect
  SocketAddress address;  // socket
};

/// A port of the host that leads to one of the guest. Addresses are dotted numbers.
struct ForwardSpec {
  std::string text;  // as the user wrote it
  bool udp = false;
  std::string host_address = "127.0.0.1";
  u16 host_port = 0;  // 0: any free one
  std::string guest_address = "10.0.2.15";
  u16 guest_port = 0;
};

/// What all networks of kind User of a machine have in common; forwards lead into the first of them.
struct UserNetworkSpec {
  std::vector<ForwardSpec> forwards;
  bool restricted = false;  // no way out but the forwards
  std::string tftp_folder;
  std::string boot_file;
};

struct NetworkSpec {
  std::vector<NetSpec> nets;  // one for each adapter
  UserNetworkSpec user;
  std::vector<std::string> captures;  // the nth file gets the frames of the nth adapter
};

/// "user", "tap:NAME", "socket:listen=PLACE", "socket:connect=PLACE" or "none"; a place is HOST:PORT or
/// unix:PATH.
Result<NetSpec> parse_net(std::string_view text);
/// "tcp|udp:[HOSTADDRESS:]HOSTPORT:[GUESTADDRESS:]GUESTPORT".
Result<ForwardSpec> parse_forward(std::string_view text);

}  // namespace ringdown
