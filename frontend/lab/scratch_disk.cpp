// A disk for as long as an experiment runs.
#include "frontend/lab/scratch_disk.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "frontend/cli/output_files.h"

namespace ringdown {

namespace fs = std::filesystem;

Result<ScratchDisk> ScratchDisk::create(std::span<const std::byte> content) {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  if (error) return Error{"TMPDIR: no folder for a temporary disk: name one"};
  std::string path = (folder / "ringdown-disk-XXXXXX").string();
  const int file = mkstemp(path.data());
  if (file < 0) {
    return Error{fmt::format("{}: no disk can be created there: {}: set TMPDIR to another folder",
                             folder.string(), std::strerror(errno))};
  }
  close(file);
  ScratchDisk disk(path);
  if (const Result<void> written = write_whole_file(path, content); !written) return written.error();
  return disk;
}

ScratchDisk::~ScratchDisk() {
  std::error_code error;
  if (!path_.empty()) fs::remove(path_, error);
}

}  // namespace ringdown
