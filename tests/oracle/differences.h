// Compares what the host's processor and the guest left of a case, and knows where they may differ.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "tests/oracle/generator.h"
#include "tests/vectors/undefined_flags.h"

namespace ringdown::test {

/// A known difference: as few instructions, states and bits as it takes. It gives `host` the guest's values
/// where it may make a difference.
struct OracleRule {
  std::string reason;
  std::function<void(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest)> forgive;
};

std::span<const OracleRule> oracle_rules();

/// An entry of the undefined flags that applies to the case, and whether both agree on them nevertheless.
struct UndefinedAgreement {
  const UndefinedFlags* entry = nullptr;
  bool agree = false;
};

struct OracleVerdict {
  bool agree = false;
  std::vector<const OracleRule*> rules;  // that explain a difference
  std::vector<UndefinedAgreement> undefined;
  std::string difference;  // neither agreed nor explained
};

OracleVerdict compare(const GeneratedCase& g, const OracleOutcome& host, const OracleOutcome& guest);

/// What differs, field by field.
std::string describe_difference(const OracleOutcome& host, const OracleOutcome& guest);

}  // namespace ringdown::test
