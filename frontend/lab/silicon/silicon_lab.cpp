// Runs each probe of roms/lab/silicon.asm in a process of its own, and the probes of `lab table` for
// comparison.
#include "frontend/lab/silicon/silicon_lab.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "frontend/fault_story.h"
#include "frontend/lab/silicon/host_silicon.h"
#include "frontend/lab/silicon/silicon_probes.h"
#include "frontend/lab/table/probe_run.h"

namespace ringdown {

namespace {

/// Linux's answers in the place of instructions that UMIP trapped (arch/x86/kernel/umip.c).
struct FakedValue {
  std::string_view instruction;
  std::string_view value;
};
constexpr std::array kFaked{
    FakedValue{"SGDT", "base=fffe0000 limit=0000"},
    FakedValue{"SIDT", "base=ffff0000 limit=0000"},
    FakedValue{"SLDT", "LDTR=0000"},
    FakedValue{"STR", "TR=0040"},
    FakedValue{"SMSW", "CR0=80050033"},
};

bool is_faked(const SiliconProbe& probe, const std::string& value) {
  return std::any_of(kFaked.begin(), kFaked.end(), [&](const FakedValue& faked) {
    return faked.instruction == probe.instruction && faked.value == value;
  });
}

std::string exception_text(const HostEnd& end) {
  std::string text = vector_name(end.vector);
  if (has_error_code(static_cast<Vector>(end.vector))) text += fmt::format(" {:04x}", end.error_code);
  return text;
}

struct VerdictText {
  std::string_view name;
  std::string_view explanation;
};
/// In the order of SiliconVerdict.
constexpr std::array<VerdictText, 5> kVerdicts{{
    {"silent", "it was executed, and nobody was told"},
    {"trapped", "the processor raised an exception: whoever runs the machine gets control"},
    {"faked", "UMIP trapped it, and the host's kernel answered with a constant of its own"},
    {"system call", "it entered the host's kernel as a system call, which a filter refused"},
    {"lost", "its process ended without an answer"},
}};
static_assert(kVerdicts.size() == static_cast<std::size_t>(SiliconVerdict::Lost) + 1);

const VerdictText& text_of(SiliconVerdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

/// What showed, and how that is called.
void judge(const SiliconProbe& probe, const HostEnd& end, SiliconRow& row) {
  const bool completed = end.kind == HostEnd::Kind::Exception && end.rip == probe.end;
  if (!completed) row.signal = end.signal;
  switch (end.kind) {
    case HostEnd::Kind::SystemCall:
      row.verdict = SiliconVerdict::SystemCall;
      row.host = "a system call";
      return;
    case HostEnd::Kind::Killed:
      row.verdict = SiliconVerdict::Lost;
      row.host = "no answer";
      return;
    case HostEnd::Kind::Exception:
      break;
  }
  if (!completed) {
    row.verdict = end.rip == probe.at ? SiliconVerdict::Trapped : SiliconVerdict::Lost;
    row.host = exception_text(end);
    return;
  }
  row.host = probe.value(end.ebx, end.ecx);
  row.verdict =
      silicon_has_umip() && is_faked(probe, row.host) ? SiliconVerdict::Faked : SiliconVerdict::Silent;
}

/// `lab table` for an application: a kernel that is let through at ring 3, on a processor like the host's.
Result<std::vector<InstructionTableRow>> emulated_table() {
  InstructionTableSettings settings;
  if (silicon_has_umip()) settings.cpu_model = kUmipModel;
  settings.rings = {Deprivilege::Ring3};
  return measure_instruction_table(settings);
}

std::string emulated_value(const SiliconProbe& probe, const std::vector<InstructionTableRow>& table) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const InstructionTableRow& row) {
    return row.instruction->name == probe.instruction && row.operands == probe.emulated_operands;
  });
  return found == table.end() ? std::string() : found->through;
}

}  // namespace

std::string_view name_of(SiliconVerdict verdict) { return text_of(verdict).name; }

bool SiliconRow::agrees() const {
  const bool trapped = verdict == SiliconVerdict::Trapped || verdict == SiliconVerdict::Faked;
  return comparable() && trapped == is_exception(emulated);
}

Result<std::vector<SiliconRow>> measure_silicon() {
  if (const std::optional<Error> why = why_no_silicon()) return *why;
  const Result<std::vector<InstructionTableRow>> table = emulated_table();
  if (!table) return table.error();
  std::vector<SiliconRow> rows;
  for (const SiliconProbe& probe : silicon_probes()) {
    const Result<HostEnd> end = run_on_silicon(silicon_image(), probe.entry);
    if (!end) return end.error();
    SiliconRow row;
    row.instruction = find_probed_instruction(probe.instruction);
    row.operands = probe.operands;
    row.emulated = emulated_value(probe, *table);
    if (row.comparable()) row.emulated_operands = probe.emulated_operands;
    judge(probe, *end, row);
    row.explanation = text_of(row.verdict).explanation;
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const SiliconRow& a, const SiliconRow& b) { return a.instruction < b.instruction; });
  return rows;
}

std::string silicon_json(const std::vector<SiliconRow>& rows) {
  nlohmann::ordered_json table = nlohmann::ordered_json::array();
  for (const SiliconRow& row : rows) {
    nlohmann::ordered_json object{{"instruction", row.instruction->name},
                                  {"class", row.instruction->klass},
                                  {"operands", row.operands},
                                  {"host", row.host},
                                  {"signal", nullptr},
                                  {"verdict", name_of(row.verdict)},
                                  {"emulated_operands", nullptr},
                                  {"emulated", nullptr},
                                  {"agrees", nullptr},
                                  {"explanation", row.explanation}};
    if (!row.signal.empty()) object["signal"] = row.signal;
    if (row.comparable()) {
      object["emulated_operands"] = row.emulated_operands;
      object["emulated"] = row.emulated;
      object["agrees"] = row.agrees();
    }
    table.push_back(std::move(object));
  }
  constexpr int kIndent = 1;
  return table.dump(kIndent) + "\n";
}

std::string silicon_text(const std::vector<SiliconRow>& rows) {
  constexpr const char* kLine = "{:<10} {:<6} {:<32} {:<25} {:<12} {}\n";
  std::string text = fmt::format("{}, UMIP: {}\n\n", silicon_name(), silicon_has_umip() ? "yes" : "no");
  text += fmt::format(kLine, "", "class", "operands", "on this processor", "verdict", "emulated, ring 3");
  for (const SiliconRow& row : rows) {
    const std::string host = row.signal.empty() ? row.host : fmt::format("{}, {}", row.host, row.signal);
    const char* const note = row.comparable() && !row.agrees() ? " (differs)" : "";
    text += fmt::format(kLine, row.instruction->name, row.instruction->klass, row.operands, host,
                        name_of(row.verdict), row.comparable() ? row.emulated + note : "-");
  }
  text += "\n";
  for (const VerdictText& verdict : kVerdicts) {
    const auto count = std::count_if(rows.begin(), rows.end(), [&](const SiliconRow& row) {
      return name_of(row.verdict) == verdict.name;
    });
    if (count != 0) text += fmt::format("{:>3} {:<12} {}\n", count, verdict.name, verdict.explanation);
  }
  const auto comparable = std::count_if(rows.begin(), rows.end(), std::mem_fn(&SiliconRow::comparable));
  const auto agreeing = std::count_if(rows.begin(), rows.end(), std::mem_fn(&SiliconRow::agrees));
  return text + fmt::format("\nEmulation and processor agree on what traps in {} of {} rows that compare.\n",
                            agreeing, comparable);
}

}  // namespace ringdown
