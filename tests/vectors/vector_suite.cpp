// Runs captured tests in several modes and keeps count.
#include "tests/vectors/vector_suite.h"

#include <fmt/core.h>

#include <algorithm>

#include "tests/support/conformance_record.h"

namespace ringdown::test {

namespace {

using enum MooRegister;

constexpr u8 kHlt = 0xf4;

/// Puts an HLT where a test ends that has none of its own.
MooTest ending_in_halt(MooTest test) {
  if (!test.code.empty() && test.code.back() == kHlt) return test;
  const u32 ip = test.final_value(Eip);
  test.initial.memory.push_back({((test.final_value(Cs) << 4) + ip) & 0xf'ffff, kHlt});
  test.final.registers[Eip] = (ip + 1) & 0xffff;
  return test;
}

bool software_interrupt(const TestedInstruction& instruction) {
  return instruction.is(0xcc) || instruction.is(0xcd) || instruction.is(0xce);
}

FlagsWriter flags_writer(const TestedInstruction& instruction, const MooTest& test) {
  if (!instruction.known) return {};
  const ZydisDecodedInstruction& decoded = instruction.decoded;
  const unsigned last = decoded.operand_count_visible - 1u;
  return {decoded.mnemonic, instruction.operands[0].size, operand_value(instruction, test, last).value_or(0)};
}

/// The flags that the captured processor ended with, or pushed with the exception that the test raised.
u32 captured_flags(const MooTest& test) {
  if (!test.exception) return test.final_value(Eflags);
  return test.final_word(test.on_final_stack(MooTest::kPushedFlags));
}

}  // namespace

struct VectorSuite::Case {
  const MooTest& test;
  const MooFile& file;
  const CapturedCpuTraits& cpu;
  const TestedInstruction& instruction;
  const Exclusion* exclusion;
  std::vector<const UndefinedFlags*> undefined;
};

VectorSuite::VectorSuite(const std::vector<MachineMode>& modes) {
  for (const MachineMode mode : modes) {
    rigs_.push_back(std::make_unique<VectorRig>(mode));
    counts_.emplace_back().mode = mode;
  }
}

std::string VectorSuite::run_case(const Case& c, VectorRig& rig, ModeCount& count) {
  rig.run(c.test, c.cpu);
  VectorRig::Masks masks{c.file.defined};
  for (const UndefinedFlags* entry : c.undefined) masks.ignored_flags |= entry->flags;
  const std::string difference = rig.compare(as_captured(c.test, software_interrupt(c.instruction)), masks);
  if (c.exclusion == nullptr) {
    const u32 disagreeing = rig.tested_flags(c.test) ^ captured_flags(c.test);
    for (const UndefinedFlags* entry : c.undefined) {
      UndefinedCount& undefined = count.undefined[entry];
      ++undefined.tests;
      if ((disagreeing & entry->flags) == 0) ++undefined.agreeing;
    }
    return difference;
  }
  ExclusionCount& excluded = count.exclusions[c.exclusion];
  ++excluded.excluded;
  if (difference.empty()) ++excluded.passing;
  const Expectation later = c.exclusion->later({c.cpu, c.test, c.instruction});
  const std::string later_difference = rig.compare(later, {c.file.defined});
  if (later_difference.empty()) {
    ++excluded.verified;
    return {};
  }
  return fmt::format("{} (excluded: {})", later_difference, c.exclusion->name);
}

std::vector<VectorSuite::Failure> VectorSuite::run(const MooFile& file, const CapturedCpuTraits& cpu,
                                                   const std::set<std::string>& revoked) {
  std::vector<Failure> failures;
  for (const MooTest& captured : file.tests) {
    if (revoked.contains(captured.hash)) continue;
    const TestedInstruction instruction = decode_tested(captured);
    const MooTest test = cpu.ends_with_halt ? captured : ending_in_halt(captured);
    Case c{test, file, cpu, instruction, find_exclusion({cpu, test, instruction}), {}};
    // A fault has changed no flags, but that of a division comes after them.
    const bool faulted = test.exception && test.exception->vector != static_cast<u8>(Vector::DivideError);
    for (const UndefinedFlags& entry : undefined_flags()) {
      if (!faulted && entry.applies(flags_writer(instruction, test))) c.undefined.push_back(&entry);
    }
    for (std::size_t i = 0; i < rigs_.size(); ++i) {
      ModeCount& count = counts_[i];
      ++count.tests;
      const std::string difference = run_case(c, *rigs_[i], count);
      if (instruction.row != nullptr) count.rows.insert(row_key(*instruction.row));
      if (!difference.empty()) {
        ++count.failed;
        failures.push_back({test.index, fmt::format("#{} {}, {}:{}", test.index, test.name,
                                                    mode_name(count.mode), difference)});
      } else if (c.exclusion == nullptr) {
        ++count.passed;
      }
    }
  }
  return failures;
}

}  // namespace ringdown::test
