// What the console shows.
#include "frontend/debug/console_views.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "cpu/instruction_table.h"
#include "cpu/paging_controls.h"
#include "frontend/debug/disassembly.h"
#include "frontend/machine/guest_linear.h"
#include "mmu/page_entry.h"

namespace ringdown {

namespace {

std::string segment_text(const SegmentRegister& s) {
  return fmt::format("{:04x} base {:08x} limit {:08x} {:04x}", s.selector, s.base, s.limit,
                     s.attributes.value);
}

/// Two columns: what the guest sees, and what the processor has.
class Columns {
 public:
  Columns(const PrivilegedState& virtual_state, const PrivilegedState* physical_state)
      : virtual_(virtual_state), physical_(physical_state) {
    text_ = physical_ != nullptr ? fmt::format("{:<6}{:<44}{}\n", "", "virtual", "physical") : "";
  }

  template <class Describe>
  void row(std::string_view name, Describe describe) {
    const std::string left = describe(virtual_);
    if (physical_ == nullptr) {
      text_ += fmt::format("{:<6}{}\n", name, left);
      return;
    }
    const std::string right = describe(*physical_);
    text_ += fmt::format("{:<6}{:<44}{}{}\n", name, left, right, left == right ? "" : " *");
  }
  std::string take() { return std::move(text_); }

 private:
  const PrivilegedState& virtual_;
  const PrivilegedState* physical_;
  std::string text_;
};

std::string shared_registers(const SystemView& guest) {
  static constexpr std::array kNames{"EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"};
  std::string text;
  for (unsigned i = 0; i < kNames.size(); ++i) {
    text += fmt::format("{} {:08x}{}", kNames[i], guest.registers.get(static_cast<Gpr>(i)),
                        i % 4 == 3 ? "\n" : "  ");
  }
  return text + fmt::format("EIP {:08x}  flags {:08x}\n", guest.registers.eip, guest.registers.flags.value());
}

}  // namespace

std::string entry_flags(u64 entry) {
  using namespace page_entry;
  std::string text;
  const auto flag = [&](bool set, const char* name) { text += set ? fmt::format(" {}", name) : ""; };
  flag(Present::get(entry), "present");
  flag(Writable::get(entry), "writable");
  flag(User::get(entry), "user");
  flag(Accessed::get(entry), "accessed");
  flag(Dirty::get(entry), "dirty");
  flag(PageSize::get(entry), "PS");
  flag(NoExecute::get(entry), "NX");
  return text;
}

std::string registers_view(Machine& machine) {
  Processor& processor = machine.processor();
  const SystemView& guest = processor.guest_view();
  Columns columns(guest.state, machine.monitor() != nullptr ? &processor.state : nullptr);
  columns.row("CPL", [](const PrivilegedState& s) { return fmt::format("{}", s.cpl); });
  columns.row("EFL", [](const PrivilegedState& s) {
    return fmt::format("{:08x} IF={} IOPL={} VM={}", s.flags, (s.flags & eflags::kIf) != 0 ? 1 : 0, s.iopl(),
                       s.virtual_8086() ? 1 : 0);
  });
  static constexpr std::array kSegmentNames{"ES", "CS", "SS", "DS", "FS", "GS"};
  for (unsigned i = 0; i < kSegmentNames.size(); ++i) {
    columns.row(kSegmentNames[i], [i](const PrivilegedState& s) { return segment_text(s.segments[i]); });
  }
  columns.row("LDTR", [](const PrivilegedState& s) { return segment_text(s.ldtr); });
  columns.row("TR", [](const PrivilegedState& s) { return segment_text(s.tr); });
  columns.row("GDTR", [](const PrivilegedState& s) {
    return fmt::format("{:08x} limit {:04x}", s.gdtr.base, s.gdtr.limit);
  });
  columns.row("IDTR", [](const PrivilegedState& s) {
    return fmt::format("{:08x} limit {:04x}", s.idtr.base, s.idtr.limit);
  });
  columns.row("CR0", [](const PrivilegedState& s) { return fmt::format("{:08x}", s.cr0); });
  columns.row("CR2", [](const PrivilegedState& s) { return fmt::format("{:08x}", s.cr2); });
  columns.row("CR3", [](const PrivilegedState& s) { return fmt::format("{:08x}", s.cr3); });
  columns.row("CR4", [](const PrivilegedState& s) { return fmt::format("{:08x}", s.cr4); });
  columns.row("DR7", [](const PrivilegedState& s) { return fmt::format("{:08x}", s.dr7); });
  columns.row("EFER", [](const PrivilegedState& s) { return fmt::format("{:016x}", s.msr.efer); });
  return shared_registers(guest) + columns.take();
}

std::string disassembly_view(Machine& machine, GuestLinear address, u64 count) {
  const bool code32 = machine.processor().guest_view().state.segment(Segment::Cs).attributes.big();
  std::string text;
  for (; count > 0; --count) {
    std::array<u8, kLongestInstruction> bytes{};
    const std::size_t available = read_linear(machine, address, bytes);
    if (available == 0) return text + fmt::format("{:08x}  not readable\n", address.value);
    const Disassembly found = disassemble(std::span(bytes).first(available), address.value, code32);
    std::string hex;
    for (u32 i = 0; i < found.length; ++i) hex += fmt::format("{:02x}", bytes[i]);
    text += fmt::format("{:08x}  {:<22}{}\n", address.value, hex,
                        found.text.empty() ? "(no instruction)" : found.text);
    address = address + found.length;
  }
  return text;
}

std::string memory_view(Machine& machine, GuestLinear address, u32 count) {
  constexpr u32 kPerLine = 16;
  std::string text;
  while (count > 0) {
    std::array<u8, kPerLine> bytes{};
    const u32 wanted = std::min(count, kPerLine);
    const std::size_t available = read_linear(machine, address, std::span(bytes).first(wanted));
    if (available == 0) return text + fmt::format("{:08x}  not readable\n", address.value);
    std::string hex;
    std::string characters;
    for (std::size_t i = 0; i < available; ++i) {
      hex += fmt::format("{:02x} ", bytes[i]);
      characters += bytes[i] >= ' ' && bytes[i] <= '~' ? static_cast<char>(bytes[i]) : '.';
    }
    text += fmt::format("{:08x}  {:<48} {}\n", address.value, hex, characters);
    address = address + static_cast<u32>(available);
    count -= static_cast<u32>(available);
  }
  return text;
}

std::string walk_view(Machine& machine, GuestLinear address) {
  const PagingControls controls = paging_controls(machine.processor().guest_view());
  const WalkResult walk = walk_page(machine.memory(), controls, address);
  std::string text;
  if (!controls.paging) text += "paging is off: linear = physical\n";
  for (unsigned i = 0; i < walk.depth; ++i) {
    const WalkStep& step = walk.steps[i];
    text += fmt::format("{} at {:08x}: {:08x}{}\n", step.level == 2 ? "directory entry" : "table entry    ",
                        step.entry_address.value, step.entry, entry_flags(step.entry));
  }
  if (walk.reserved_bit) {
    text += "a reserved bit is set: page fault\n";
  } else if (!walk.present) {
    text += "not present: page fault\n";
  } else {
    const u64 physical = walk.page.value + (address.value & kPageOffsetMask);
    text += fmt::format("linear {:08x} is guest-physical {:08x}{}\n", address.value, physical,
                        walk.large ? ", in a large page" : "");
  }
  if (machine.monitor() == nullptr) return text;
  const PagingTechnique& paging = machine.monitor()->paging();
  text += fmt::format("{}: {}\n", name_of(paging.technique()), paging.describe(address));
  return text;
}

std::string traps_view(Machine& machine) {
  if (machine.monitor() == nullptr) return "bare: there is no monitor that could be entered.\n";
  const MonitorStatistics& s = machine.monitor()->statistics();
  std::string text;
#define RINGDOWN_TRAP_LINE(id, name, meaning)                                                           \
  text += fmt::format("{:>14}  {:<14} {}\n", s.by_cause[static_cast<std::size_t>(TrapCause::id)], name, \
                      meaning);
  RINGDOWN_TRAP_CAUSES(RINGDOWN_TRAP_LINE)
#undef RINGDOWN_TRAP_LINE
  // Rows of one instruction share a name.
  std::map<std::string_view, u64> counts;
  for (std::size_t i = 0; i < s.by_instruction.size(); ++i) {
    if (s.by_instruction[i] != 0) counts[instruction_table()[i].name] += s.by_instruction[i];
  }
  std::vector<std::pair<u64, std::string_view>> rows;
  for (const auto& [name, count] : counts) rows.emplace_back(count, name);
  std::sort(rows.rbegin(), rows.rend());
  constexpr std::size_t kShown = 20;
  text += "by instruction:\n";
  for (std::size_t i = 0; i < std::min(rows.size(), kShown); ++i) {
    text += fmt::format("{:>14}  {}\n", rows[i].first, rows[i].second);
  }
  return text;
}

std::string policy_view(Machine& machine) {
  const Policy& policy = machine.monitor()->policy_in_force();
  std::string let_through;
  std::string trapped;
  for (std::size_t i = 0; i < instruction_table().size(); ++i) {
    const InstructionRow& row = instruction_table()[i];
    if (row.sensitivity != Sensitivity::SensitiveUnprivileged) continue;
    std::string& list = policy.lets_through(static_cast<InstructionId>(i)) ? let_through : trapped;
    const std::string name(row.name);
    if (!list.ends_with(" " + name)) list += " " + name;
  }
  std::string text = fmt::format("trapped:{}\nlet through:{}\n", trapped.empty() ? " nothing" : trapped,
                                 let_through.empty() ? " nothing" : let_through);
  if (const std::optional<GuestLinear> handover = machine.monitor()->awaited_handover()) {
    text += fmt::format("--let-through waits for the firmware to hand over at {:08x}\n", handover->value);
  }
  return text;
}

}  // namespace ringdown
