// Host files by pread and pwrite where there is POSIX, by a stream elsewhere.
#include "core/host_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#define RINGDOWN_POSIX_FILES 1
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#else
#include <filesystem>
#include <fstream>
#endif

namespace ringdown {

#if defined(RINGDOWN_POSIX_FILES)

struct HostFile::Handle {
  int descriptor;
  explicit Handle(int d) : descriptor(d) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (descriptor >= 0) close(descriptor);
  }
};

namespace {

Error open_failure(const std::string& path, HostFile::Access access, int error) {
  const bool writing = access == HostFile::Access::ReadWrite;
  if (error == ENOENT) return Error{fmt::format("{}: no such file: check the name", path)};
  if (writing && (error == EACCES || error == EROFS || error == EPERM)) {
    return Error{fmt::format("{}: not writable: change its permissions or add ',readonly'", path)};
  }
  if (error == EACCES) return Error{fmt::format("{}: not readable: change its permissions", path)};
  return Error{fmt::format("{}: cannot be opened: {}", path, std::strerror(error))};
}

/// Two machines writing one image destroy it. File systems without locks are let through.
Result<void> lock(const std::string& path, int descriptor, HostFile::Access access) {
  const bool writing = access == HostFile::Access::ReadWrite;
  if (flock(descriptor, (writing ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 || errno != EWOULDBLOCK) return {};
  return Error{fmt::format("{}: in use by another machine: close that one or attach a copy", path)};
}

/// Size of a regular file or block device.
Result<u64> size_of(const std::string& path, int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return open_failure(path, HostFile::Access::ReadOnly, errno);
  if (S_ISREG(status.st_mode)) return static_cast<u64>(status.st_size);
  if (S_ISBLK(status.st_mode)) {
    const off_t end = lseek(descriptor, 0, SEEK_END);
    if (end >= 0) return static_cast<u64>(end);
  }
  return Error{fmt::format("{}: not a file: name a disk image", path)};
}

}  // namespace

Result<HostFile> HostFile::open(const std::string& path, Access access) {
  const bool writing = access == Access::ReadWrite;
  // O_NONBLOCK: opening a FIFO by mistake must not wait for its other end.
  const int descriptor = ::open(path.c_str(), (writing ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == EISDIR) return Error{fmt::format("{}: a folder: name a disk image", path)};
    return open_failure(path, access, errno);
  }
  auto handle = std::make_unique<Handle>(descriptor);
  const Result<u64> size = size_of(path, descriptor);
  if (!size) return size.error();
  if (const Result<void> locked = lock(path, descriptor, access); !locked) return locked.error();
  return HostFile(path, *size, std::move(handle), access);
}

Result<HostFile> HostFile::create(const std::string& path) {
  constexpr mode_t kMode = 0666;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, kMode);
  if (descriptor < 0) return Error{fmt::format("{}: cannot be created: {}", path, std::strerror(errno))};
  auto handle = std::make_unique<Handle>(descriptor);
  if (const Result<void> locked = lock(path, descriptor, Access::ReadWrite); !locked) return locked.error();
  HostFile file(path, 0, std::move(handle), Access::ReadWrite);
  if (const Result<void> emptied = file.resize(0); !emptied) return emptied.error();
  return file;
}

Result<HostFile> HostFile::temporary() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error) return Error{"TMPDIR: no folder for temporary files: name one"};
  std::string path = (folder / "ringdown-XXXXXX").string();
  const int descriptor = mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return Error{fmt::format("{}: no file can be created there: {}: set TMPDIR to another folder",
                             folder.string(), std::strerror(errno))};
  }
  auto handle = std::make_unique<Handle>(descriptor);
  unlink(path.c_str());
  HostFile file(path, 0, std::move(handle), Access::ReadWrite);
  file.thrown_away_ = true;
  return file;
}

u64 HostFile::modified_ns() const {
  struct stat status {};
  if (fstat(handle_->descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
#if defined(__APPLE__)
  const struct timespec& time = status.st_mtimespec;
#else
  const struct timespec& time = status.st_mtim;
#endif
  constexpr u64 kNanosecondsPerSecond = 1'000'000'000;
  return static_cast<u64>(time.tv_sec) * kNanosecondsPerSecond + static_cast<u64>(time.tv_nsec);
}

Result<void> HostFile::read(u64 offset, std::span<std::byte> data) {
  while (!data.empty()) {
    const ssize_t count = pread(handle_->descriptor, data.data(), data.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("cannot be read");
    if (count == 0)
      return Error{fmt::format("{}: shorter than it was: do not change an image in use", path_)};
    data = data.subspan(static_cast<std::size_t>(count));
    offset += static_cast<u64>(count);
  }
  return {};
}

bool HostFile::read_cached([[maybe_unused]] u64 offset, [[maybe_unused]] std::span<std::byte> data) {
#if defined(RWF_NOWAIT)
  const iovec vector{data.data(), data.size()};
  const ssize_t count = preadv2(handle_->descriptor, &vector, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  return count >= 0 && static_cast<std::size_t>(count) == data.size();
#else
  return false;
#endif
}

Result<void> HostFile::write_bytes(u64 offset, std::span<const std::byte> data) {
  while (!data.empty()) {
    const ssize_t count = pwrite(handle_->descriptor, data.data(), data.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure("cannot be written");
    data = data.subspan(static_cast<std::size_t>(count));
    offset += static_cast<u64>(count);
  }
  return {};
}

Result<void> HostFile::flush() {
  if (flush_failed_) return Error{fmt::format("{}: could not be flushed before", path_)};
  if (!dirty_ || thrown_away_) return {};
#if defined(__APPLE__)
  const bool flushed = fsync(handle_->descriptor) == 0;
#else
  const bool flushed = fdatasync(handle_->descriptor) == 0;
#endif
  // The host's system may have dropped what it could not write, and would call the next flush a success.
  flush_failed_ = !flushed;
  if (!flushed) return failure("cannot be flushed");
  dirty_ = false;
  return {};
}

Result<void> HostFile::resize(u64 size) {
  dirty_ = true;
  if (ftruncate(handle_->descriptor, static_cast<off_t>(size)) != 0) return failure("cannot be resized");
  size_ = size;
  return {};
}

Result<void> HostFile::rename(const std::string& path) {
  if (std::rename(path_.c_str(), path.c_str()) != 0)
    return Error{fmt::format("{}: cannot be created: {}", path, std::strerror(errno))};
  path_ = path;
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  const Handle opened(::open(folder.c_str(), O_RDONLY | O_CLOEXEC));
  // Some file systems cannot flush folders; then the name is as safe as it gets.
  if (opened.descriptor >= 0 && fsync(opened.descriptor) != 0 && errno != EINVAL)
    return failure("its name cannot be flushed");
  return {};
}

#else

struct HostFile::Handle {
  std::fstream stream;
};

Result<HostFile> HostFile::open(const std::string& path, Access access) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return Error{fmt::format("{}: cannot be opened: {}", path, error.message())};
  auto handle = std::make_unique<Handle>();
  const bool writing = access == Access::ReadWrite;
  handle->stream.open(path,
                      std::ios::binary | std::ios::in | (writing ? std::ios::out : std::ios::openmode{}));
  if (!handle->stream) {
    return Error{fmt::format("{}: not {}: change its permissions{}", path, writing ? "writable" : "readable",
                             writing ? " or add ',readonly'" : "")};
  }
  return HostFile(path, size, std::move(handle), access);
}

Result<HostFile> HostFile::create(const std::string& path) {
  if (!std::ofstream(path, std::ios::binary)) return Error{fmt::format("{}: cannot be created", path)};
  return open(path, Access::ReadWrite);
}

Result<HostFile> HostFile::temporary() { return Error{"this host has no files without a name"}; }

u64 HostFile::modified_ns() const { return 0; }

Result<void> HostFile::read(u64 offset, std::span<std::byte> data) {
  std::fstream& stream = handle_->stream;
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(data.size()));
  return stream ? Result<void>{} : failure("cannot be read");
}

bool HostFile::read_cached(u64, std::span<std::byte>) { return false; }

Result<void> HostFile::write_bytes(u64 offset, std::span<const std::byte> data) {
  std::fstream& stream = handle_->stream;
  stream.clear();
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
  return stream ? Result<void>{} : failure("cannot be written");
}

Result<void> HostFile::flush() {
  if (!dirty_) return {};
  if (!handle_->stream.flush()) return failure("cannot be flushed");
  dirty_ = false;
  return {};
}

Result<void> HostFile::resize(u64 size) {
  std::error_code error;
  std::filesystem::resize_file(path_, size, error);
  if (error) return Error{fmt::format("{}: cannot be resized: {}", path_, error.message())};
  size_ = size;
  return {};
}

Result<void> HostFile::rename(const std::string& path) {
  std::error_code error;
  std::filesystem::rename(path_, path, error);
  if (error) return Error{fmt::format("{}: cannot be created: {}", path, error.message())};
  path_ = path;
  return {};
}

#endif

HostFile::HostFile(std::string path, u64 size, std::unique_ptr<Handle> handle, Access access)
    : path_(std::move(path)), size_(size), dirty_(access == Access::ReadWrite), handle_(std::move(handle)) {}

Result<void> HostFile::write(u64 offset, std::span<const std::byte> data) {
  dirty_ = true;
  const Result<void> result = write_bytes(offset, data);
  if (result) size_ = std::max(size_, offset + data.size());
  return result;
}

HostFile::HostFile(HostFile&&) noexcept = default;

HostFile::~HostFile() {
  // An error here has nobody left to hear it; a guest that needs to know uses FLUSH CACHE.
  if (handle_ != nullptr) static_cast<void>(flush());
}

Error HostFile::failure(const char* what) const {
  return Error{fmt::format("{}: {}: {}", path_, what, std::strerror(errno))};
}

}  // namespace ringdown
