// Runs captured tests in several modes and keeps count of what passes, is excluded, is undefined or fails.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/vectors/exclusions.h"
#include "tests/vectors/undefined_flags.h"
#include "tests/vectors/vector_rig.h"

namespace ringdown::test {

class VectorSuite {
 public:
  explicit VectorSuite(const std::vector<MachineMode>& modes);

  struct ExclusionCount {
    u64 excluded = 0;
    u64 passing = 0;   // agree with the captured outcome nevertheless
    u64 verified = 0;  // do what the reason says that later processors do
  };
  struct UndefinedCount {
    u64 tests = 0;
    u64 agreeing = 0;
  };
  struct ModeCount {
    MachineMode mode{};
    u64 tests = 0;
    u64 passed = 0;
    u64 failed = 0;
    std::map<const Exclusion*, ExclusionCount> exclusions;
    std::map<const UndefinedFlags*, UndefinedCount> undefined;
    std::set<std::string> rows;  // of the instruction table
  };
  struct Failure {
    u32 test = 0;
    std::string text;
  };

  /// Runs the tests of one file whose hashes are not revoked; returns what failed, mode by mode.
  std::vector<Failure> run(const MooFile& file, const CapturedCpuTraits& cpu,
                           const std::set<std::string>& revoked);

  const std::vector<ModeCount>& counts() const { return counts_; }

 private:
  struct Case;
  std::string run_case(const Case& c, VectorRig& rig, ModeCount& count);

  std::vector<std::unique_ptr<VectorRig>> rigs_;
  std::vector<ModeCount> counts_;
};

}  // namespace ringdown::test
