// Makes MOO files for tests of what reads them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/vectors/moo.h"

namespace ringdown::test {

/// Whether registers are written as REGS and RMSK chunks, or as RG32 and RM32.
enum class MooWidth : u8 { Word, Long };

/// A chunk with its name and length.
std::string moo_chunk(std::string_view id, const std::string& content);
std::string moo_registers(const MooRegisters& registers, MooWidth width);
std::string moo_test(const MooTest& test, MooWidth width);
/// A whole file; `chunks` are its tests and what else stands behind the header.
std::string moo_file(std::string_view cpu, u32 tests, const std::string& chunks);

/// A new folder below the system's temporary one, removed again at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& content) const;
  std::filesystem::path write_compressed(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

}  // namespace ringdown::test
