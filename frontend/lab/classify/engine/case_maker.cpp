// Operands are drawn from values that mean something to some instruction or other: edges of integers,
// selectors, offsets of code and data, images of EFLAGS, numbers of model-specific registers.
#include "frontend/lab/classify/engine/case_maker.h"

#include <algorithm>

#include "cpu/system/msr_numbers.h"

namespace ringdown::classify {

namespace {

constexpr u8 kOperandSize = 0x66, kAddressSize = 0x67, kTwoByteEscape = 0x0f;
constexpr std::array<u8, 8> kPrefixes = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf2, 0xf3};
constexpr std::array<u32, 16> kEdges = {0,           1,           2,      3,          0x7f,   0x80,
                                        0xff,        0x100,       0x7fff, 0x8000,     0xfff0, 0xffff,
                                        0x7fff'ffff, 0x8000'0000, 0x1234, 0xffff'ffff};
/// Of the program's rings, as it would use them itself.
constexpr std::array<u16, 8> kOwnSelectors = {kCode0,     kData0,     kCode1 | 1, kData1 | 1,
                                              kCode2 | 2, kData2 | 2, kCode3 | 3, kData3 | 3};
constexpr std::array<u16, 24> kOtherSelectors = {0,
                                                 kAbsent,
                                                 kConforming,
                                                 kReadOnly,
                                                 kExecuteOnly,
                                                 kGate3,
                                                 kGate1,
                                                 kGate0,
                                                 kTaskGate,
                                                 kTask,
                                                 kTaskAgain,
                                                 kTask2,
                                                 kTask2Again,
                                                 kLocalTable,
                                                 kLocalTableAgain,
                                                 kOtherLocal,
                                                 kCode1,
                                                 kData1,
                                                 kCode3,
                                                 kData3,
                                                 kLocalData3 & 0xfffc,
                                                 kLocalData0,
                                                 kLocalCode3 & 0xfffc,
                                                 0xf8};
constexpr std::array<u32, 12> kModelSpecific = {
    msr::kTsc,        msr::kApicBase,      msr::kSysenterCs, msr::kSysenterEsp,     msr::kSysenterEip,
    msr::kPat,        msr::kMtrrVariable0, msr::kMtrrFix64K, msr::kMtrrDefaultType, msr::kNetburstCounter0,
    msr::kP6Counter0, msr::kP5Cesr};

u8 with_other_size(u8 prefix) {
  if (prefix == 0) return kOperandSize;
  return prefix == kOperandSize ? u8{0} : prefix;
}

}  // namespace

CaseMaker::CaseMaker(const Subject& subject, u64 seed, u64 number)
    : subject_(subject), random_(seed, u64{subject.number} << 32 | number) {}

u32 CaseMaker::edge_value() {
  if (random_.percent(70)) return random_.of(kEdges);
  if (random_.percent(50)) return random_.below(256);
  // As an offset, or as that of a bit, it leads to where nothing is.
  return 0x0100'0000 | random_.below(0x7f00'0000);
}

/// Mostly one and the same in a case, so that it stands where the instruction looks for one.
u32 CaseMaker::selector() { return random_.percent(70) ? selector_ : any_selector(); }

u32 CaseMaker::any_selector() {
  return random_.percent(60) ? random_.of(kOwnSelectors) : random_.of(kOtherSelectors) | random_.below(4);
}

u32 CaseMaker::code_offset() { return random_.percent(50) ? kHandler : kOtherHandler; }

u32 CaseMaker::flag_image() {
  u32 image = eflags::kReserved1;
  for (const u32 bit : {eflags::kCf, eflags::kPf, eflags::kAf, eflags::kZf, eflags::kSf, eflags::kOf,
                        eflags::kIf, eflags::kDf, eflags::kAc})
    image ^= random_.percent(50) ? bit : 0;
  image |= random_.below(4) << eflags::kIoplShift;
  if (random_.percent(5)) image |= eflags::kVm;
  return image;
}

void CaseMaker::append(Case& c, u32 value, unsigned bytes) {
  for (unsigned i = 0; i < bytes && c.length < Case::kMaximumLength; ++i)
    c.bytes[c.length++] = static_cast<u8>(value >> (8 * i));
}

void CaseMaker::append_code(Case& c, const OpcodeForm& form, bool extra_prefix) {
  if (extra_prefix) append(c, random_.percent(60) ? kOperandSize : random_.of(kPrefixes), 1);
  if (form.prefix != 0) append(c, form.prefix, 1);
  if (form.two_bytes) append(c, kTwoByteEscape, 1);
  append(c, form.opcode, 1);
}

/// ModRM, displacement, and bytes enough for every immediate.
void CaseMaker::append_operands(Case& c, const OpcodeForm& form) {
  bool names_memory = form.modrm.empty();
  if (!form.modrm.empty()) {
    constexpr u8 kRegisters = 0xc0;
    u8 modrm = random_.of(form.modrm);
    // Memory forms are one entry among up to nine: choose them as often as registers.
    if (form.modrm.front() < kRegisters && random_.percent(40)) modrm = form.modrm.front();
    names_memory = modrm < kRegisters;
    const bool is_direct = names_memory && random_.percent(15);
    const bool addresses32 = c.code32 != (form.prefix == kAddressSize);
    // [EDI] and [BX] have the same number, the displacements without a register have not.
    constexpr u8 kPointer = 7, kDirect32 = 5, kDirect16 = 6;
    if (names_memory) modrm |= !is_direct ? kPointer : addresses32 ? kDirect32 : kDirect16;
    append(c, modrm, 1);
    if (is_direct) append(c, kData, addresses32 ? 4 : 2);
  }
  c.immediate = c.length;
  const u32 kind = random_.below(100);
  const u32 value = kind < 35 ? code_offset() : kind < 60 ? kData : kind < 70 ? kCode + 0x40 : edge_value();
  append(c, value, random_.percent(c.code32 ? 85 : 15) ? 4 : 2);
  append(c, selector(), 2);
  append(c, edge_value(), 4);
  choose_registers(c, names_memory);
}

/// Small numbers name leaves of CPUID and counters, others selectors or model-specific registers.
void CaseMaker::choose_registers(Case& c, bool names_memory) {
  c.gpr = plain_registers();
  constexpr u32 kSmall = 3;
  const u32 kind = random_.below(100);
  const auto any = [this, kind] {
    if (kind < 50) return selector();
    if (kind < 55) return code_offset();
    if (kind < 65) return random_.below(kSmall);
    if (kind < 72) return flag_image();
    return edge_value();
  };
  for (const Gpr reg : {Gpr::Eax, Gpr::Ecx, Gpr::Edx}) c.set(reg, any());
  if (random_.percent(25)) c.set(Gpr::Ecx, random_.of(kModelSpecific));
  // What may be a pointer stays one.
  if (names_memory || random_.percent(50)) return;
  for (const Gpr reg : {Gpr::Ebx, Gpr::Esi, Gpr::Edi, Gpr::Ebp}) c.set(reg, any());
}

/// As far pointers, frames of interrupts and returns, images of registers and operands have it.
void CaseMaker::choose_memory(Case& c) {
  const auto mixed = [this](u32 as_code, u32 as_selector, u32 as_flags) {
    const u32 kind = random_.below(100);
    if (kind < as_code) return code_offset();
    if (kind < as_code + as_selector) return selector();
    if (kind < as_code + as_selector + as_flags) return flag_image();
    return edge_value();
  };
  c.stack = {mixed(40, 45, 10), mixed(5, 80, 0), mixed(0, 20, 60), mixed(20, 40, 0),
             mixed(0, 80, 0),   selector(),      selector(),       selector()};
  if (random_.percent(35)) {
    // Code and stack of one ring, at the places where one kind of frame or another has them.
    const u32 ring = 2 * random_.below(kOwnSelectors.size() / 2);
    const bool has_flags = random_.percent(50);
    c.stack[0] = code_offset();
    c.stack[1] = kOwnSelectors[ring];
    c.stack[has_flags ? 3 : 2] = kStack;
    c.stack[has_flags ? 4 : 3] = kOwnSelectors[ring + 1];
  }
  for (u32& word : c.data) word = mixed(10, 30, 0);
  c.data[0] = mixed(40, 40, 0);
  if (random_.percent(40)) {
    // The same in words.
    for (std::size_t i = 0; i < c.stack.size() / 2; ++i)
      c.stack[i] = (c.stack[2 * i] & 0xffff) | c.stack[2 * i + 1] << 16;
    c.data[0] = code_offset() | selector() << 16;
  }
  if (random_.percent(30)) std::fill(c.data.begin() + 2, c.data.end(), 0);
}

std::optional<Case> CaseMaker::make_case(bool code32) {
  constexpr unsigned kAttempts = 8;
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    Case c;
    c.code32 = code32;
    selector_ = any_selector();
    OpcodeForm form = random_.of(subject_.forms);
    // The operand size that a prefix asks for is the other one in 16-bit code.
    if (!code32 && !form.two_bytes && random_.percent(50)) form.prefix = with_other_size(form.prefix);
    append_code(c, form, attempt < kAttempts / 2 && random_.percent(30));
    append_operands(c, form);
    const u8 length = subject_.length_of(c.bytes, code32);
    if (length == 0) continue;
    c.length = length;
    c.immediate = std::min(c.immediate, length);
    std::fill(c.bytes.begin() + length, c.bytes.end(), 0);
    choose_memory(c);
    c.flags = random_.percent(30)
                  ? 0
                  : flag_image() & (eflags::kStatus | eflags::kDf | eflags::kAc | eflags::kNt | eflags::kId);
    if (random_.percent(4)) c.flags |= eflags::kNt;
    c.floats = random_.percent(40) ? 0 : random_.bits() | 1;
    return c;
  }
  return std::nullopt;
}

u8 CaseMaker::other_value(Knob knob, u8 value) {
  const auto values = static_cast<u32>(info_of(knob).values.size());
  return static_cast<u8>((value + 1 + random_.below(values - 1)) % values);
}

u8 CaseMaker::choose_level(bool paragraphs) {
  if (paragraphs) return random_.percent(30) ? level::kReal : level::kV86;
  constexpr std::array<u8, 5> kLevels = {level::kSupervisor, level::kSupervisor, level::kRing1, level::kUser,
                                         level::kUser};
  return random_.of(kLevels);
}

Setting CaseMaker::make_setting(u8 level, bool monitors) {
  Setting setting;
  setting.set(Knob::Level, level);
  if (random_.percent(40)) return setting;
  const bool free_choices = !monitors && random_.percent(70);
  for_each_knob([&](Knob knob) {
    if (knob == Knob::Level) return;
    const bool choice = info_of(knob).monitors_choice;
    if (choice ? free_choices && random_.percent(40) : random_.percent(8))
      setting.set(knob, other_value(knob, 0));
  });
  return setting;
}

/// A few, or half of them: some results show only where one is turned and others are not.
Setting CaseMaker::turn_some(Setting setting, KnobKind kind) {
  const u32 chance = random_.percent(50) ? 15 : 50;
  for_each_knob([&](Knob knob) {
    if (info_of(knob).kind == kind && random_.percent(chance))
      setting.set(knob, other_value(knob, setting[knob]));
  });
  return setting;
}

}  // namespace ringdown::classify
