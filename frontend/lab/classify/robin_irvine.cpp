// J. S. Robin, C. E. Irvine: Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine
// Monitor.
#include "frontend/lab/classify/robin_irvine.h"

#include <algorithm>
#include <array>

namespace ringdown {

namespace {

constexpr std::array<std::string_view, 1> kSgdt = {"sgdt"}, kSidt = {"sidt"}, kSldt = {"sldt"},
                                          kSmsw = {"smsw"}, kPushf = {"pushf"}, kPopf = {"popf"},
                                          kLar = {"lar"}, kLsl = {"lsl"}, kVerr = {"verr"}, kVerw = {"verw"},
                                          kPop = {"pop-sreg"}, kCall = {"call-far"}, kJmp = {"jmp-far"},
                                          kInt = {"int"}, kRet = {"ret-far"}, kStr = {"str"};
constexpr std::array<std::string_view, 2> kPush = {"push-cs", "push-sreg"},
                                          kMov = {"mov-from-sreg", "mov-to-sreg"};

constexpr std::array<RobinIrvineEntry, 18> kList = {{
    {"SGDT", kSgdt},
    {"SIDT", kSidt},
    {"SLDT", kSldt},
    {"SMSW", kSmsw},
    {"PUSHF", kPushf},
    {"POPF", kPopf},
    {"LAR", kLar},
    {"LSL", kLsl},
    {"VERR", kVerr},
    {"VERW", kVerw},
    {"POP", kPop},
    {"PUSH", kPush},
    {"CALL", kCall},
    {"JMP", kJmp},
    {"INT", kInt},
    {"RET", kRet},
    {"STR", kStr},
    {"MOV", kMov},
}};

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

std::span<const RobinIrvineEntry> robin_irvine_list() { return kList; }

bool on_robin_irvine_list(std::string_view row) {
  return std::any_of(kList.begin(), kList.end(), [row](const RobinIrvineEntry& entry) {
    return std::find(entry.rows.begin(), entry.rows.end(), row) != entry.rows.end();
  });
}

std::string_view reason_beyond_robin_irvine(std::string_view row) {
  const auto* found = std::find_if(std::begin(kReasons), std::end(kReasons),
                                   [row](const Reason& reason) { return reason.row == row; });
  return found == std::end(kReasons) ? std::string_view() : found->text;
}

}  // namespace ringdown
