// Asks CPUID where there is one.
#include "tests/support/host_processor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <fmt/format.h>

#include <array>
#include <cstring>

namespace ringdown::test {

namespace {

using Leaf = std::array<unsigned, 4>;

Leaf cpuid(unsigned number) {
  Leaf leaf{};
  __get_cpuid_count(number, 0, &leaf[0], &leaf[1], &leaf[2], &leaf[3]);
  return leaf;
}

std::string vendor() {
  const auto [eax, ebx, ecx, edx] = cpuid(0);
  const std::array<unsigned, 3> words{ebx, edx, ecx};
  std::string name(sizeof(words), '\0');
  std::memcpy(name.data(), words.data(), name.size());
  return name;
}

std::string brand() {
  std::string name;
  for (unsigned leaf = 0x8000'0002; leaf <= 0x8000'0004; ++leaf) {
    const Leaf words = cpuid(leaf);
    name.append(reinterpret_cast<const char*>(words.data()), sizeof(words));
  }
  name.resize(std::strlen(name.c_str()));
  name.erase(name.find_last_not_of(' ') + 1);
  return name;
}

}  // namespace

HostVendor host_vendor() {
  const std::string name = vendor();
  if (name == "GenuineIntel") return HostVendor::Intel;
  return name == "AuthenticAMD" ? HostVendor::Amd : HostVendor::Other;
}

HostX87Pointers host_x87_pointers() {
  constexpr unsigned kFdpOnlyOfExceptions = 1 << 6;
  constexpr unsigned kSelectorsDeprecated = 1 << 13;
  const unsigned features = cpuid(7)[1];
  return {.selectors = (features & kSelectorsDeprecated) == 0,
          .data_without_exception = (features & kFdpOnlyOfExceptions) == 0};
}

std::string host_processor_name() {
  constexpr unsigned kExtendedFamily = 15;
  const unsigned signature = cpuid(1)[0];
  unsigned family = signature >> 8 & 15;
  const unsigned model = (signature >> 4 & 15) | (signature >> 12 & 0xF0);
  if (family == kExtendedFamily) family += signature >> 20 & 0xFF;
  return fmt::format("{} ({} family {} model {})", brand(), vendor(), family, model);
}

}  // namespace ringdown::test

#else

namespace ringdown::test {

HostVendor host_vendor() { return HostVendor::Other; }
HostX87Pointers host_x87_pointers() { return {}; }
std::string host_processor_name() { return {}; }

}  // namespace ringdown::test

#endif
