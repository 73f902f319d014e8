// Running folders of captured tests, made for the purpose, of several processors.
#include "tests/vectors/vector_folder.h"

#include <catch2/catch.hpp>

#include "tests/vectors/moo_writer.h"

namespace ringdown::test {
namespace {

using Catch::Contains;
using enum MooRegister;

constexpr u32 kCode = 0x1'0000;

/// A test of an instruction at 1000:0000 that sets only IP, of a processor with 16- or 32-bit registers.
MooTest test_of(u32 index, std::vector<u8> code, MooWidth width) {
  MooTest test;
  test.index = index;
  test.name = "test";
  test.code = code;
  for (unsigned i = 0; i < kMooRegisters; ++i) {
    const auto reg = static_cast<MooRegister>(i);
    const bool absent = reg == Cr0 || reg == Cr3 || reg == Fs || reg == Gs || reg >= Dr6;
    if (width == MooWidth::Long || !absent) test.initial.registers[reg] = 0;
  }
  test.initial.registers[Cs] = kCode >> 4;
  test.initial.registers[Ss] = 0x2000;
  test.initial.registers[Esp] = 0x100;
  test.initial.registers[Eflags] = 2;
  for (std::size_t i = 0; i < code.size(); ++i)
    test.initial.memory.push_back({kCode + static_cast<u32>(i), code[i]});
  test.final.registers[Eip] = static_cast<u32>(code.size());
  return test;
}

struct Run {
  explicit Run(std::string_view cpu, const std::vector<MooTest>& tests, MooWidth width,
               const std::string& masks = "") {
    std::string chunks = masks;
    for (const MooTest& test : tests) chunks += moo_test(test, width);
    folder.write("sub/90.MOO", moo_file(cpu, static_cast<u32>(tests.size()), chunks));
  }
  FolderOutcome outcome() {
    Result<FolderOutcome> result = run_folder(folder.path(), {"90"}, suite);
    REQUIRE(result);
    return *result;
  }
  u64 excluded(const VectorSuite::ModeCount& count, std::string_view name) const {
    for (const auto& [exclusion, figures] : count.exclusions) {
      if (exclusion->name == name) return figures.excluded;
    }
    return 0;
  }

  TemporaryFolder folder;
  VectorSuite suite{{kMachineModes.begin(), kMachineModes.end()}};
};

/// add eax, ebx
MooTest long_addition() {
  MooTest test = test_of(0, {0x66, 0x01, 0xd8, 0xf4}, MooWidth::Long);
  test.initial.registers[Eax] = 0xffff'ffff;
  test.initial.registers[Ebx] = 0x1'0002;
  test.final.registers[Eax] = 0x1'0001;
  test.final.registers[Eflags] = 0x13;  // CF, AF
  return test;
}

}  // namespace

TEST_CASE("32-bit registers of a 386 are set up and compared") {
  SECTION("as they are") {
    Run run("386E", {long_addition()}, MooWidth::Long);
    CHECK(run.outcome().failures.empty());
    for (const VectorSuite::ModeCount& count : run.suite.counts()) {
      CHECK(count.passed == 1);
      CHECK(count.rows == std::set<std::string>{"add"});
    }
  }
  SECTION("a difference in the high half is found in every mode") {
    MooTest test = long_addition();
    test.final.registers[Eax] = 1;
    Run run("386E", {test}, MooWidth::Long);
    const std::vector<std::string> failures = run.outcome().failures;
    REQUIRE(failures.size() == kMachineModes.size());
    CHECK(failures[0] == "90 #0 test, bare: ax 10001 instead of 1");
    CHECK(failures[3] == "90 #0 test, trap, ring 3: ax 10001 instead of 1");
  }
  SECTION("unless the file's masks say that it is undefined") {
    MooTest test = long_addition();
    test.final.registers[Eax] = 1;
    MooRegisters mask;
    mask[Eax] = 0xffff;
    Run run("386E", {test}, MooWidth::Long, moo_chunk("RM32", moo_registers(mask, MooWidth::Long)));
    CHECK(run.outcome().failures.empty());
  }
  SECTION("a segment register of the 386's") {
    MooTest test = test_of(0, {0x8c, 0xe0, 0xf4}, MooWidth::Long);  // mov ax, fs
    test.initial.registers[Fs] = 0x1234;
    test.final.registers[Eax] = 0x1234;
    Run run("386E", {test}, MooWidth::Long);
    CHECK(run.outcome().failures.empty());
  }
}

TEST_CASE("A flag that the file's mask leaves out is not compared") {
  MooTest test = test_of(0, {0xf8, 0xf4}, MooWidth::Word);  // clc
  test.final.registers[Eflags] = 3;
  MooRegisters mask;
  mask[Eflags] = 0xfffe;
  CHECK(Run("C286", {test}, MooWidth::Word).outcome().failures.size() == kMachineModes.size());
  CHECK(Run("C286", {test}, MooWidth::Word, moo_chunk("RMSK", moo_registers(mask, MooWidth::Word)))
            .outcome()
            .failures.empty());
}

TEST_CASE("Differences in memory and in exceptions are found") {
  MooTest store = test_of(0, {0xa2, 0x00, 0x50, 0xf4}, MooWidth::Word);  // mov [5000h], al
  store.initial.registers[Eax] = 0x77;
  store.final.memory = {{0x5000, 0x78}};
  MooTest division = test_of(1, {0xf6, 0xf3, 0xf4}, MooWidth::Word);  // div bl, by 0
  Run run("C286", {store, division}, MooWidth::Word);
  const std::vector<std::string> failures = run.outcome().failures;
  CHECK(failures.size() == 6);  // five lines, and how many there are
  CHECK(failures[0] == "90 #0 test, bare: [005000] 77 instead of 78");
  CHECK_THAT(failures[4],
             Contains("90 #1 test, bare: exception 0 instead of no exception sp fa instead of 100"));
  CHECK(failures[5] == "90: 8 failures");
}

TEST_CASE("An 8086's tests end without HLT, and differ by design where a predicate says so") {
  MooTest nop = test_of(0, {0x90}, MooWidth::Word);
  MooTest push_sp = test_of(1, {0x54}, MooWidth::Word);
  push_sp.final.registers[Esp] = 0xfe;
  push_sp.final.memory = {{0x2'00fe, 0xfe}, {0x2'00ff, 0x00}};
  MooTest push_flags = test_of(2, {0x9c}, MooWidth::Word);
  push_flags.final.registers[Esp] = 0xfe;
  push_flags.final.memory = {{0x2'00fe, 0x02}, {0x2'00ff, 0xf0}};
  MooTest jump = test_of(3, {0x60, 0x10}, MooWidth::Word);  // jo, which is PUSHA later
  // mov ax, [ffff] takes its high byte from offset 0.
  MooTest wrap = test_of(4, {0xa1, 0xff, 0xff}, MooWidth::Word);
  wrap.initial.memory.push_back({0xffff, 0x34});
  wrap.final.registers[Eax] = 0x1234;
  // mov al, [10h] through segment FFFF: address 1 MiB is 0.
  MooTest megabyte = test_of(5, {0xa0, 0x14, 0x50}, MooWidth::Word);
  megabyte.initial.registers[Ds] = 0xffff;
  megabyte.initial.memory.push_back({0x5004, 0x9a});
  megabyte.final.registers[Eax] = 0x9a;
  Run run("8088", {nop, push_sp, push_flags, jump, wrap, megabyte}, MooWidth::Word);
  CHECK(run.outcome().failures == std::vector<std::string>{});
  for (const VectorSuite::ModeCount& count : run.suite.counts()) {
    CHECK(count.tests == 6);
    CHECK(count.passed == 2);
    CHECK(run.excluded(count, "PUSH SP") == 1);
    CHECK(run.excluded(count, "FLAGS pushed") == 1);
    CHECK(run.excluded(count, "opcode with another meaning") == 1);
    CHECK(run.excluded(count, "operand across the end of its segment") == 1);
  }
}

TEST_CASE("An excluded test must do what its reason says") {
  // Locked NOP: #UD. The frame that later processors push is compared too, so a wrong one would fail; that
  // the captured outcome is another is no failure.
  MooTest locked = test_of(0, {0xf0, 0x90, 0xf4}, MooWidth::Word);
  Run run("C286", {locked}, MooWidth::Word);
  CHECK(run.outcome().failures.empty());
  for (const VectorSuite::ModeCount& count : run.suite.counts()) {
    CHECK(count.passed == 0);
    REQUIRE(count.exclusions.size() == 1);
    const VectorSuite::ExclusionCount& figures = count.exclusions.begin()->second;
    CHECK(figures.excluded == 1);
    CHECK(figures.verified == 1);
    CHECK(figures.passing == 0);
  }
}

TEST_CASE("Undefined flags are not compared, but their agreement is counted") {
  MooTest test = test_of(0, {0xd0, 0xe0, 0xf4}, MooWidth::Word);  // shl al, 1
  test.initial.registers[Eax] = 0x01;
  test.final.registers[Eax] = 0x02;
  MooTest other = test;
  other.index = 1;
  test.final.registers[Eflags] = 0x02;
  other.final.registers[Eflags] = 0x12;  // AF
  Run run("C286", {test, other}, MooWidth::Word);
  CHECK(run.outcome().failures.empty());
  for (const VectorSuite::ModeCount& count : run.suite.counts()) {
    CHECK(count.passed == 2);
    REQUIRE(count.undefined.size() == 1);
    CHECK(count.undefined.begin()->second.tests == 2);
    CHECK(count.undefined.begin()->second.agreeing == 1);
  }
}

TEST_CASE("Revoked tests are left out") {
  MooTest test = test_of(0, {0xf8, 0xf4}, MooWidth::Word);
  test.final.registers[Eax] = 1;
  Run run("C286", {test}, MooWidth::Word);
  run.folder.write("revocation_list.txt", "# bad\n" + std::string(40, '0') + "\n");
  CHECK(run.outcome().failures.empty());
  CHECK(run.suite.counts()[0].tests == 0);
}

TEST_CASE("A folder that cannot be run is an error") {
  const TemporaryFolder folder;
  VectorSuite suite({MachineMode::Bare});
  const auto error = [&] {
    const Result<FolderOutcome> result = run_folder(folder.path(), {}, suite);
    REQUIRE_FALSE(result);
    return result.error().message;
  };
  SECTION("no files") { CHECK_THAT(error(), Contains("no .MOO or .MOO.gz files there")); }
  SECTION("another processor") {
    folder.write("A.MOO", moo_file("Z80", 0, ""));
    CHECK_THAT(error(), Contains("A.MOO: processor 'Z80' is not known"));
  }
  SECTION("several processors") {
    folder.write("A.MOO", moo_file("8086", 0, ""));
    folder.write("B.MOO", moo_file("386E", 0, ""));
    CHECK_THAT(error(), Contains("B.MOO: captured from 80386, but the files before it from 8086"));
  }
  SECTION("a damaged file is not skipped") {
    folder.write("A.MOO", moo_file("8086", 0, ""));
    folder.write("B.MOO", "MOO");
    CHECK_THAT(error(), Contains("B.MOO: damaged at offset 0 of the uncompressed data"));
  }
}

TEST_CASE("A 286's predicate that excludes nothing in a whole run fails it") {
  Run run("C286", {test_of(0, {0x90, 0xf4}, MooWidth::Word)}, MooWidth::Word);
  const Result<FolderOutcome> outcome = run_folder(run.folder.path(), {}, run.suite);
  REQUIRE(outcome);
  CHECK(std::count(outcome->failures.begin(), outcome->failures.end(),
                   "bare: 'AAM by zero' excludes no test") == 1);
}

}  // namespace ringdown::test
