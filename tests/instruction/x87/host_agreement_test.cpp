// The host's own x87 unit and the guest's agree on every register, tag, flag, pointer and byte of memory, but
// for the differences that are known.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "cpu/execute/host_units.h"
#include "tests/instruction/x87/case_groups.h"
#include "tests/instruction/x87/host_deviations.h"
#include "tests/instruction/x87/host_pointers.h"
#include "tests/support/conformance_record.h"

namespace ringdown::test {

namespace {

class Comparison {
 public:
  Comparison(HostCode& host, X87GuestMode mode) : host_(host), guest_(make_x87_guest(mode)) {
    for (const X87Deviation& d : x87_deviations()) record.differences.push_back({std::string(d.reason), 0});
    for (const UnkeptX87Pointers& u : unkept_x87_pointers())
      record.differences.push_back({std::string(u.reason), 0});
  }

  void compare(const X87Case& c) {
    ++record.cases;
    record.rows.insert(row_key(*c.row));
    const X87Outcome guest = run_on_guest(*guest_, c);
    X87Outcome host = run_undisturbed(c, guest);
    if (host == guest) {
      ++record.passed;
    } else if (!is_explained_by_pointers(c, host, guest) && !is_explained(c, host, guest) && unexplained++ == 0) {
      first = describe(c) + ":" + describe_difference(host, guest);
    }
  }

  ConformanceRecord record;
  u64 unexplained = 0;
  std::string first;

 private:
  /// AMD's FXSAVE leaves the pointers out, so that they are lost if the host's system happens to switch tasks
  /// in the middle of a case: where there is a difference, what counts is what happens twice in a row.
  X87Outcome run_undisturbed(const X87Case& c, const X87Outcome& guest) {
    X87Outcome host = host_.run(c);
    if (host == guest) return host;
    for (X87Outcome before = host; (host = host_.run(c)) != before;) before = host;
    return host;
  }

  /// If not, the pointers that this host does not keep are the guest's from here on.
  bool is_explained_by_pointers(const X87Case& c, X87Outcome& host, const X87Outcome& guest) {
    const std::span<const UnkeptX87Pointers> unkept = unkept_x87_pointers();
    for (std::size_t i = 0; i < unkept.size(); ++i) {
      if (!unkept[i].applies) continue;
      unkept[i].take_unkept(c, host, guest);
      if (host != guest) continue;
      ++record.differences[x87_deviations().size() + i].cases;
      return true;
    }
    return false;
  }

  bool is_explained(const X87Case& c, const X87Outcome& host, const X87Outcome& guest) {
    const std::span<const X87Deviation> deviations = x87_deviations();
    for (std::size_t i = 0; i < deviations.size(); ++i) {
      const X87Deviation& d = deviations[i];
      const bool applies = d.vendor == HostVendor::Other || d.vendor == host_vendor();
      if (!applies || !d.explains(c, host, guest)) continue;
      ++record.differences[i].cases;
      return true;
    }
    return false;
  }

  X87Host host_;
  std::unique_ptr<X87Guest> guest_;
};

void check_groups(X87GuestMode mode) {
  const auto host = HostCode::create(kX87HostData, kPageSize);
  if (host == nullptr) {
    WARN("this host cannot run x86 code");
    return;
  }
  Comparison comparison(*host, mode);
  for (const X87CaseGroup& group : x87_case_groups()) {
    const u64 before = comparison.unexplained;
    group.make([&](const X87Case& c) { comparison.compare(c); });
    INFO(group.name << ": " << comparison.first);
    CHECK(comparison.unexplained == before);
  }
  ConformanceRecord& record = comparison.record;
  CHECK(record.cases >= 300'000);
  record.suite = "x87 beside the host's unit";
  record.mode = fmt::format("{}, {}", mode_name(mode), computes_on_host_x87() ? "host's unit" : "portable");
  record.host = host_processor_name();
  for (std::size_t i = 0; i < x87_deviations().size(); ++i) {
    // A known difference that is none has to leave the list.
    INFO(record.differences[i].reason);
    if (x87_deviations()[i].vendor == host_vendor()) CHECK(record.differences[i].cases > 0);
  }
  std::erase_if(record.differences, [](const auto& difference) { return difference.cases == 0; });
  write_record(record);
}

}  // namespace

TEST_CASE("x87 instructions agree with the host's unit", "[x87]") { check_groups(X87GuestMode::Bare); }
TEST_CASE("x87 instructions deprivileged to ring 1 agree with the host's unit", "[x87]") {
  check_groups(X87GuestMode::TrapRing1);
}
TEST_CASE("x87 instructions deprivileged to ring 3 agree with the host's unit", "[x87]") {
  check_groups(X87GuestMode::TrapRing3);
}

}  // namespace ringdown::test
