// Lets the judge see each row, merges rows that are one instruction, and writes JSON.
#include "frontend/lab/classify/classification.h"

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "frontend/lab/classify/robin_irvine.h"
#include "frontend/lab/classify/subjects.h"

namespace ringdown {

namespace {

using classify::Findings;

std::string_view form_text(Form form) {
  switch (form) {
    case Form::Any:
    case Form::General:
    case Form::FromSegment:
    case Form::ToSegment:
    case Form::FromControl:
    case Form::ToControl:
    case Form::FromDebug:
    case Form::ToDebug:
    case Form::PushCs:
    case Form::PushSegment:
    case Form::PopSegment:
    case Form::Far:
      return "";  // the row's name says it
    case Form::PortImmediate:
      return "immediate";
    case Form::PortRegister:
      return "dx";
    case Form::WithOperand:
      return "operand";
    case Form::Mmx:
      return "mmx";
    case Form::Xmm:
      return "xmm";
  }
  return "";
}

std::vector<const InstructionRow*> wanted_rows(const std::vector<std::string>& names) {
  std::vector<const InstructionRow*> rows;
  for (const InstructionRow& row : instruction_table()) {
    if (names.empty() || std::find(names.begin(), names.end(), row.name) != names.end()) rows.push_back(&row);
  }
  return rows;
}

/// On the host's processors; what is found does not depend on how many there are.
std::vector<Findings> judge_all(const ClassifyRequest& request,
                                const std::vector<classify::Subject>& subjects) {
  std::vector<Findings> findings(subjects.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&](bool reports) {
    classify::ExperimentMachine machine(*request.model, request.substitution);
    classify::Judge judge(machine, request.seed, request.cases, request.witnesses);
    for (std::size_t i = next++; i < subjects.size(); i = next++) {
      findings[i] = judge.judge(subjects[i]);
      if (reports && request.progress) request.progress(*request.model, i, subjects.size());
    }
  };
  std::vector<std::thread> others;
  const std::size_t workers = std::min<std::size_t>(std::thread::hardware_concurrency(), subjects.size());
  for (std::size_t i = 1; i < workers; ++i) others.emplace_back(work, false);
  work(true);
  for (std::thread& other : others) other.join();
  if (request.progress) request.progress(*request.model, subjects.size(), subjects.size());
  return findings;
}

/// Both are the same instruction: what one of them shows, it is.
void merge(Findings& all, const Findings& one) {
  if (!one.completes) return;
  if (!all.completes) {
    all = one;
    return;
  }
  all.privileged = all.privileged && one.privileged;
  all.privileged_v86 = all.privileged_v86 && one.privileged_v86;
  for (const classify::Knob knob : one.choices) {
    if (std::find(all.choices.begin(), all.choices.end(), knob) == all.choices.end())
      all.choices.push_back(knob);
  }
  all.control_sensitive = all.control_sensitive || one.control_sensitive;
  all.by_mode = all.by_mode || one.by_mode;
  all.by_location = all.by_location || one.by_location;
  all.user_sensitive = all.user_sensitive || one.user_sensitive;
  for (std::size_t i = 0; i < all.witnesses.size(); ++i) {
    if (one.witnesses[i].better_than(all.witnesses[i])) all.witnesses[i] = one.witnesses[i];
  }
}

}  // namespace

std::string_view ClassifiedInstruction::verdict() const {
  if (!findings.completes) return "never completes";
  if (counterexample()) return "sensitive, not privileged";
  if (findings.sensitive()) return "sensitive and privileged";
  return findings.privileged ? "privileged, not seen to be sensitive" : "innocuous";
}

bool Classification::theorem1() const {
  return std::none_of(instructions.begin(), instructions.end(),
                      [](const ClassifiedInstruction& i) { return i.counterexample(); });
}

bool Classification::theorem3() const {
  return std::none_of(instructions.begin(), instructions.end(),
                      [](const ClassifiedInstruction& i) { return i.user_counterexample(); });
}

std::vector<std::string> Classification::names(
    const std::function<bool(const ClassifiedInstruction&)>& wanted) const {
  std::vector<std::string> names;
  for (const ClassifiedInstruction& instruction : instructions) {
    if (wanted(instruction) && std::find(names.begin(), names.end(), instruction.name) == names.end())
      names.push_back(instruction.name);
  }
  return names;
}

Classification classify_instructions(const ClassifyRequest& request) {
  const std::vector<const InstructionRow*> rows = wanted_rows(request.names);
  const std::vector<Findings> findings = judge_all(request, make_subjects(rows));
  Classification classification{request.model, request.seed, request.cases, {}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string_view form = form_text(rows[i]->form);
    auto& all = classification.instructions;
    auto found = std::find_if(all.begin(), all.end(), [&](const ClassifiedInstruction& instruction) {
      return instruction.name == rows[i]->name && instruction.form == form;
    });
    if (found == all.end()) {
      all.push_back({std::string(rows[i]->name), std::string(form), {}, on_robin_irvine_list(rows[i]->name)});
      found = all.end() - 1;
    }
    merge(found->findings, findings[i]);
  }
  return classification;
}

std::string classification_json(const Classification& classification) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const ClassifiedInstruction& instruction : classification.instructions) {
    const Findings& f = instruction.findings;
    nlohmann::ordered_json witnesses = nlohmann::ordered_json::array();
    for (const classify::Witness& witness : f.witnesses) {
      if (!witness.text.empty()) witnesses.push_back(witness.text);
    }
    nlohmann::ordered_json choices = nlohmann::ordered_json::array();
    for (const classify::Knob knob : f.choices) choices.push_back(classify::info_of(knob).name);
    nlohmann::ordered_json object = {{"instruction", instruction.name},
                                     {"form", instruction.form},
                                     {"completes", f.completes},
                                     {"privileged", f.privileged},
                                     {"privileged_by", choices},
                                     {"privileged_v86", f.privileged_v86},
                                     {"control_sensitive", f.control_sensitive},
                                     {"behaviour_sensitive", f.behaviour_sensitive()},
                                     {"by_mode", f.by_mode},
                                     {"by_location", f.by_location},
                                     {"user_sensitive", f.user_sensitive},
                                     {"witness", nullptr},
                                     {"witnesses", std::move(witnesses)},
                                     {"robin_irvine", instruction.robin_irvine},
                                     {"verdict", instruction.verdict()}};
    if (const std::string witness = f.witness(); !witness.empty()) object["witness"] = witness;
    array.push_back(std::move(object));
  }
  return array.dump(2) + "\n";
}

}  // namespace ringdown
