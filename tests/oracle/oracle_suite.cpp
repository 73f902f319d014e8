// Runs batches of cases on both sides.
#include "tests/oracle/oracle_suite.h"

#include <fmt/format.h>

#include "tests/support/conformance_record.h"

namespace ringdown::test {

namespace {

/// Enough to see what is wrong.
constexpr std::size_t kKeptFailures = 4000;

template <class Key>
void add_all(std::map<Key, u64>& sums, const std::map<Key, u64>& others) {
  for (const auto& [key, count] : others) sums[key] += count;
}

}  // namespace

std::string group_of(const InstructionRow* row) {
  if (row == nullptr) return "undefined opcodes";
  if (row->system != nullptr) return "system";
  if (row->name.starts_with('f')) return "x87";
  switch (row->feature) {
    case Feature::Mmx:
      return "MMX";
    case Feature::Sse:
    case Feature::Sse2:
    case Feature::Fxsr:
      return "SSE";
    default:  // features that come with a single instruction or a few
      return "integer";
  }
}

void OracleCounts::add(const OracleCounts& other) {
  cases += other.cases;
  raised += other.raised;
  failed += other.failed;
  disturbed += other.disturbed;
  add_all(groups, other.groups);
  add_all(excluded, other.excluded);
  for (const auto& [mode, count] : other.modes) {
    ModeCount& sum = modes[mode];
    sum.cases += count.cases;
    sum.agreeing += count.agreeing;
    sum.explained += count.explained;
    add_all(sum.rules, count.rules);
    for (const auto& [entry, agreement] : count.undefined) {
      sum.undefined[entry].cases += agreement.cases;
      sum.undefined[entry].agreeing += agreement.agreeing;
    }
  }
  rows.insert(other.rows.begin(), other.rows.end());
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
}

OracleSuite::OracleSuite(const OracleGenerator& generator, HostRunner host,
                         std::span<const MachineMode> modes)
    : generator_(generator), host_(std::move(host)) {
  for (const MachineMode mode : modes) guests_.push_back({mode, std::make_unique<OracleGuest>(mode)});
}

void OracleSuite::run(u64 first, std::size_t count) {
  std::vector<GeneratedCase> generated;
  std::vector<OracleCase> cases;
  for (std::size_t i = 0; i < count; ++i) {
    generated.push_back(generator_.make(first + i, counts_.excluded));
    cases.push_back(generated.back().c);
  }
  host_.start(cases);
  std::vector<std::vector<OracleOutcome>> outcomes(count);
  for (std::size_t i = 0; i < count; ++i) {
    fill_image(cases[i], *image_);
    for (Guest& guest : guests_) outcomes[i].push_back(guest.machine->run(cases[i], *image_));
  }
  const std::vector<OracleOutcome> host = host_.finish();
  for (std::size_t i = 0; i < count; ++i) {
    count_case(generated[i], host[i]);
    for (std::size_t mode = 0; mode < guests_.size(); ++mode)
      judge(first + i, generated[i], guests_[mode], host[i], outcomes[i][mode]);
  }
}

std::string OracleSuite::differences_of(const OracleCase& c) {
  if (!host_.can_run(c)) return {};
  const GeneratedCase g{c, decode_case(c)};
  const OracleOutcome host = host_.run(c);
  fill_image(c, *image_);
  std::string differences;
  for (Guest& guest : guests_) {
    const std::string difference = compare(g, host, guest.machine->run(c, *image_)).difference;
    if (!difference.empty()) differences += fmt::format("{}:{}\n", mode_name(guest.mode), difference);
  }
  return differences;
}

void OracleSuite::count_case(const GeneratedCase& g, const OracleOutcome& host) {
  ++counts_.cases;
  const InstructionRow* row = g.instructions.empty() ? nullptr : g.instructions.back().row;
  ++counts_.groups[group_of(row)];
  if (row != nullptr) counts_.rows.insert(row_key(*row));
  const u32 end = g.c.before.eip + static_cast<u32>(g.c.code.size());
  if (host.after.eip != end) ++counts_.raised;
}

void OracleSuite::judge(u64 number, const GeneratedCase& g, const Guest& guest, const OracleOutcome& host,
                        const OracleOutcome& outcome) {
  OracleCounts::ModeCount& count = counts_.modes[guest.mode];
  ++count.cases;
  OracleVerdict verdict = compare(g, host, outcome);
  // The host's system or hypervisor may disturb a case (seen: RF lost where it took part in delivering the
  // exception). What counts is what the host does again.
  if (!verdict.difference.empty()) {
    verdict = compare(g, host_.run(g.c), outcome);
    if (verdict.difference.empty()) ++counts_.disturbed;
  }
  for (const UndefinedAgreement& undefined : verdict.undefined) {
    ++count.undefined[undefined.entry].cases;
    if (undefined.agree) ++count.undefined[undefined.entry].agreeing;
  }
  if (verdict.agree) {
    ++count.agreeing;
  } else if (verdict.difference.empty()) {
    ++count.explained;
    ++count.rules[verdict.rules.back()];
  } else {
    ++counts_.failed;
    if (counts_.failures.size() < kKeptFailures)
      counts_.failures.push_back({number, guest.mode, g, verdict.difference});
  }
}

}  // namespace ringdown::test
