// What happens to sensitive unprivileged instructions.
#include "cpu/monitor/policy.h"

#include <algorithm>

#include "cpu/monitor/deprivilege.h"

namespace ringdown {

PolicyKey PolicyKey::of(const PrivilegedState& s) {
  PolicyKey key;
  key.user = s.cpl == 3;
  key.paragraph = s.paragraph_segments();
  key.flags_same = key.user && !key.paragraph && s.flags == eflags::kIf;
  return key;
}

Policy::Policy() : let_through_(instruction_table().size(), false) {}

InstructionId Policy::id_of(const InstructionRow& row) {
  return static_cast<InstructionId>(&row - instruction_table().data());
}

std::vector<std::string_view> Policy::names() {
  std::vector<std::string_view> names;
  for (const InstructionRow& row : instruction_table()) {
    if (row.sensitivity != Sensitivity::SensitiveUnprivileged) continue;
    if (std::find(names.begin(), names.end(), row.name) == names.end()) names.push_back(row.name);
  }
  return names;
}

Result<void> Policy::let_through(std::string_view list) { return treat(list, Treatment::LetThrough); }

Result<void> Policy::trap(std::string_view list) { return treat(list, Treatment::Trapped); }

Result<void> Policy::treat(std::string_view list, Treatment treatment) {
  Policy changed = *this;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    bool known = false;
    for (const InstructionRow& row : instruction_table()) {
      if (row.sensitivity != Sensitivity::SensitiveUnprivileged || (word != "all" && row.name != word))
        continue;
      changed.let_through_[id_of(row)] = treatment == Treatment::LetThrough;
      known = true;
    }
    if (!known) {
      return Error{"--let-through: '" + std::string(word) +
                   "' is no sensitive unprivileged instruction; --let-through list prints them"};
    }
  }
  changed.any_let_through_ =
      std::find(changed.let_through_.begin(), changed.let_through_.end(), true) != changed.let_through_.end();
  *this = std::move(changed);
  return {};
}

// Where physical and virtual state give the same result, nobody can tell that the monitor was not asked.
bool Policy::unobservable(const InstructionRow& row, const Operation& op, PolicyKey key) {
  // Selectors are the guest's own, but for those that show a ring of its kernel.
  const bool own_selector = key.user || key.paragraph || !shows_ring(static_cast<Segment>(op.number));
  switch (row.mnemonic) {
    case ZYDIS_MNEMONIC_CPUID:  // the processor model is the guest's
    case ZYDIS_MNEMONIC_RDTSC:  // CR4.TSD and the offset follow the guest's
    case ZYDIS_MNEMONIC_RDPMC:
      return true;
    case ZYDIS_MNEMONIC_MOV:
      return row.form == Form::FromSegment && own_selector;
    case ZYDIS_MNEMONIC_PUSH:
      return own_selector;
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFD:
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFD:
      return key.flags_same;
    default:
      return false;
  }
}

bool Policy::stops(const InstructionRow& row, const Operation& op, PolicyKey key) const {
  if (row.sensitivity != Sensitivity::SensitiveUnprivileged) return false;
  return !lets_through(id_of(row)) && (traps_unobservable_ || !unobservable(row, op, key));
}

}  // namespace ringdown
