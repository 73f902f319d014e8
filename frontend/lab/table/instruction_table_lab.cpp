// Runs the probes at ring 0, and deprivileged in both ways, and judges by what they reported.
#include "frontend/lab/table/instruction_table_lab.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "frontend/lab/lab_guests.h"
#include "frontend/lab/table/probe_run.h"

namespace ringdown {

namespace {

/// In a value's place: the guest went astray before it reported.
constexpr const char* kNoReport = "no report";

MachineConfig probes_config(const InstructionTableSettings& settings) {
  MachineConfig config = lab_guest_config(*find_lab_guest("probes"));
  config.cpu_model = settings.cpu_model;
  config.substitution = settings.substitution;
  return config;
}

std::string value_at(GuestLinear address, const std::vector<Probe>& probes) {
  const auto found = std::find_if(probes.begin(), probes.end(),
                                  [&](const Probe& probe) { return probe.address == address; });
  return found == probes.end() ? kNoReport : found->value;
}

Verdict judge(const std::string& bare, const std::string& through) {
  if (through == bare) return Verdict::NoWitness;
  return is_exception(through) ? Verdict::Trapped : Verdict::Silent;
}

std::string explain(const InstructionTableRow& row) {
  if (!row.mended()) return "the monitor's answer is not that of ring 0: a defect, or nothing it could trap";
  switch (row.verdict) {
    case Verdict::NoWitness:
      return "the same as at ring 0: these operands betray nothing";
    case Verdict::Trapped:
      return "an exception that ring 0 does not raise: the monitor gets control";
    case Verdict::Silent:
      if (is_exception(row.bare))
        return "ring 0 refuses it; deprivileged, it is done: the kernel misses an exception";
      return std::string(row.instruction->shows);
  }
  return {};
}

unsigned number_of(Deprivilege ring) { return ring == Deprivilege::Ring1 ? 1 : 3; }

struct Measured {
  unsigned ring;
  std::vector<Probe> trap;
  std::vector<Probe> through;
};

InstructionTableRow row_of(const Probe& bare, const Measured& measured) {
  InstructionTableRow row;
  row.instruction = find_probed_instruction(bare.instruction);
  row.operands = bare.operands;
  row.ring = measured.ring;
  row.bare = bare.value;
  row.through = value_at(bare.address, measured.through);
  row.trap = value_at(bare.address, measured.trap);
  row.verdict = judge(row.bare, row.through);
  row.explanation = explain(row);
  return row;
}

bool is_wanted(const ProbedInstruction* instruction, const std::vector<const ProbedInstruction*>& wanted) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), instruction) != wanted.end();
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Silent:
      return "silent";
    case Verdict::Trapped:
      return "trapped";
    case Verdict::NoWitness:
      return "no witness";
  }
  return {};
}

Result<std::vector<InstructionTableRow>> measure_instruction_table(const InstructionTableSettings& settings) {
  MachineConfig config = probes_config(settings);
  config.mode = RunMode::Bare;
  Result<std::vector<Probe>> bare = run_probes(config);
  if (!bare) return bare.error();
  config.mode = RunMode::Trap;
  std::vector<Measured> rings;
  for (const Deprivilege ring : settings.rings) {
    config.deprivilege = ring;
    Result<std::vector<Probe>> trap = run_probes(config);
    if (!trap) return trap.error();
    Result<std::vector<Probe>> through = run_probes_through(config, *bare);
    if (!through) return through.error();
    rings.push_back({number_of(ring), std::move(*trap), std::move(*through)});
  }
  std::vector<InstructionTableRow> rows;
  for (const ProbedInstruction& instruction : probed_instructions()) {
    if (!is_wanted(&instruction, settings.instructions)) continue;
    for (const Probe& probe : *bare) {
      if (probe.instruction != instruction.name) continue;
      for (const Measured& measured : rings) rows.push_back(row_of(probe, measured));
    }
  }
  return rows;
}

Verdict verdict_of(const ProbedInstruction& instruction, unsigned ring,
                   const std::vector<InstructionTableRow>& rows) {
  Verdict worst = Verdict::NoWitness;
  for (const InstructionTableRow& row : rows) {
    if (row.instruction == &instruction && row.ring == ring) worst = std::min(worst, row.verdict);
  }
  return worst;
}

std::vector<const ProbedInstruction*> closed_between(const std::vector<InstructionTableRow>& open,
                                                     const std::vector<InstructionTableRow>& closed) {
  const auto silent = [](const std::vector<InstructionTableRow>& rows, const ProbedInstruction& instruction) {
    return std::any_of(rows.begin(), rows.end(), [&](const InstructionTableRow& row) {
      return row.instruction == &instruction && row.verdict == Verdict::Silent;
    });
  };
  std::vector<const ProbedInstruction*> instructions;
  for (const ProbedInstruction& instruction : probed_instructions()) {
    if (silent(open, instruction) && !silent(closed, instruction)) instructions.push_back(&instruction);
  }
  return instructions;
}

std::string instruction_table_json(const std::vector<InstructionTableRow>& rows) {
  nlohmann::ordered_json table = nlohmann::ordered_json::array();
  for (const InstructionTableRow& row : rows) {
    table.push_back({{"instruction", row.instruction->name},
                     {"class", row.instruction->klass},
                     {"robin_irvine", row.instruction->group == ProbedInstruction::Group::RobinIrvine},
                     {"operands", row.operands},
                     {"ring", row.ring},
                     {"bare", row.bare},
                     {"through", row.through},
                     {"trap", row.trap},
                     {"verdict", name_of(row.verdict)},
                     {"mended", row.mended()},
                     {"explanation", row.explanation}});
  }
  constexpr int kIndent = 1;
  return table.dump(kIndent) + "\n";
}

}  // namespace ringdown
