// Whole files of the host.
#include "frontend/machine/file_contents.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace ringdown {

namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error failure(const std::string& path, int error) {
  if (error == ENOENT) return Error{fmt::format("{}: no such file: check the name", path)};
  if (error == EACCES) return Error{fmt::format("{}: not readable: change its permissions", path)};
  return Error{fmt::format("{}: cannot be read: {}", path, std::strerror(error))};
}

}  // namespace

Result<std::vector<u8>> read_whole_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return Error{fmt::format("{}: a folder: name a file", path)};
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) return failure(path, errno);
  constexpr std::size_t kChunk = 1u << 20;
  std::vector<u8> bytes;
  while (true) {
    const std::size_t size = bytes.size();
    bytes.resize(size + kChunk);
    const std::size_t count = std::fread(bytes.data() + size, 1, kChunk, file.get());
    bytes.resize(size + count);
    if (count == kChunk) continue;
    if (std::ferror(file.get()) != 0) return failure(path, errno);
    return bytes;
  }
}

}  // namespace ringdown
