// J. S. Robin, C. E. Irvine: Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine
// Monitor.
#include "frontend/lab/classify/robin_irvine.h"

#include <algorithm>
#include <array>

#include "cpu/instruction_table.h"
#include "frontend/lab/table/probed_instructions.h"

namespace ringdown {

namespace {

/// Those whose rows have another name.
struct RenamedEntry {
  std::string_view mnemonic;
  std::array<std::string_view, 2> rows;
};
constexpr RenamedEntry kRenamed[] = {
    {"POP Sreg", {"pop-sreg"}},
    {"PUSH Sreg", {"push-cs", "push-sreg"}},
    {"far CALL", {"call-far"}},
    {"far JMP", {"jmp-far"}},
    {"far RET", {"ret-far"}},
    {"INT n", {"int"}},
    {"MOV Sreg", {"mov-from-sreg", "mov-to-sreg"}},
};

std::vector<std::string_view> rows_of(std::string_view mnemonic) {
  std::vector<std::string_view> rows;
  const auto* const renamed =
      std::find_if(std::begin(kRenamed), std::end(kRenamed),
                   [mnemonic](const RenamedEntry& entry) { return entry.mnemonic == mnemonic; });
  for (const InstructionRow& row : instruction_table()) {
    const bool meant = renamed == std::end(kRenamed) ? row.name == word_of(mnemonic)
                                                     : std::find(renamed->rows.begin(), renamed->rows.end(),
                                                                 row.name) != renamed->rows.end();
    if (meant && (rows.empty() || rows.back() != row.name)) rows.push_back(row.name);
  }
  return rows;
}

struct Reason {
  std::string_view row;
  std::string_view text;
};
constexpr std::string_view kSegmentLoad =
    "loads a segment register, with the base, limit and rights behind it, as MOV and POP do: their list has "
    "those "
    "two only";
constexpr std::string_view kLikeInt =
    "goes through the IDT as INT n does, which stands for it on their list: an IDT of the monitor's is "
    "entered";
constexpr std::string_view kStoresSelector =
    "stores FCS, the selector of the code segment in which the last x87 instruction ran: its RPL is the CPL";
constexpr std::string_view kImageFormat =
    "the image has another format where segments are paragraphs: CR0.PE decides, in ring 0. A monitor that "
    "runs a "
    "guest's real mode in virtual-8086 mode keeps the format";
constexpr Reason kReasons[] = {
    {"lds", kSegmentLoad},
    {"les", kSegmentLoad},
    {"lfs", kSegmentLoad},
    {"lgs", kSegmentLoad},
    {"lss", kSegmentLoad},
    {"int3", kLikeInt},
    {"into", kLikeInt},
    {"int1", kLikeInt},
    {"iret",
     "returns to the ring that the selector on the stack names, and outside ring 0 drops changes of IOPL and "
     "IF; "
     "only with a selector of ring 0 does it trap"},
    {"sysenter",
     "takes any ring to ring 0 at the monitor's entry point. There is no trap to ask for but SYSENTER_CS 0, "
     "with "
     "which it traps in ring 0 too"},
    {"cpuid",
     "tells whether IA32_APIC_BASE enables a local APIC. What it says of the processor's identity is the "
     "same in "
     "all states, and so nothing that this method can see"},
    {"fnstenv", kStoresSelector},
    {"fnsave", kStoresSelector},
    {"fxsave",
     "stores FCS, the selector of the code segment in which the last x87 instruction ran: its RPL is the "
     "CPL; and "
     "the XMM registers only with CR4.OSFXSR"},
    {"fldenv", kImageFormat},
    {"frstor", kImageFormat},
    {"fxrstor", "loads the XMM registers and MXCSR only with CR4.OSFXSR"},
};

}  // namespace

std::span<const RobinIrvineEntry> robin_irvine_list() {
  static const std::vector<RobinIrvineEntry> list = [] {
    std::vector<RobinIrvineEntry> entries;
    for (const ProbedInstruction& instruction : probed_instructions()) {
      if (instruction.group == ProbedInstruction::Group::RobinIrvine)
        entries.push_back({instruction.name, rows_of(instruction.name)});
    }
    return entries;
  }();
  return list;
}

bool on_robin_irvine_list(std::string_view row) {
  const std::span<const RobinIrvineEntry> list = robin_irvine_list();
  return std::any_of(list.begin(), list.end(), [row](const RobinIrvineEntry& entry) {
    return std::find(entry.rows.begin(), entry.rows.end(), row) != entry.rows.end();
  });
}

std::string_view reason_beyond_robin_irvine(std::string_view row) {
  const auto* found = std::find_if(std::begin(kReasons), std::end(kReasons),
                                   [row](const Reason& reason) { return reason.row == row; });
  return found == std::end(kReasons) ? std::string_view() : found->text;
}

}  // namespace ringdown
