// Cases with what a real processor made of them, kept in files: they run on hosts that cannot run cases
// themselves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "tests/oracle/generator.h"

namespace ringdown::test {

struct StoredCase {
  GeneratedCase generated;
  OracleOutcome outcome;  // of the real processor
};

/// A line of a file: the case, ` => `, and the outcome.
std::string stored_text(const OracleCase& c, const OracleOutcome& outcome);

/// Lines that begin with # are comments. An error names the file and the line.
Result<std::vector<StoredCase>> read_stored_cases(const std::filesystem::path& file);

}  // namespace ringdown::test
