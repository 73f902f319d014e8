// Disks that a server holds, by the NBD protocol.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/disk_image.h"
#include "core/host_file.h"

namespace ringdown {

/// Connects to the server of an NBD URI. A server that goes away is tried again for `reconnect`, and what it
/// was sent since the last flush is then sent again; `notice` is told. Without libnbd in the build, an error.
Result<std::unique_ptr<DiskImage>> open_nbd_image(const std::string& uri, HostFile::Access access,
                                                  std::chrono::seconds reconnect,
                                                  const std::function<void(const std::string&)>& notice);

}  // namespace ringdown
