// Classifies instructions of a processor model and compares the result with what is known and what the
// theorems ask for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cpu/cpu_model.h"
#include "cpu/decoder.h"
#include "frontend/lab/classify/engine/judge.h"

namespace ringdown {

inline constexpr unsigned kClassifyCases = 128;

struct ClassifyRequest {
  const CpuModel* model = &CpuModel::standard();
  u64 seed = 1;
  unsigned cases = kClassifyCases;
  std::vector<std::string> names;  // of rows; empty: all
  classify::Witnesses witnesses = classify::Witnesses::Find;
  HandlerSubstitution substitution = {};  // for a processor that differs from the manual on purpose
  /// Told now and then, of how many in all; at the end of all of them.
  std::function<void(const CpuModel& model, std::size_t done, std::size_t all)> progress = {};
};

/// Rows of one name and form, which differ in nothing that concerns this.
struct ClassifiedInstruction {
  std::string name;
  std::string form;  // where several share a name, otherwise empty
  classify::Findings findings;
  bool robin_irvine = false;  // stands on their list

  bool counterexample() const { return findings.sensitive() && !findings.privileged; }
  bool user_counterexample() const { return findings.user_sensitive && !findings.privileged; }
  /// "innocuous", "privileged", "sensitive", ...
  std::string_view verdict() const;
};

struct Classification {
  const CpuModel* model = nullptr;
  u64 seed = 0;
  unsigned cases = 0;
  std::vector<ClassifiedInstruction> instructions;

  /// Popek and Goldberg's theorem 1: all sensitive instructions are privileged.
  bool theorem1() const;
  /// Theorem 3: all user-sensitive instructions are privileged.
  bool theorem3() const;
  /// Names, each once, of those for which `wanted` holds.
  std::vector<std::string> names(const std::function<bool(const ClassifiedInstruction&)>& wanted) const;
};

/// The names must be names of rows.
Classification classify_instructions(const ClassifyRequest& request);

/// An array of objects, as docs/lab-classify.md has them.
std::string classification_json(const Classification& classification);

}  // namespace ringdown
