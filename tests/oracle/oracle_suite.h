// Runs generated cases beside the host's processor and in the guest's modes, and keeps count.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/differences.h"
#include "tests/oracle/host_runner.h"
#include "tests/oracle/oracle_guest.h"

namespace ringdown::test {

struct OracleCounts {
  struct Agreement {
    u64 cases = 0;
    u64 agreeing = 0;
  };
  struct ModeCount {
    u64 cases = 0;
    u64 agreeing = 0;  // but for undefined flags
    u64 explained = 0;
    std::map<const OracleRule*, u64>
        rules;  // the last that a case needed: the others are the more general ones
    std::map<const UndefinedFlags*, Agreement> undefined;
  };
  struct Failure {
    u64 number = 0;  // of the case
    MachineMode mode{};
    GeneratedCase generated;
    std::string difference;
  };

  u64 cases = 0;
  u64 raised = 0;  // ended by an exception of an instruction, not by the HLT behind them
  std::map<std::string, u64> groups;
  std::map<const OracleExclusion*, u64> excluded;
  std::map<MachineMode, ModeCount> modes;
  std::set<std::string> rows;  // of the instruction table
  std::vector<Failure> failures;
  u64 failed = 0;     // cases and modes; not all are in `failures`
  u64 disturbed = 0;  // the same: differed, but not when the host ran them again

  void add(const OracleCounts& other);
};

class OracleSuite {
 public:
  OracleSuite(const OracleGenerator& generator, HostRunner host, std::span<const MachineMode> modes);

  /// Cases number `first` to `first + count - 1`, at most HostRunner::kBatch.
  void run(u64 first, std::size_t count);
  /// One case, of which only what differs is kept: in each mode, or nothing.
  std::string differences_of(const OracleCase& c);
  OracleOutcome run_on_host(const OracleCase& c) { return host_.run(c); }
  const OracleCounts& counts() const { return counts_; }

 private:
  struct Guest {
    MachineMode mode;
    std::unique_ptr<OracleGuest> machine;
  };
  void count_case(const GeneratedCase& g, const OracleOutcome& host);
  void judge(u64 number, const GeneratedCase& g, const Guest& guest, const OracleOutcome& host,
             const OracleOutcome& outcome);

  const OracleGenerator& generator_;
  HostRunner host_;
  std::vector<Guest> guests_;
  std::unique_ptr<MemoryImage> image_ = std::make_unique<MemoryImage>();
  OracleCounts counts_;
};

/// The group that a row is reported in.
std::string group_of(const InstructionRow* row);

}  // namespace ringdown::test
