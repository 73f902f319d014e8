// A file behind a drive of the device fuzzing rig, which always has its first content again when asked to.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/types.h"

namespace ringdown::test {

/// Sparse: of its sectors only the first few hold something. Removed at the end.
class RigMedium {
 public:
  RigMedium(const std::string& stem, u64 sectors);
  ~RigMedium();
  RigMedium(const RigMedium&) = delete;
  RigMedium& operator=(const RigMedium&) = delete;

  std::string path() const { return path_.string(); }
  u64 sectors() const { return sectors_; }
  /// Gives it the content it was made with.
  void renew();
  /// Gives it the content of another one of the same size.
  void copy_from(const RigMedium& other);
  bool same_as(const RigMedium& other) const;
  std::vector<u8> sector(u64 number) const;

 private:
  /// Calls `use(offset, bytes)` for each piece that is not a hole of the host's file.
  template <class Use>
  void for_each_piece(Use use) const;
  void punch();

  std::filesystem::path path_;
  u64 sectors_;
  int descriptor_;
};

}  // namespace ringdown::test
