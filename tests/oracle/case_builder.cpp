// Makes a case: segments and registers first, then code whose operands and branches lead to interesting
// places.
#include <algorithm>

#include "cpu/flags.h"
#include "tests/oracle/generator.h"
#include "tests/oracle/operand_values.h"

namespace ringdown::test {

namespace {

constexpr u16 kCode16 = local_selector(0), kCode16Unreadable = local_selector(1), kCode32 = local_selector(2),
              kCode32Short = local_selector(3), kCode16Short = local_selector(4);
constexpr u16 kWindowData = local_selector(6), kWindowData16 = local_selector(7),
              kFlatLocal = local_selector(8), kDown = local_selector(9), kDown16 = local_selector(10),
              kReadOnly = local_selector(11), kOdd = local_selector(12), kBeyond = local_selector(14),
              kDownReadOnly = local_selector(15), kHighBase = local_selector(16);
/// What DS, ES, FS and GS may hold at the start; SS may hold those that are writable.
constexpr std::array<u16, 13> kDataSelectors = {
    kFlatData, kFlatData, kWindowData, kWindowData, kWindowData16, kFlatLocal, kDown,
    kDown16,   kReadOnly, kOdd,        kBeyond,     kDownReadOnly, kHighBase};
constexpr std::array<u16, 6> kStackSelectors = {kFlatData,     kFlatData, kWindowData,
                                                kWindowData16, kDown16,   kBeyond};
/// For instructions that load or look at selectors.
constexpr std::array<u16, 31> kAnySelectors = {0,
                                               3,
                                               kFlatCode32,
                                               kFlatData,
                                               kFlatCode32 & ~3,
                                               kFlatData & ~1,
                                               0x08,
                                               0x10,
                                               0x18,
                                               0x40,
                                               0x50,
                                               kGlobalTableLimit + 1,
                                               0xfff8,
                                               kCode16,
                                               kCode16Unreadable,
                                               kCode32,
                                               kCode32Short,
                                               kCode16Short,
                                               local_selector(5),
                                               kWindowData,
                                               kWindowData16,
                                               kFlatLocal,
                                               kDown,
                                               kDown16,
                                               kReadOnly,
                                               kOdd,
                                               local_selector(13),
                                               kBeyond,
                                               kWindowData & ~3,
                                               kCode32 & ~3,
                                               local_selector(17)};

/// Page edges, and the ends of segments.
constexpr std::array<u32, 14> kEdges = {
    kWindow,          kWindow + 0x1000,   kWindow + 0x2000,   kWindow + 0x3000, kWindow + 0x4000,
    kWindow + 0x5000, kWindow + 0x6000,   kWindow + 0x8000,   kWindow + 0x9000, kWindow + 0x0ff4,
    kWindow + 0xf000, kWindow + 0x1'0000, kWindow + 0x1'1000, kWindow + 0xb000};

constexpr std::array<u8, 6> kSegmentPrefixes = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
constexpr u8 kOperandSize = 0x66, kAddressSize = 0x67, kRepne = 0xf2, kRep = 0xf3, kLock = 0xf0;

u32 base_of(u16 selector) {
  const std::optional<OracleDescriptor> descriptor = find_descriptor(selector);
  return descriptor ? descriptor->base : 0;
}

bool is_general(ZydisRegister reg) { return reg >= ZYDIS_REGISTER_AX && reg <= ZYDIS_REGISTER_EDI; }

unsigned number_of(ZydisRegister reg) { return static_cast<unsigned>(ZydisRegisterGetId(reg)); }

}  // namespace

void CaseBuilder::choose_segments() {
  OracleState& state = case_.before;
  constexpr std::array<u16, 12> kCodeSelectors = {kFlatCode32,       kFlatCode32, kFlatCode32,  kFlatCode32,
                                                  kFlatCode32,       kFlatCode32, kCode16,      kCode16,
                                                  kCode16Unreadable, kCode32,     kCode32Short, kCode16Short};
  const u16 cs = random_.of(kCodeSelectors);
  state.set_selector(Segment::Cs, cs);
  const bool flat = cs == kFlatCode32 && random_.percent(60);
  for (const Segment segment : {Segment::Ds, Segment::Es, Segment::Fs, Segment::Gs})
    state.set_selector(segment, flat ? kFlatData : random_.percent(3) ? u16{0} : random_.of(kDataSelectors));
  state.set_selector(Segment::Ss, flat ? kFlatData : random_.of(kStackSelectors));
}

void CaseBuilder::choose_registers() {
  OracleState& state = case_.before;
  for (u32& value : state.gpr) value = edge_value(random_);
  state.eflags = eflags_value(random_);
  state.fx = random_.percent(10) ? initial_fx() : fx_value(random_);
  case_.background = static_cast<u8>(random_.below(kBackgrounds));
}

void CaseBuilder::choose_place() {
  u32 linear = kCodePages + 0x100 + random_.below(0x80);
  if (random_.percent(4)) linear = kCodePages + kPageSize - random_.below(12);
  if (random_.percent(3)) linear = kCodePagesEnd - 1 - random_.below(12);
  if (random_.percent(15)) linear = kCodePages + 0x3f4 + random_.below(12);
  const std::optional<OracleDescriptor> cs = find_descriptor(case_.before.selector(Segment::Cs));
  // The short segments end in mid-page; code cannot begin behind the limit.
  case_.before.eip = std::min(linear - cs->base, cs->last());
}

void CaseBuilder::choose_stack() {
  OracleState& state = case_.before;
  u32 linear = kStackTop - 0x100 + 4 * random_.below(16);
  if (random_.percent(20)) linear = kStackTop - 0x1000 + random_.below(40) - 20;
  if (random_.percent(10)) linear = kStackTop - random_.below(36);
  if (random_.percent(8)) linear = kWindow + 0x6000 + random_.below(36);
  if (random_.percent(6)) linear = kWindow + 0x1'0000 + random_.below(16) - 8;
  u32 esp = linear - base_of(state.selector(Segment::Ss));
  const std::optional<OracleDescriptor> ss = find_descriptor(state.selector(Segment::Ss));
  if (ss && !ss->big && random_.percent(50)) esp = (esp & 0xffff) | (random_.word() & 0xffff'0000);
  state.set(Gpr::Esp, esp);
  state.set(Gpr::Ebp, random_.percent(60) ? esp + 8 * random_.below(8) : state.get(Gpr::Ebp));
}

u16 CaseBuilder::selector() { return random_.of(kAnySelectors); }

u32 CaseBuilder::target(u32 size) {
  size = std::clamp(size, 1u, 64u);
  const u32 kind = random_.below(100);
  if (kind < 55) return kWindow + random_.below(2 * kPageSize / 16 - 8) * 16 + 0x10;
  if (kind < 65) return kWindow + 0x10 + random_.below(2 * kPageSize - 0x80);
  if (kind < 90) return random_.of(kEdges) - random_.below(size + 1);
  if (kind < 95) return kWindow + 0x3000 + random_.below(kPageSize);
  return kWindow + random_.below(0x1'2000);
}

void CaseBuilder::set_register(ZydisRegister reg, u32 value, unsigned width) {
  u32& whole = case_.before.gpr[number_of(reg)];
  whole = width == 16 ? (whole & 0xffff'0000) | (value & 0xffff) : value;
  placed_ |= 1u << number_of(reg);
}

std::vector<u8> CaseBuilder::prefixes(const RowEncoding& encoding) {
  std::vector<u8> bytes;
  if (random_.percent(15)) bytes.push_back(kOperandSize);
  if (random_.percent(15)) bytes.push_back(kAddressSize);
  if (random_.percent(15)) bytes.push_back(random_.of(kSegmentPrefixes));
  if (random_.percent(4)) bytes.push_back(random_.percent(50) ? kRep : kRepne);
  if (random_.percent(4)) bytes.push_back(kLock);
  if (random_.percent(1)) bytes.insert(bytes.end(), random_.below(15), random_.of(kSegmentPrefixes));
  // Without its row's prefix an encoding is one of another row, which has cases of its own.
  if (encoding.prefix != 0) bytes.push_back(encoding.prefix);
  for (std::size_t i = bytes.size(); i > 1; --i)
    std::swap(bytes[i - 1], bytes[random_.below(static_cast<u32>(i))]);
  return bytes;
}

void CaseBuilder::append_modrm(std::vector<u8>& code, const RowEncoding& encoding) {
  if (encoding.modrm.empty()) return;
  u8 modrm = random_.of(encoding.modrm);
  // Memory forms are one entry among up to nine: choose them as often as registers.
  if (encoding.modrm.front() < 0xc0 && random_.percent(40))
    modrm =
        random_.of(std::span(encoding.modrm)
                       .first(static_cast<std::size_t>(std::count_if(
                           encoding.modrm.begin(), encoding.modrm.end(), [](u8 m) { return m < 0xc0; }))));
  if (modrm < 0xc0) modrm = static_cast<u8>(modrm | random_.below(3) << 6 | random_.below(8));
  code.push_back(modrm);
}

std::vector<u8> CaseBuilder::encode(const RowEncodings& rows) {
  const RowEncoding& encoding = random_.of(rows.encodings);
  std::vector<u8> code = prefixes(encoding);
  if (encoding.two_bytes) code.push_back(0x0f);
  code.push_back(encoding.opcode);
  append_modrm(code, encoding);
  // SIB, displacement and immediates; the rest is cut off.
  for (unsigned i = 0; i < 12; ++i) code.push_back(static_cast<u8>(edge_value(random_)));
  return code;
}

void CaseBuilder::set_branch(std::vector<u8>& code, const OracleInstruction& instruction,
                             unsigned immediate) {
  const auto& raw = instruction.decoded.raw.imm[immediate];
  const u32 next = case_.before.eip + static_cast<u32>(case_.code.size()) + instruction.length();
  // Behind all of the case's code.
  constexpr u32 kFarEnough = 0x3f;
  u32 distance = edge_value(random_);
  if (raw.size == 8) {
    distance = kFarEnough + random_.below(0x40);  // forwards: a branch back might never end
  } else if (random_.percent(70) || distance + kFarEnough < 2 * kFarEnough) {
    distance = branch_target() - base_of(case_.before.selector(Segment::Cs)) - next;
  }
  const unsigned offset = raw.offset + instruction.locks;
  for (unsigned i = 0; i < raw.size / 8u; ++i) code[offset + i] = static_cast<u8>(distance >> (8 * i));
}

void CaseBuilder::set_immediates(std::vector<u8>& code, const OracleInstruction& instruction) {
  for (unsigned i = 0; i < 2; ++i) {
    const auto& raw = instruction.decoded.raw.imm[i];
    if (raw.size == 0) continue;
    const unsigned offset = raw.offset + instruction.locks;
    if (raw.is_relative != 0) {
      set_branch(code, instruction, i);
      continue;
    }
    u32 value = edge_value(random_);
    const bool far = instruction.decoded.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
    if (far && i == 0 && random_.percent(70)) value = branch_target() - (random_.percent(50) ? kWindow : 0);
    if (far && i == 1) value = selector();
    if (instruction.is(ZYDIS_MNEMONIC_ENTER) && i == 0 && random_.percent(80)) value = random_.below(64);
    for (unsigned byte = 0; byte < raw.size / 8u; ++byte)
      code[offset + byte] = static_cast<u8>(value >> (8 * byte));
  }
}

/// Chooses displacement or base register so that the operand is at `linear`.
void CaseBuilder::reach(std::vector<u8>& code, const OracleInstruction& instruction,
                        const ZydisDecodedOperand& operand, u32 linear) {
  const std::optional<Segment> segment = segment_of(operand.mem.segment);
  if (!segment) return;
  const unsigned width = instruction.decoded.address_width;
  const u32 wanted = linear - base_of(case_.before.selector(*segment));
  const u32 missing = wanted - operand_offset(instruction, operand, case_.before);
  const auto& displacement = instruction.decoded.raw.disp;
  if (operand.mem.disp.has_displacement != 0 && displacement.size == width) {
    const u32 value = static_cast<u32>(displacement.value) + missing;
    for (unsigned i = 0; i < displacement.size / 8u; ++i)
      code[displacement.offset + instruction.locks + i] = static_cast<u8>(value >> (8 * i));
    return;
  }
  const bool based = is_general(operand.mem.base) && operand.mem.base != operand.mem.index;
  const ZydisRegister reg = based ? operand.mem.base : operand.mem.index;
  if (!is_general(reg) || (!based && operand.mem.scale != 1)) return;
  if ((placed_ >> number_of(reg) & 1) != 0) return;
  set_register(reg, case_.before.gpr[number_of(reg)] + missing, width);
}

void CaseBuilder::fill_operand(const OracleInstruction& instruction, const ZydisDecodedOperand& operand,
                               u32 linear) {
  const u32 size = std::min<u32>(operand.size / 8u, 16);
  Poke poke{linear, {}};
  const bool is_float = operand.element_type == ZYDIS_ELEMENT_TYPE_FLOAT32 ||
                        operand.element_type == ZYDIS_ELEMENT_TYPE_FLOAT64 ||
                        operand.element_type == ZYDIS_ELEMENT_TYPE_FLOAT80;
  if (is_float) {
    const std::array<u8, 16> value = float_value(random_, operand.element_size);
    poke.bytes.assign(value.begin(), value.begin() + size);
  } else {
    for (u32 i = 0; i < size; i += 4) {
      const u32 value = edge_value(random_);
      for (u32 byte = 0; byte < std::min(size - i, 4u); ++byte)
        poke.bytes.push_back(static_cast<u8>(value >> (8 * byte)));
    }
  }
  // Far pointers end, and selector operands begin, with a selector.
  const bool far = instruction.decoded.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ||
                   (instruction.row != nullptr && instruction.row->system != nullptr && size > 2);
  if (size >= 2 && instruction.row != nullptr && instruction.row->system != nullptr) {
    const u16 value = selector();
    const std::size_t at = far ? size - 2 : 0;
    poke.bytes[at] = static_cast<u8>(value);
    poke.bytes[at + 1] = static_cast<u8>(value >> 8);
  }
  if (instruction.decoded.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE && random_.percent(70)) {
    const u32 value = branch_target() - base_of(case_.before.selector(Segment::Cs));
    const u32 bytes = far ? size - 2 : size;
    for (u32 i = 0; i < bytes; ++i) poke.bytes[i] = static_cast<u8>(value >> (8 * i));
  }
  case_.pokes.push_back(std::move(poke));
}

void CaseBuilder::place_operands(std::vector<u8>& code, OracleInstruction& instruction) {
  for (const ZydisDecodedOperand& operand : instruction.all_operands()) {
    if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER && is_general(operand.reg.value) &&
        instruction.decoded.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE &&
        operand.visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT && random_.percent(70))
      set_register(operand.reg.value, branch_target() - base_of(case_.before.selector(Segment::Cs)), 32);
    if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER && is_general(operand.reg.value) &&
        instruction.row != nullptr && instruction.row->system != nullptr &&
        ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LEGACY_32, operand.reg.value) == 16 && random_.percent(80))
      set_register(operand.reg.value, selector(), 16);
  }
  for (const ZydisDecodedOperand& operand : instruction.all_operands()) {
    if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
    const bool is_stack = operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
                          number_of(operand.mem.base) == number_of(ZYDIS_REGISTER_ESP);
    if (is_stack) continue;
    const u32 linear = target(operand.size / 8u);
    if (random_.percent(93)) reach(code, instruction, operand, linear);
    fill_operand(instruction, operand, linear);
  }
}

/// What RET, IRET, POPF, POP of segments and the like find there.
void CaseBuilder::fill_stack() {
  const OracleState& state = case_.before;
  const bool dwords = random_.percent(case_.code32() ? 80 : 20);
  const u32 ip = branch_target() - (random_.percent(50) ? base_of(state.selector(Segment::Cs)) : 0);
  const u16 cs = random_.percent(50) ? state.selector(Segment::Cs) : selector();
  const u32 flags = random_.percent(70) ? eflags_value(random_) : random_.word();
  const std::array<u32, 5> values = {random_.percent(20) ? selector() : ip, cs,
                                     random_.percent(50) ? flags : edge_value(random_), edge_value(random_),
                                     selector()};
  const std::optional<OracleDescriptor> ss = find_descriptor(state.selector(Segment::Ss));
  const u32 offset = ss && !ss->big ? state.get(Gpr::Esp) & 0xffff : state.get(Gpr::Esp);
  Poke poke{base_of(state.selector(Segment::Ss)) + offset, {}};
  for (const u32 value : values) {
    for (unsigned i = 0; i < (dwords ? 4u : 2u); ++i) poke.bytes.push_back(static_cast<u8>(value >> (8 * i)));
  }
  if (random_.percent(10)) std::copy_n(poke.bytes.begin(), 2, poke.bytes.begin() + 2);
  case_.pokes.push_back(std::move(poke));
}

/// Few rounds: POPF's flags may come first where it is the first on the stack.
void CaseBuilder::bound_repetition(const OracleInstruction& instruction) {
  u32& ecx = case_.before.gpr[static_cast<unsigned>(Gpr::Ecx)];
  if ((placed_ >> static_cast<unsigned>(Gpr::Ecx) & 1) != 0) return;
  const bool repeats = instruction.decoded.meta.category == ZYDIS_CATEGORY_STRINGOP ||
                       instruction.decoded.meta.category == ZYDIS_CATEGORY_IOSTRINGOP;
  if (repeats && random_.percent(85)) ecx = random_.below(20);
}

void CaseBuilder::add_instruction(const RowEncodings& rows) {
  std::vector<u8> code = encode(rows);
  OracleInstruction instruction = decode_oracle(code, case_.machine_mode());
  if (!instruction.known) {
    const std::size_t length = 1 + random_.below(static_cast<u32>(code.size()));
    code.resize(std::max<std::size_t>(length, code.size() - 11));
    case_.code.insert(case_.code.end(), code.begin(), code.end());
    return;
  }
  set_immediates(code, instruction);
  bound_repetition(instruction);
  // Its displacement and immediates are new.
  instruction = decode_oracle(code, case_.machine_mode());
  place_operands(code, instruction);
  code.resize(instruction.length());
  case_.code.insert(case_.code.end(), code.begin(), code.end());
}

OracleCase CaseBuilder::build(const RowEncodings& rows) {
  case_ = {};
  case_.before = initial_state();
  placed_ = 0;
  choose_segments();
  choose_registers();
  choose_place();
  choose_stack();
  const u32 others = random_.percent(70) ? 0 : 1 + random_.below(2);
  for (u32 i = 0; i < others; ++i) add_instruction(random_.of(row_encodings()));
  add_instruction(rows);
  fill_stack();
  return case_;
}

}  // namespace ringdown::test
