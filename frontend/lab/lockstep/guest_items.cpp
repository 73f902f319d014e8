// The list of what a guest can see of its processor.
#include "frontend/lab/lockstep/guest_items.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace ringdown {

namespace {

// Items in which the architecture permits a difference between a guest that is deprivileged and one that is
// not; they are not compared. There is none: all that the manual leaves open (undefined flags, reserved bits,
// when accessed bits are set, what a TLB keeps) is decided by code that both share, and shadow tables that
// are synchronised strictly keep no more than bare paging does (docs/shadow-paging.md).
constexpr std::array<std::string_view, 0> kPermittedToDiffer{};

struct Bit {
  u32 mask;
  std::string_view name;
};
constexpr std::array kFlagNames{
    Bit{eflags::kCf, "CF"}, Bit{eflags::kPf, "PF"},   Bit{eflags::kAf, "AF"},   Bit{eflags::kZf, "ZF"},
    Bit{eflags::kSf, "SF"}, Bit{eflags::kTf, "TF"},   Bit{eflags::kIf, "IF"},   Bit{eflags::kDf, "DF"},
    Bit{eflags::kOf, "OF"}, Bit{eflags::kNt, "NT"},   Bit{eflags::kRf, "RF"},   Bit{eflags::kVm, "VM"},
    Bit{eflags::kAc, "AC"}, Bit{eflags::kVif, "VIF"}, Bit{eflags::kVip, "VIP"}, Bit{eflags::kId, "ID"}};

std::string flags_meaning(u64 value) {
  std::string text;
  for (const Bit& bit : kFlagNames) {
    if ((value & bit.mask) != 0) text += fmt::format("{}{}", text.empty() ? "" : " ", bit.name);
  }
  const u64 iopl = (value & eflags::kIopl) >> eflags::kIoplShift;
  return iopl == 0 ? text : fmt::format("{} IOPL={}", text, iopl);
}

std::string decimal(u64 value) { return fmt::format("({})", value); }

std::string shadow_meaning(u64 value) {
  switch (static_cast<InterruptShadow>(value)) {
    case InterruptShadow::None:
      return "none";
    case InterruptShadow::Sti:
      return "of STI";
    case InterruptShadow::MovSs:
      return "of MOV SS";
  }
  return {};
}

std::string activity_meaning(u64 value) {
  switch (static_cast<Activity>(value)) {
    case Activity::Running:
      return "running";
    case Activity::Halted:
      return "halted";
    case Activity::Shutdown:
      return "shut down";
  }
  return {};
}

/// Collects the items of one machine.
class ItemList {
 public:
  template <class T>
  void add(std::string name, T& value, std::string (*meaning)(u64) = nullptr) {
    static_assert(std::has_unique_object_representations_v<T>);
    add_bytes(std::move(name), std::as_writable_bytes(std::span<T, 1>(&value, 1)), meaning);
  }
  void add_bytes(std::string name, std::span<std::byte> stored, std::string (*meaning)(u64) = nullptr) {
    GuestItem item;
    item.name = std::move(name);
    item.stored = stored;
    item.meaning = meaning;
    add_item(std::move(item));
  }
  void add_derived(std::string name, u64 (*derived)(Machine&), std::string (*meaning)(u64) = nullptr) {
    GuestItem item;
    item.name = std::move(name);
    item.derived = derived;
    item.meaning = meaning;
    add_item(std::move(item));
  }
  template <class T, std::size_t N>
  void add_numbered(std::string_view name, std::array<T, N>& values) {
    for (std::size_t i = 0; i < N; ++i) add(fmt::format("{}{}", name, i), values[i]);
  }
  /// Model-specific registers with consecutive numbers.
  template <class T, std::size_t N>
  void add_registers(std::string_view name, u32 first_number, std::array<T, N>& values) {
    for (std::size_t i = 0; i < N; ++i) add(fmt::format("{} {:x}h", name, first_number + i), values[i]);
  }
  std::vector<GuestItem> take() { return std::move(items_); }

 private:
  void add_item(GuestItem item) {
    if (std::find(kPermittedToDiffer.begin(), kPermittedToDiffer.end(), item.name) ==
        kPermittedToDiffer.end())
      items_.push_back(std::move(item));
  }
  std::vector<GuestItem> items_;
};

void add_registers(ItemList& list, Registers& registers) {
  // In encoding order; the slots are wider than the registers.
  static constexpr std::array kNames{"EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    list.add_bytes(kNames[i], std::as_writable_bytes(std::span(&registers.gpr[i], 1)).first(sizeof(u32)));
  }
  list.add("EIP", registers.eip);
  list.add_derived(
      "EFLAGS", [](Machine& m) { return u64{m.processor().guest_view().eflags()}; }, flags_meaning);
}

void add_segment(ItemList& list, const std::string& name, SegmentRegister& segment) {
  list.add(name, segment.selector);
  list.add(name + " attributes", segment.attributes.value);
  list.add(name + " base", segment.base);
  list.add(name + " limit", segment.limit);
}

void add_table(ItemList& list, const std::string& name, TableRegister& table) {
  list.add(name + " base", table.base);
  list.add(name + " limit", table.limit);
}

void add_system_registers(ItemList& list, PrivilegedState& s) {
  static constexpr std::array kSegments{"ES", "CS", "SS", "DS", "FS", "GS"};
  for (std::size_t i = 0; i < kSegments.size(); ++i) add_segment(list, kSegments[i], s.segments[i]);
  add_segment(list, "LDTR", s.ldtr);
  add_segment(list, "TR", s.tr);
  add_table(list, "GDTR", s.gdtr);
  add_table(list, "IDTR", s.idtr);
  list.add("CR0", s.cr0);
  list.add("CR2", s.cr2);
  list.add("CR3", s.cr3);
  list.add("CR4", s.cr4);
  list.add_numbered("PDPTE", s.pdpte);
  list.add_numbered("DR", s.dr);
  list.add("DR6", s.dr6);
  list.add("DR7", s.dr7);
}

void add_conditions(ItemList& list, PrivilegedState& s) {
  list.add("CPL", s.cpl);
  list.add("interrupt shadow", s.shadow, shadow_meaning);
  list.add("activity", s.activity, activity_meaning);
  list.add_bytes("NMI blocked", std::as_writable_bytes(std::span(&s.nmi_blocked, 1)));
  list.add("pending debug trap", s.pending_debug);
  list.add("SMBASE", s.smm.base);
  list.add_bytes("system management mode", std::as_writable_bytes(std::span(&s.smm.active, 1)));
  list.add_bytes("NMI blocked outside it", std::as_writable_bytes(std::span(&s.smm.nmi_blocked_outside, 1)));
  list.add_derived("INTR pin", [](Machine& m) { return u64{m.processor().intr_pending() ? 1u : 0u}; });
  list.add_derived("NMI pin", [](Machine& m) { return u64{m.processor().nmi_pending() ? 1u : 0u}; });
  list.add_derived("SMI pin", [](Machine& m) { return u64{m.processor().smi_pending() ? 1u : 0u}; });
  list.add_derived("INIT pin", [](Machine& m) { return u64{m.processor().init_pending() ? 1u : 0u}; });
}

void add_model_specific(ItemList& list, ModelSpecificRegisters& msr) {
  list.add("IA32_SYSENTER_CS", msr.sysenter_cs);
  list.add("IA32_SYSENTER_ESP", msr.sysenter_esp);
  list.add("IA32_SYSENTER_EIP", msr.sysenter_eip);
  list.add("IA32_EFER", msr.efer);
  list.add("IA32_PAT", msr.pat);
  list.add("IA32_MISC_ENABLE", msr.misc_enable);
  list.add("IA32_DEBUGCTL", msr.debug_control);
  list.add("IA32_MTRR_DEF_TYPE", msr.mtrr_default);
  list.add_registers("MTRR", 0x200, msr.mtrr_variable);
  static constexpr std::array<u32, 11> kFixed{0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
                                              0x26b, 0x26c, 0x26d, 0x26e, 0x26f};
  for (std::size_t i = 0; i < kFixed.size(); ++i)
    list.add(fmt::format("MTRR {:x}h", kFixed[i]), msr.mtrr_fixed[i]);
  list.add_registers("performance counter", 0x300, msr.performance_counter);
  list.add("TSC offset", msr.tsc_offset);
}

void add_float(ItemList& list, X87State& x87, SseState& sse) {
  constexpr std::size_t kFloat80Bytes = 10;  // the rest of the slot is padding
  for (std::size_t i = 0; i < x87.registers.size(); ++i) {
    list.add_bytes(fmt::format("x87 R{}", i),
                   std::as_writable_bytes(std::span(&x87.registers[i], 1)).first(kFloat80Bytes));
  }
  list.add("x87 control", x87.control);
  list.add("x87 status", x87.status);
  list.add("x87 valid", x87.valid);
  list.add("x87 FOP", x87.last_opcode);
  list.add("x87 FIP", x87.instruction_offset);
  list.add("x87 FCS", x87.instruction_selector);
  list.add("x87 FDP", x87.data_offset);
  list.add("x87 FDS", x87.data_selector);
  list.add_numbered("XMM", sse.xmm);
  list.add("MXCSR", sse.mxcsr);
}

}  // namespace

u128 value_of(const GuestItem& item, Machine& machine) {
  if (item.derived != nullptr) return item.derived(machine);
  u128 value = 0;
  std::memcpy(&value, item.stored.data(), item.stored.size());
  return value;
}

std::string digits_of(const GuestItem& item, u128 value) {
  const u64 high = static_cast<u64>(value >> 64);
  const u64 low = static_cast<u64>(value);
  const unsigned digits = item.digits();
  constexpr unsigned kLowDigits = 16;
  if (digits <= kLowDigits) return fmt::format("{:0{}x}", low, digits);
  return fmt::format("{:0{}x}{:016x}", high, digits - kLowDigits, low);
}

std::string text_of(const GuestItem& item, u128 value) {
  const std::string meaning = item.meaning != nullptr ? item.meaning(static_cast<u64>(value)) : "";
  return digits_of(item, value) + (meaning.empty() ? "" : " " + meaning);
}

std::vector<GuestItem> guest_items(Machine& machine) {
  Processor& processor = machine.processor();
  PrivilegedState& state = processor.guest_view().state;
  ItemList list;
  add_registers(list, processor.registers);
  add_system_registers(list, state);
  add_conditions(list, state);
  add_model_specific(list, state.msr);
  add_float(list, processor.x87, processor.sse);
  list.add_derived(
      "instructions", [](Machine& m) { return u64{m.ticks()}; }, decimal);
  list.add_derived(
      "virtual time (ps)", [](Machine& m) { return m.scheduler().now(); }, decimal);
  return list.take();
}

std::vector<GuestPart> guest_parts(Machine& machine) {
  std::vector<Serializable*> parts{&machine.scheduler(), &machine.inputs()};
  const std::vector<Serializable*> devices = machine.board().components();
  parts.insert(parts.end(), devices.begin(), devices.end());
  std::vector<GuestPart> named;
  for (Serializable* const part : parts) {
    const ChunkTag tag = part->chunk_tag();
    std::string name(tag.text.begin(), tag.text.end());
    name.erase(name.find_last_not_of(' ') + 1);
    named.push_back({std::move(name), part});
  }
  return named;
}

}  // namespace ringdown
