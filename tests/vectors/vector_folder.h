// Runs all MOO files of a folder in a suite.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "tests/vectors/vector_suite.h"

namespace ringdown::test {

struct FolderOutcome {
  CapturedCpuTraits cpu;
  std::vector<std::string> failures;  // a line each; further ones of a file are only counted
};

/// `forms`: names of files without their ending; none means all. Hashes in the folder's revocation_list.txt
/// are left out. An error, with nothing skipped, is a folder without files, a damaged file, or a processor
/// that is not known or not that of the other files.
Result<FolderOutcome> run_folder(const std::filesystem::path& folder, const std::vector<std::string>& forms,
                                 VectorSuite& suite);

}  // namespace ringdown::test
