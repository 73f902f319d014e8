// Where a test puts what it makes: a path that no other running test uses.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace ringdown::test {

/// "STEM.PROCESS" in the host's folder of temporary files. Nothing is created.
inline std::filesystem::path temporary_path(const std::string& stem) {
  return std::filesystem::temp_directory_path() / (stem + "." + std::to_string(::getpid()));
}

}  // namespace ringdown::test
