// Prints what a suite of captured tests found, and writes it as conformance records.
#pragma once

#include <string>

#include "tests/vectors/vector_suite.h"

namespace ringdown::test {

/// The counts of every mode; `flags_reason` says why some flags are compared nowhere.
void print_report(const VectorSuite& suite, std::string_view flags_reason);

/// One record a mode. `suite_name`: "80286 vectors".
void write_records(const VectorSuite& suite, const std::string& suite_name);

}  // namespace ringdown::test
