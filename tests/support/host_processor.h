// The processor of the host that runs the tests: figures that depend on it name it.
#pragma once

#include <string>

namespace ringdown::test {

enum class HostVendor { Other, Intel, Amd };

HostVendor host_vendor();

/// Vendor, family, model and brand of an x86 host; empty on others.
std::string host_processor_name();

}  // namespace ringdown::test
