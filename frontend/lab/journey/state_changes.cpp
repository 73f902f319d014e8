// A row for each item, and one comparison for all of them.
#include "frontend/lab/journey/state_changes.h"

#include <fmt/core.h>

#include <array>

namespace ringdown {

namespace {

struct Item {
  const char* name;
  u64 (*value)(const VirtualState&);
  int digits;  // hexadecimal; 0: decimal
};

template <Segment S>
u64 selector(const VirtualState& s) {
  return s.privileged.segment(S).selector;
}
template <u32 PrivilegedState::*Register>
u64 control(const VirtualState& s) {
  return s.privileged.*Register;
}
template <u32 ModelSpecificRegisters::*Register>
u64 model_specific(const VirtualState& s) {
  return s.privileged.msr.*Register;
}
template <Gpr R>
u64 general(const VirtualState& s) {
  return s.registers.get(R);
}
template <u32 Bit>
u64 flag(const VirtualState& s) {
  return (s.privileged.flags & Bit) != 0 ? 1 : 0;
}

constexpr std::array kItems{
    Item{"CS", selector<Segment::Cs>, 4},
    Item{"SS", selector<Segment::Ss>, 4},
    Item{"ESP", general<Gpr::Esp>, 8},
    Item{"DS", selector<Segment::Ds>, 4},
    Item{"ES", selector<Segment::Es>, 4},
    Item{"FS", selector<Segment::Fs>, 4},
    Item{"GS", selector<Segment::Gs>, 4},
    Item{"IF", flag<eflags::kIf>, 0},
    Item{"IOPL", [](const VirtualState& s) -> u64 { return s.privileged.iopl(); }, 0},
    Item{"VM", flag<eflags::kVm>, 0},
    Item{"VIF", flag<eflags::kVif>, 0},
    Item{"VIP", flag<eflags::kVip>, 0},
    Item{"EAX", general<Gpr::Eax>, 8},
    Item{"ECX", general<Gpr::Ecx>, 8},
    Item{"EDX", general<Gpr::Edx>, 8},
    Item{"EBX", general<Gpr::Ebx>, 8},
    Item{"EBP", general<Gpr::Ebp>, 8},
    Item{"ESI", general<Gpr::Esi>, 8},
    Item{"EDI", general<Gpr::Edi>, 8},
    Item{"CR0", control<&PrivilegedState::cr0>, 8},
    Item{"CR2", control<&PrivilegedState::cr2>, 8},
    Item{"CR3", control<&PrivilegedState::cr3>, 8},
    Item{"CR4", control<&PrivilegedState::cr4>, 8},
    Item{"GDTR", [](const VirtualState& s) -> u64 { return s.privileged.gdtr.base; }, 8},
    Item{"IDTR", [](const VirtualState& s) -> u64 { return s.privileged.idtr.base; }, 8},
    Item{"LDTR", [](const VirtualState& s) -> u64 { return s.privileged.ldtr.selector; }, 4},
    Item{"TR", [](const VirtualState& s) -> u64 { return s.privileged.tr.selector; }, 4},
    Item{"DR6", control<&PrivilegedState::dr6>, 8},
    Item{"DR7", control<&PrivilegedState::dr7>, 8},
    Item{"SYSENTER_CS", model_specific<&ModelSpecificRegisters::sysenter_cs>, 4},
    Item{"SYSENTER_ESP", model_specific<&ModelSpecificRegisters::sysenter_esp>, 8},
    Item{"SYSENTER_EIP", model_specific<&ModelSpecificRegisters::sysenter_eip>, 8},
};

}  // namespace

std::vector<StateChange> changes_between(const VirtualState& before, const VirtualState& after) {
  std::vector<StateChange> changes;
  for (const Item& item : kItems) {
    const u64 old_value = item.value(before);
    const u64 new_value = item.value(after);
    if (old_value == new_value) continue;
    const auto text = [&](u64 value) {
      return item.digits == 0 ? fmt::format("{}", value) : fmt::format("{:0{}x}", value, item.digits);
    };
    changes.push_back({item.name, text(old_value), text(new_value)});
  }
  return changes;
}

}  // namespace ringdown
