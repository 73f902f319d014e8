// The expansion ROM of a network adapter, read from its file.
#pragma once

#include <vector>

#include "core/result.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// The image, empty where there is to be none. It is made one for the model's PCI identity, whatever it was
/// for. Errors name the option.
Result<std::vector<u8>> read_nic_rom(const NicConfig& nic);

}  // namespace ringdown
