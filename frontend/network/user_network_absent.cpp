// A build without libslirp.
#include "frontend/network/user_network.h"

namespace ringdown {

Result<std::unique_ptr<NetworkBackend>> make_user_network(const UserNetworkSpec& /*spec*/,
                                                          NetworkNotice /*notice*/) {
  return Error{"--net user: this build of Ringdown has none: build it with libslirp, or use another --net"};
}

}  // namespace ringdown
