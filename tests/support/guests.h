// Where tests find the guests that scripts/fetch_guests.sh and scripts/make_initramfs.sh left in the cache
// folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace ringdown::test {

/// The cache folder, as scripts/lib.sh chooses it.
inline std::filesystem::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string own = variable("RINGDOWN_CACHE"); !own.empty()) return own;
  if (const std::string base = variable("XDG_CACHE_HOME"); !base.empty()) return base + "/ringdown";
  return variable("HOME") + "/.cache/ringdown";
}

/// A file of a guest: guest_file("linux-686/vmlinuz"). ./check puts it there; a test fails without it.
inline std::filesystem::path guest_file(const std::string& name) { return cache_folder() / "guests" / name; }

/// An initramfs by name: "plain", or "disk" with the modules for disks and CD-ROMs.
inline std::filesystem::path initramfs(const std::string& name) {
  return cache_folder() / "initramfs" / (name + ".cpio");
}

}  // namespace ringdown::test
