// `ringdown lab table`: measures which instructions betray a kernel that was deprivileged, and which trap.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "cpu/decoder.h"
#include "frontend/lab/table/probed_instructions.h"
#include "mmu/paging_technique.h"

namespace ringdown {

/// The processor model that has UMIP.
inline constexpr const char* kUmipModel = "pentium4-umip";

/// What to measure, and on which processor.
struct InstructionTableSettings {
  std::string cpu_model = "pentium4";
  std::vector<Deprivilege> rings{Deprivilege::Ring1, Deprivilege::Ring3};
  std::vector<const ProbedInstruction*> instructions;  // empty: all
  HandlerSubstitution substitution = {};               // a processor that differs from the manual
};

enum class Verdict : u8 {
  Silent,     // the kernel went on with something else than at ring 0, and nobody was told
  Trapped,    // an exception that ring 0 does not raise: a monitor gets control
  NoWitness,  // the same as at ring 0: these operands betray nothing
};
std::string_view name_of(Verdict verdict);

/// What one instruction with one set of operands did in a kernel's place.
struct InstructionTableRow {
  const ProbedInstruction* instruction = nullptr;
  std::string operands;
  unsigned ring = 0;    // that the kernel was deprivileged to
  std::string bare;     // at ring 0
  std::string through;  // deprivileged, the monitor standing back
  std::string trap;     // deprivileged, the monitor emulating
  Verdict verdict = Verdict::NoWitness;
  std::string explanation;  // a sentence about what happened

  /// The monitor gives the kernel what ring 0 would.
  bool mended() const { return trap == bare; }
};

/// In the order of `probed_instructions`, each with its operands, each of these with its rings. The error is
/// that of the machine that could not be built.
Result<std::vector<InstructionTableRow>> measure_instruction_table(const InstructionTableSettings& settings);

/// What all rows of one instruction at one ring come to: Silent if one is, else Trapped if one is.
Verdict verdict_of(const ProbedInstruction& instruction, unsigned ring,
                   const std::vector<InstructionTableRow>& rows);

/// The instructions that are silent in one table and in no row of the other, at any ring.
std::vector<const ProbedInstruction*> closed_between(const std::vector<InstructionTableRow>& open,
                                                     const std::vector<InstructionTableRow>& closed);

/// An array with one object for each row.
std::string instruction_table_json(const std::vector<InstructionTableRow>& rows);

}  // namespace ringdown
