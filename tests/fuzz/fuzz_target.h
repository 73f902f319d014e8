// What a fuzz target is made of: its entry, and how it reports a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

/// Runs one input; called by libFuzzer, and by the replay tests. A finding does not return.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ringdown::test {

/// Ends the process with the report of a finding, as libFuzzer wants it.
[[noreturn]] inline void report_finding(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::abort();
}

}  // namespace ringdown::test
