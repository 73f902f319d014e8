// A build without libnbd.
#include "frontend/images/nbd_image.h"

namespace ringdown {

Result<std::unique_ptr<DiskImage>> open_nbd_image(const std::string& uri, HostFile::Access /*access*/,
                                                  std::chrono::seconds /*reconnect*/,
                                                  const std::function<void(const std::string&)>& /*notice*/) {
  return Error{uri + ": this build of Ringdown has no NBD: build it with libnbd"};
}

}  // namespace ringdown
