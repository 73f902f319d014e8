// A file of the host, read and written at offsets: what disk images live in.
#pragma once

#include <memory>
#include <string>

#include "core/block_file.h"

namespace ringdown {

/// A regular file or block device, locked against other writers. Closing flushes what was written.
class HostFile final : public BlockFile {
 public:
  enum class Access : u8 { ReadOnly, ReadWrite };

  /// Opens `path`. Errors name it and what to do: missing, a folder, no permission, in use by another writer.
  static Result<HostFile> open(const std::string& path, Access access);
  /// Makes a new empty file, or empties one: for files that bear another name until they are complete.
  static Result<HostFile> create(const std::string& path);
  /// A new empty file without a name, gone when it is closed; its flush does nothing.
  static Result<HostFile> temporary();

  HostFile(HostFile&&) noexcept;
  HostFile& operator=(HostFile&&) = delete;
  ~HostFile() override;

  const std::string& path() const override { return path_; }
  u64 size() const override { return size_; }
  /// When it was last written to, in nanoseconds since 1970; 0 where that is not known.
  u64 modified_ns() const;

  Result<void> read(u64 offset, std::span<std::byte> data) override;
  bool read_cached(u64 offset, std::span<std::byte> data) override;
  Result<void> write(u64 offset, std::span<const std::byte> data) override;
  Result<void> flush() override;
  /// Makes it longer by zeros that take no room, or shorter.
  Result<void> resize(u64 size);
  /// Gives the file another name, in the place of any file that bears it, and returns when that is on the
  /// disk.
  Result<void> rename(const std::string& path);

 private:
  struct Handle;
  HostFile(std::string path, u64 size, std::unique_ptr<Handle> handle, Access access);
  Error failure(const char* what) const;
  Result<void> write_bytes(u64 offset, std::span<const std::byte> data);

  std::string path_;
  u64 size_ = 0;
  bool dirty_;  // what others wrote before may not be on the disk either
  bool flush_failed_ = false;
  bool thrown_away_ = false;
  std::unique_ptr<Handle> handle_;
};

}  // namespace ringdown
