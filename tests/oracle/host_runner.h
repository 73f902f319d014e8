// Runs batches of cases on the host's processor, in a helper process that a case may take down.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/result.h"
#include "tests/oracle/case.h"

namespace ringdown::test {

class HostRunner {
 public:
  /// The file of the helper's program, beside the one that runs.
  static std::filesystem::path helper_beside_this_program();
  /// An error says why this host cannot run cases: another processor, a kernel or hypervisor without 32-bit
  /// code segments.
  static Result<HostRunner> create(const std::filesystem::path& helper);
  HostRunner(HostRunner&&) noexcept;
  HostRunner& operator=(HostRunner&&) = delete;
  ~HostRunner();

  static constexpr std::size_t kBatch = 64;
  /// Hands the helper a batch of at most kBatch cases, which it works on while the caller does something
  /// else.
  void start(std::span<const OracleCase> cases);
  /// The outcomes of the batch. A case that does not end by itself, or ends the helper, has not `ended`.
  std::vector<OracleOutcome> finish();

  OracleOutcome run(const OracleCase& c);

 private:
  struct Process;
  explicit HostRunner(std::unique_ptr<Process> process);
  std::unique_ptr<Process> process_;
};

}  // namespace ringdown::test
