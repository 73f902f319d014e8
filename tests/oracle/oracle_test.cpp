// The oracle's own parts, which need no host that runs cases; and the cases that are kept, in every mode.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>

#include "tests/oracle/case_text.h"
#include "tests/oracle/differences.h"
#include "tests/oracle/long_mode.h"
#include "tests/oracle/oracle_guest.h"
#include "tests/oracle/oracle_suite.h"
#include "tests/oracle/shrink.h"
#include "tests/oracle/stored_cases.h"
#include "tests/support/conformance_record.h"

namespace ringdown::test {

namespace {

constexpr u64 kSeed = 1;

template <class Use>
void for_generated(u64 count, Use use) {
  const OracleGenerator generator(kSeed, {});
  std::map<const OracleExclusion*, u64> excluded;
  for (u64 number = 0; number < count; ++number) use(generator.make(number, excluded));
}

OracleCase case_with(std::vector<u8> code) { return {std::move(code), initial_state(), 0, {}}; }

OracleOutcome run_bare(const OracleCase& c) {
  static OracleGuest guest(MachineMode::Bare);
  MemoryImage image;
  fill_image(c, image);
  return guest.run(c, image);
}

bool differs(const OracleCase& c, const OracleOutcome& host, const OracleOutcome& guest) {
  return !compare({c, decode_case(c)}, host, guest).difference.empty();
}

/// Runs the cases of a file in a mode; the conformance record of what came out.
ConformanceRecord run_stored(std::string_view file, MachineMode mode) {
  const auto stored = read_stored_cases(std::string(RINGDOWN_ORACLE_FOLDER) + "/" + std::string(file));
  INFO((stored ? std::string() : stored.error().message));
  REQUIRE(stored);
  OracleGuest guest(mode);
  MemoryImage image;
  ConformanceRecord record{"stored cases of a real processor", std::string(mode_name(mode)),
                           std::string(file)};
  for (const StoredCase& s : *stored) {
    const GeneratedCase& g = s.generated;
    fill_image(g.c, image);
    const OracleVerdict verdict = compare(g, s.outcome, guest.run(g.c, image));
    INFO(stored_text(g.c, s.outcome));
    CHECK(verdict.difference == "");
    ++record.cases;
    if (verdict.agree) ++record.passed;
    if (!verdict.agree && verdict.difference.empty())
      record.differences.push_back({verdict.rules.back()->reason, 1});
    for (const OracleInstruction& instruction : g.instructions) {
      if (instruction.row != nullptr) record.rows.insert(row_key(*instruction.row));
    }
  }
  return record;
}

}  // namespace

TEST_CASE("what enters the host's system is told by its bytes, wherever they are", "[oracle]") {
  using Code = std::vector<u8>;
  CHECK(may_enter_system(Code{0xcd, 0x80}));
  CHECK(may_enter_system(Code{0x0f, 0x05}));
  CHECK(may_enter_system(Code{0x0f, 0x34}));
  CHECK(may_enter_system(Code{0x66, 0x0f, 0x01, 0xc1}));
  CHECK(may_enter_system(Code{0x0f, 0x01, 0xd9}));
  CHECK_FALSE(may_enter_system(Code{0x0f, 0x01, 0xc2}));
  CHECK(may_enter_system(Code{0xb8, 0x00, 0xcd, 0x80, 0x00}));        // in an immediate
  CHECK(may_enter_system(Code{0x04, 0x0f, 0x05, 0x00, 0x00, 0x00}));  // across instructions
  CHECK_FALSE(may_enter_system(Code{0x40}));
  CHECK_FALSE(may_enter_system(Code{0x05, 0x0f, 0x34 - 1, 0x00, 0x00}));
  CHECK_FALSE(may_enter_system(Code{0x04, 0x0f}));  // HLT follows
}

TEST_CASE("no generated case may enter the host's system, and all can begin", "[oracle]") {
  for_generated(50'000, [](const GeneratedCase& g) {
    if (may_enter_system(g.c.code) || !can_begin(g.c)) FAIL(case_text(g.c));
  });
}

TEST_CASE("only a case's code gets into pages that execute, and nowhere else", "[oracle]") {
  OracleCase c = case_with({0x40});
  c.pokes.push_back({kCodePages - 1, {1, 2}});
  c.pokes.push_back({kWindow, {3}});
  MemoryImage image;
  fill_image(c, image);
  CHECK(image[*image_offset(kCodePages)] == 0x40);
  CHECK(image[*image_offset(kCodePages + 1)] == kStopByte);
  CHECK(image[*image_offset(kWindow)] == 3);
  c.before.eip = kWindow;
  fill_image(c, image);
  CHECK(image[*image_offset(kWindow)] == 3);
}

TEST_CASE("every row has encodings, and every exclusion applies to something", "[oracle]") {
  for (const RowEncodings& entry : row_encodings()) {
    INFO((entry.row != nullptr ? entry.row->name : "undefined"));
    CHECK_FALSE(entry.encodings.empty());
  }
  const OracleGenerator generator(kSeed, {});
  std::map<const OracleExclusion*, u64> excluded;
  for (u64 number = 0; number < 5000; ++number) static_cast<void>(generator.make(number, excluded));
  CHECK(excluded.size() == oracle_exclusions().size());
}

TEST_CASE("cases and outcomes survive their text", "[oracle]") {
  for_generated(300, [](const GeneratedCase& g) {
    const Result<OracleCase> read = parse_case(case_text(g.c));
    REQUIRE(read);
    CHECK(*read == g.c);
    const OracleOutcome outcome = run_bare(g.c);
    const Result<OracleOutcome> after = parse_outcome(outcome_text(outcome, g.c.before), g.c.before);
    REQUIRE(after);
    CHECK(*after == outcome);
  });
  CHECK(parse_case("code=zz").error().message == "'code=zz' is no field of a case");
  CHECK(parse_case("eax=1").error().message == "a case needs code=");
  CHECK_FALSE(parse_case("code=40 st0=12"));
}

TEST_CASE("the same seed and number make the same case", "[oracle]") {
  const OracleGenerator a(kSeed, {}), b(kSeed, {}), other(kSeed + 1, {});
  std::map<const OracleExclusion*, u64> excluded;
  CHECK(a.make(7, excluded).c == b.make(7, excluded).c);
  CHECK_FALSE(a.make(7, excluded).c == a.make(8, excluded).c);
  CHECK_FALSE(a.make(7, excluded).c == other.make(7, excluded).c);
}

TEST_CASE("a difference in any field is one", "[oracle]") {
  const OracleCase c = case_with({0x40});  // INC EAX
  const OracleOutcome right = run_bare(c);
  REQUIRE(right.ended);
  REQUIRE_FALSE(differs(c, right, right));
  std::vector<OracleOutcome> wrong(9, right);
  wrong[0].ended = false;
  wrong[1].vector ^= 1;
  wrong[2].error_code ^= 4;
  wrong[3].fault_address ^= 1;
  wrong[4].after.gpr[3] ^= 1;
  wrong[5].after.eflags ^= eflags::kCf;
  wrong[6].after.fx.bytes[FxImage::kXmm] ^= 1;
  wrong[7].after.selectors[3] ^= 8;
  wrong[8].changes.push_back({kWindow, 1});
  for (const OracleOutcome& outcome : wrong) {
    INFO(describe_difference(outcome, right));
    CHECK(differs(c, outcome, right));
  }
}

TEST_CASE("undefined flags are not compared, defined ones are", "[oracle]") {
  OracleCase c = case_with({0x21, 0xd8});  // AND EAX, EBX
  const OracleOutcome right = run_bare(c);
  OracleOutcome other = right;
  other.after.eflags ^= eflags::kAf;
  CHECK_FALSE(differs(c, other, right));
  other.after.eflags ^= eflags::kZf;
  CHECK(differs(c, other, right));
}

std::vector<u8> in_long_mode(std::vector<u8> code) {
  const OracleCase c = case_with(std::move(code));
  const std::optional<LongModeCode> found = long_mode_code(c, decode_case(c));
  return found ? found->bytes : std::vector<u8>{};
}

TEST_CASE("64-bit code has 32-bit addresses and keeps the targets of branches", "[oracle]") {
  using Code = std::vector<u8>;
  CHECK(in_long_mode({0x01, 0xd8}) == Code{0x67, 0x01, 0xd8});  // ADD EAX, EBX
  // ADD [20000000], EBX: not relative to RIP
  CHECK(in_long_mode({0x01, 0x1d, 0, 0, 0, 0x20}) == Code{0x67, 0x01, 0x1c, 0x25, 0, 0, 0, 0x20});
  CHECK(in_long_mode({0x74, 0x40}) == Code{0x67, 0x74, 0x3f});  // JZ, which ends a byte later
  CHECK(in_long_mode({0x0f, 0x84, 0, 2, 0, 0}) == Code{0x67, 0x0f, 0x84, 0xff, 1, 0, 0});
}

TEST_CASE("what 64-bit code does otherwise has none", "[oracle]") {
  using Code = std::vector<u8>;
  const Code codes[]{{0x40},                                // INC EAX: a prefix
                     {0x50},                                // PUSH EAX: 64 bits wide
                     {0x27},                                // DAA
                     {0x67, 0x01, 0x1f},                    // [BX]
                     {0x66, 0x74, 0x40},                    // IP cut off
                     {0x74, 0x01},                          // into what the longer code takes up
                     {0x36, 0x0f, 0xae, 0x00},              // FXSAVE: another layout
                     {0xd8, 0x05, 0, 0, 0, 0x20},           // FOP shows the ModRM byte
                     {0x8e, 0xd8},                          // MOV DS, AX
                     {0xa1, 0xfe, 0xff, 0xff, 0xff},        // wraps around
                     {0x62, 0xf1, 0x7d, 0x48, 0xfe, 0xc0},  // EVEX there
                     {0xff, 0xe0}};                         // JMP EAX
  for (const Code& code : codes) {
    INFO(fmt::format("{:02x}", fmt::join(code, " ")));
    CHECK(in_long_mode(code).empty());
  }
  OracleCase c = case_with({0x01, 0xd8});
  c.before.set_selector(Segment::Ds, local_selector(0));
  CHECK_FALSE(long_mode_code(c, decode_case(c)));
}

TEST_CASE("EIP behind 64-bit code is that of the 32-bit code", "[oracle]") {
  const OracleCase c = case_with({0x01, 0xd8, 0x01, 0x1d, 0, 0, 0, 0x20});
  const std::optional<LongModeCode> code = long_mode_code(c, decode_case(c));
  REQUIRE(code);
  CHECK(code->eip_of(100, 100) == 100);
  CHECK(code->eip_of(103, 100) == 102);
  CHECK(code->eip_of(111, 100) == 108);
  CHECK(code->eip_of(300, 100) == 300);
}

TEST_CASE("a case that does not end says so, and the guest runs the next", "[oracle]") {
  CHECK_FALSE(run_bare(case_with({0xeb, 0xfe})).ended);  // JMP to itself
  const OracleOutcome next = run_bare(case_with({0x40}));
  CHECK(next.ended);
  CHECK(next.after.get(Gpr::Eax) == 1);
}

TEST_CASE("shrinking leaves what the difference needs", "[oracle]") {
  OracleCase c = case_with({0x90, 0x66, 0x40, 0x90});  // NOP; INC AX; NOP
  c.before.set(Gpr::Ebx, 5);
  c.before.set(Gpr::Eax, 7);
  c.background = 3;
  c.pokes.push_back({kWindow, {1}});
  const OracleCase shortest = shrink(c, [](const OracleCase& candidate) {
    const std::vector<OracleInstruction> instructions = decode_case(candidate);
    return std::any_of(instructions.begin(), instructions.end(),
                       [](const OracleInstruction& i) { return i.is(ZYDIS_MNEMONIC_INC); }) &&
           candidate.before.get(Gpr::Eax) == 7;
  });
  CHECK(case_text(shortest) == "code=40 eax=7");
}

TEST_CASE("cases of a real processor, one of each row", "[oracle]") {
  for (const MachineMode mode : kMachineModes) {
    const ConformanceRecord record = run_stored("captured_cases.txt", mode);
    CHECK(record.rows.size() >= 530);
    write_record(record);
  }
}

TEST_CASE("cases that once differed", "[oracle]") {
  for (const MachineMode mode : kMachineModes) write_record(run_stored("regressions.txt", mode));
}

}  // namespace ringdown::test
