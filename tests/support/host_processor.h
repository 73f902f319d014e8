// The processor of the host that runs the tests: figures that depend on it name it.
#pragma once

#include <string>

namespace ringdown::test {

enum class HostVendor { Other, Intel, Amd };

HostVendor host_vendor();

/// What CPUID leaf 7 says of the x87 pointers (SDM vol. 1, 8.1.8); all kept on hosts without that leaf.
struct HostX87Pointers {
  bool selectors = true;                ///< FCS and FDS are stored; 0 is otherwise
  bool data_without_exception = true;  ///< FDP is updated by instructions without an unmasked exception too
};

HostX87Pointers host_x87_pointers();

/// Vendor, family, model and brand of an x86 host; empty on others.
std::string host_processor_name();

}  // namespace ringdown::test
