// Network adapters for a person.
#pragma once

#include <span>
#include <string>

#include "frontend/network/host_network.h"

namespace ringdown {

/// A line or two for each adapter.
std::string network_view(std::span<const AdapterReport> adapters);

}  // namespace ringdown
