// The policy: what --let-through accepts, and which instructions stop in which circumstances.
#include "cpu/monitor/policy.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace ringdown::test {

namespace {

/// The rows of a name.
std::vector<const InstructionRow*> rows(std::string_view name) {
  std::vector<const InstructionRow*> found;
  for (const InstructionRow& row : instruction_table()) {
    if (row.name == name) found.push_back(&row);
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

InstructionId id_of(const InstructionRow* row) {
  return static_cast<InstructionId>(row - instruction_table().data());
}

Operation naming(Segment segment) {
  Operation op;
  op.number = static_cast<u8>(segment);
  return op;
}

constexpr PolicyKey kKernel{};
constexpr PolicyKey kUser{.user = true, .flags_same = true};
constexpr PolicyKey kUserFlagsDiffer{.user = true};
constexpr PolicyKey kRealMode{.paragraph = true};
constexpr PolicyKey kVirtual8086{.user = true, .paragraph = true};

}  // namespace

TEST_CASE("The names are the Robin-Irvine list and what belongs with it, each once") {
  const std::vector<std::string_view> names = Policy::names();
  const std::set<std::string_view> unique(names.begin(), names.end());
  CHECK(unique.size() == names.size());
  for (const std::string_view name :
       {"sgdt",    "sidt", "sldt",    "smsw",     "pushf",         "popf",       "lar",
        "lsl",     "verr", "verw",    "pop-sreg", "push-cs",       "push-sreg",  "call-far",
        "jmp-far", "int",  "ret-far", "str",      "mov-from-sreg", "mov-to-sreg"}) {
    INFO(name);
    CHECK(unique.count(name) == 1);
  }
  for (const std::string_view name : {"cli", "mov-to-cr", "hlt", "in", "add", "mov"}) {
    INFO(name);
    CHECK(unique.count(name) == 0);
  }
}

TEST_CASE("A list lets exactly its forms through") {
  Policy policy;
  CHECK_FALSE(policy.lets_anything_through());
  REQUIRE(policy.let_through("pushf,sgdt"));
  CHECK(policy.lets_anything_through());
  for (const InstructionRow& row : instruction_table()) {
    INFO(row.name);
    CHECK(policy.lets_through(id_of(&row)) == (row.name == "pushf" || row.name == "sgdt"));
  }
  CHECK(rows("pushf").size() == 2);  // PUSHF and PUSHFD
}

TEST_CASE("What was let through traps again, and the rest stays as it is") {
  Policy policy;
  REQUIRE(policy.let_through("pushf,sgdt"));
  REQUIRE(policy.trap("pushf"));
  for (const InstructionRow& row : instruction_table()) {
    INFO(row.name);
    CHECK(policy.lets_through(id_of(&row)) == (row.name == "sgdt"));
  }
  CHECK(policy.lets_anything_through());
  CHECK_FALSE(policy.trap("sgdt,bogus"));
  CHECK(policy.lets_anything_through());
  REQUIRE(policy.trap("sgdt"));
  CHECK_FALSE(policy.lets_anything_through());
}

TEST_CASE("'all' lets every sensitive unprivileged row through and no other; an empty list nothing") {
  Policy policy;
  REQUIRE(policy.let_through("all"));
  for (const InstructionRow& row : instruction_table()) {
    INFO(row.name);
    CHECK(policy.lets_through(id_of(&row)) == (row.sensitivity == Sensitivity::SensitiveUnprivileged));
  }
  Policy empty;
  REQUIRE(empty.let_through(""));
  CHECK_FALSE(empty.lets_anything_through());
}

TEST_CASE("A word that is none is named, with where to find the words; nothing is let through") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"pushff", "'pushff'"},     {"cli", "'cli'"},      {"pushf,,popf", "''"},
      {"pushf, popf", "' popf'"}, {"popf,ALL", "'ALL'"}, {"popf,no,pushf", "'no'"}};
  for (const auto& [list, word] : cases) {
    INFO(list);
    Policy policy;
    const Result<void> result = policy.let_through(list);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find(word) != std::string::npos);
    CHECK(result.error().message.find("--let-through") != std::string::npos);
    CHECK_FALSE(policy.lets_anything_through());
  }
}

TEST_CASE("Innocuous and privileged rows never stop") {
  const Policy policy;
  for (const InstructionRow& row : instruction_table()) {
    if (row.sensitivity == Sensitivity::SensitiveUnprivileged) continue;
    for (u8 key = 0; key < 8; ++key)
      CHECK_FALSE(policy.stops(row, naming(Segment::Cs), PolicyKey::from_value(key)));
  }
}

TEST_CASE("In the guest's kernel every sensitive row stops, but those the model answers") {
  const Policy policy;
  for (const InstructionRow& row : instruction_table()) {
    if (row.sensitivity != Sensitivity::SensitiveUnprivileged) continue;
    INFO(row.name);
    const bool same = row.name == "cpuid" || row.name == "rdtsc" || row.name == "rdpmc";
    CHECK(policy.stops(row, naming(Segment::Cs), kKernel) == !same);
  }
}

TEST_CASE(
    "In the guest's kernel the selectors of data segments are its own, those of code and stack are not") {
  const Policy policy;
  for (const std::string_view name : {"mov-from-sreg", "push-sreg"}) {
    for (const InstructionRow* row : rows(name)) {
      INFO(name);
      CHECK(policy.stops(*row, naming(Segment::Cs), kKernel));
      CHECK(policy.stops(*row, naming(Segment::Ss), kKernel));
      for (const Segment segment : {Segment::Ds, Segment::Es, Segment::Fs, Segment::Gs})
        CHECK_FALSE(policy.stops(*row, naming(segment), kKernel));
    }
  }
  for (const InstructionRow* row : rows("pop-sreg")) CHECK(policy.stops(*row, naming(Segment::Ds), kKernel));
}

TEST_CASE("User code runs directly what gives the same result on the physical state") {
  const Policy policy;
  struct Case {
    std::string_view name;
    PolicyKey key;
    bool stops;
  };
  const Case cases[] = {
      {"pushf", kUser, false},
      {"pushf", kUserFlagsDiffer, true},
      {"pushf", kVirtual8086, true},
      {"popf", kUser, false},
      {"popf", kUserFlagsDiffer, true},
      {"mov-from-sreg", kUser, false},
      {"push-cs", kUser, false},
      {"push-sreg", kUser, false},
      {"mov-from-sreg", kRealMode, false},
      {"push-cs", kVirtual8086, false},
      {"pushf", kRealMode, true},
      {"mov-to-sreg", kUser, true},
      {"sgdt", kUser, true},
      {"smsw", kUser, true},
      {"lar", kUser, true},
      {"int", kUser, true},
      {"iret", kUser, true},
      {"call-far", kUser, true},
      {"sysenter", kUser, true},
      {"str", kUser, true},
  };
  for (const Case& c : cases) {
    for (const InstructionRow* row : rows(c.name)) {
      INFO(c.name << " key " << unsigned{c.key.value()});
      CHECK(policy.stops(*row, naming(Segment::Ss), c.key) == c.stops);
    }
  }
}

TEST_CASE("What is let through stops nowhere") {
  Policy policy;
  REQUIRE(policy.let_through("all"));
  for (const InstructionRow& row : instruction_table()) {
    for (u8 key = 0; key < 8; ++key)
      CHECK_FALSE(policy.stops(row, naming(Segment::Cs), PolicyKey::from_value(key)));
  }
}

TEST_CASE("The key follows the virtual state and survives being a number") {
  PrivilegedState s;
  s.cr0 = cr0::kPe;
  CHECK(PolicyKey::of(s).value() == kKernel.value());
  s.flags = eflags::kIf;
  CHECK(PolicyKey::of(s).value() == kKernel.value());  // a critical section is no circumstance of its own
  s.cpl = 3;
  CHECK(PolicyKey::of(s).value() == kUser.value());
  for (const u32 flags :
       {0u, eflags::kIf | eflags::kIopl, eflags::kIf | eflags::kVif, eflags::kIf | eflags::kVip}) {
    s.flags = flags;
    CHECK(PolicyKey::of(s).value() == kUserFlagsDiffer.value());
  }
  s.flags = eflags::kVm;
  CHECK(PolicyKey::of(s).value() == kVirtual8086.value());
  for (u8 key = 0; key < 8; ++key) CHECK(PolicyKey::from_value(key).value() == key);
}

}  // namespace ringdown::test
