// Files that a run writes.
#include "frontend/output_files.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace ringdown {

namespace fs = std::filesystem;

Result<void> check_writable(std::string_view option, const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return Error{fmt::format("{} {}: a folder: name a file", option, path)};
  if (fs::exists(status)) {
    if (access(path.c_str(), W_OK) == 0) return {};
    return Error{
        fmt::format("{} {}: not writable: change its permissions or name another file", option, path)};
  }
  fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (!fs::is_directory(folder, error)) {
    return Error{
        fmt::format("{} {}: the folder {} does not exist: create it", option, path, folder.string())};
  }
  if (access(folder.c_str(), W_OK) != 0) {
    return Error{
        fmt::format("{} {}: the folder {} is not writable: name another", option, path, folder.string())};
  }
  return {};
}

Result<void> write_whole_file(const std::string& path, std::span<const std::byte> content) {
  const auto failure = [&] {
    return Error{fmt::format("{}: cannot be written: {}", path, std::strerror(errno))};
  };
  std::error_code error;
  // A device or pipe cannot be replaced.
  const bool special = fs::exists(path, error) && !fs::is_regular_file(path, error);
  const std::string target = special ? path : path + ".part";
  std::FILE* const file = std::fopen(target.c_str(), "wb");
  if (file == nullptr) return failure();
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed || (!special && std::rename(target.c_str(), path.c_str()) != 0)) {
    const Error result = failure();
    if (!special) std::remove(target.c_str());
    return result;
  }
  return {};
}

}  // namespace ringdown
