// A network of its own behind the program: the guest reaches the outside through the program's own sockets.
#pragma once

#include <memory>

#include "frontend/network/network_backend.h"
#include "frontend/network/network_spec.h"

namespace ringdown {

/// By libslirp: 10.0.2.0/24 with a router and DHCP server at 10.0.2.2, a name server at 10.0.2.3, and the
/// guest at 10.0.2.15. An error if this build has none.
Result<std::unique_ptr<NetworkBackend>> make_user_network(const UserNetworkSpec& spec, NetworkNotice notice);

}  // namespace ringdown
