// The list of instructions in the table's order. Their operands stand in the guest, roms/lab/probes.
#include "frontend/lab/table/probed_instructions.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace ringdown {

namespace {

using enum ProbedInstruction::Group;

constexpr std::string_view kDescriptor =
    "it judges by the ring the kernel really runs in, on the monitor's tables";
constexpr std::string_view kSelector = "the selector shows the ring that the kernel really runs in";
constexpr std::string_view kSegmentLoad =
    "the selector is checked against the ring the kernel really runs in";
constexpr std::string_view kReturn = "a return to what is the real ring is one within the ring: SS:ESP stay";
constexpr std::string_view kMode = "entry and exit concern the real ring";

constexpr std::array kInstructions{
    ProbedInstruction{"SGDT", "3B", RobinIrvine, "it stores where the monitor's table is, not the kernel's"},
    ProbedInstruction{"SIDT", "3B", RobinIrvine, "it stores where the monitor's table is, not the kernel's"},
    ProbedInstruction{"SLDT", "3B", RobinIrvine, "it stores the monitor's selector, not the kernel's"},
    ProbedInstruction{"SMSW", "3B", RobinIrvine, "it stores the real CR0, not the kernel's"},
    ProbedInstruction{"PUSHF", "3B", RobinIrvine, "it pushes the real IF and IOPL, not the kernel's"},
    ProbedInstruction{"POPF", "3B", RobinIrvine, "its change of IF or IOPL is dropped, and nobody is told"},
    ProbedInstruction{"LAR", "3C", RobinIrvine, kDescriptor},
    ProbedInstruction{"LSL", "3C", RobinIrvine, kDescriptor},
    ProbedInstruction{"VERR", "3C", RobinIrvine, kDescriptor},
    ProbedInstruction{"VERW", "3C", RobinIrvine, kDescriptor},
    ProbedInstruction{"POP Sreg", "3C", RobinIrvine, kSegmentLoad},
    ProbedInstruction{"PUSH Sreg", "3C", RobinIrvine, kSelector},
    ProbedInstruction{"far CALL", "3C", RobinIrvine, "the CS that it pushes shows the real ring"},
    ProbedInstruction{"far JMP", "3C", RobinIrvine, kSegmentLoad},
    ProbedInstruction{"INT n", "3C", RobinIrvine, "CS and IF that it pushes are the real ones"},
    ProbedInstruction{"far RET", "3C", RobinIrvine, kReturn},
    ProbedInstruction{"STR", "3C", RobinIrvine, "it stores the monitor's selector, not the kernel's"},
    ProbedInstruction{"MOV Sreg", "3C", RobinIrvine, kSelector},
    ProbedInstruction{"IRET", "3C", Further,
                      "IF stays as it is, and SS:ESP do if it stays within the real ring"},
    ProbedInstruction{"LDS", "3C", Further, kSegmentLoad},
    ProbedInstruction{"LES", "3C", Further, kSegmentLoad},
    ProbedInstruction{"LFS", "3C", Further, kSegmentLoad},
    ProbedInstruction{"LGS", "3C", Further, kSegmentLoad},
    ProbedInstruction{"LSS", "3C", Further, kSegmentLoad},
    ProbedInstruction{"SYSENTER", "3A", Further, kMode},
    ProbedInstruction{"SYSEXIT", "3A", Further, kMode},
    ProbedInstruction{"CPUID", "3A", Further, "it tells of the real processor"},
    ProbedInstruction{"RDTSC", "3B", Further, "it tells the real time"},
    ProbedInstruction{"ADD", "-", Control, "its result depends on the ring: no monitor can mend that"},
    ProbedInstruction{"MOV", "-", Control, "its result depends on the ring: no monitor can mend that"},
    ProbedInstruction{"CLI", "3B", Control, "its change of IF is dropped, and nobody is told"},
    ProbedInstruction{"HLT", "3A", Control, "it halts the real processor"},
    ProbedInstruction{"MOV CR0", "3B", Control, "it writes the real register"},
    ProbedInstruction{"LGDT", "3B", Control, "it writes the real register"},
    ProbedInstruction{"IN", "3D", Control, "it reads a real device"},
};

}  // namespace

std::span<const ProbedInstruction> probed_instructions() { return kInstructions; }

std::string word_of(std::string_view name) {
  std::string word(name);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return c == ' ' ? '-' : static_cast<char>(std::tolower(c)); });
  return word;
}

const ProbedInstruction* find_probed_instruction(std::string_view name) {
  const auto* const found = std::find_if(
      kInstructions.begin(), kInstructions.end(),
      [&](const ProbedInstruction& instruction) { return word_of(instruction.name) == word_of(name); });
  return found == kInstructions.end() ? nullptr : found;
}

std::string_view title_of(ProbedInstruction::Group group) {
  switch (group) {
    case RobinIrvine:
      return "Robin and Irvine's list";
    case Further:
      return "Further instructions of that kind";
    case Control:
      return "For comparison: innocuous and privileged instructions";
  }
  return {};
}

}  // namespace ringdown
