// What a system test says of itself in the comment that opens its source.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "core/result.h"

namespace ringdown::test {

struct TestHeader {
  std::set<std::string> rows;         // Rows: keys of the instruction table's rows it tests
  std::string cpu = "pentium4";       // Cpu: the processor model
  std::vector<std::string> expected;  // Expect: the log, a line each
};

/// Reads `; Key: values` lines, and the log behind `; Expect:`, up to the first line that is no comment. The
/// error names the file and what is missing.
Result<TestHeader> read_test_header(const std::filesystem::path& source);

}  // namespace ringdown::test
