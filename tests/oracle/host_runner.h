// Runs batches of cases on the host's processor, in a helper process that a case may take down.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/result.h"
#include "tests/oracle/long_mode.h"

namespace ringdown::test {

class HostRunner {
 public:
  /// The file of the helper's program, beside the one that runs.
  static std::filesystem::path helper_beside_this_program();
  /// With no width asked for: 32-bit code where the host's kernel and hypervisor let it run, otherwise 64-bit
  /// code. An error says why this host cannot run cases.
  static Result<HostRunner> create(const std::filesystem::path& helper,
                                   std::optional<HostCodeWidth> width = {});
  HostRunner(HostRunner&&) noexcept;
  HostRunner& operator=(HostRunner&&) = delete;
  ~HostRunner();

  HostCodeWidth width() const;
  /// Whether the host can be given the case, by code of that width.
  bool can_run(const OracleCase& c) const;

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
  /// Whether this code, which is `INC EAX`, ran so.
  bool increments_eax(std::vector<u8> code);
  std::unique_ptr<Process> process_;
};

}  // namespace ringdown::test
