// Re-encodes instructions; the decoder then says whether they are the same.
#include "tests/oracle/long_mode.h"

#include <algorithm>
#include <limits>

#include "tests/oracle/exclusions.h"

namespace ringdown::test {

namespace {

constexpr u8 kAddressSize = 0x67;

bool is_flat(const OracleState& state) {
  constexpr std::array kOthers = {Segment::Ss, Segment::Ds, Segment::Es, Segment::Fs, Segment::Gs};
  return state.selector(Segment::Cs) == kFlatCode32 &&
         std::all_of(kOthers.begin(), kOthers.end(),
                     [&](Segment segment) { return state.selector(segment) == kFlatData; });
}

bool is_relative_branch(const OracleInstruction& instruction) {
  return instruction.decoded.raw.imm[0].is_relative != 0;
}

/// Of [displacement]: its 64-bit form has another ModRM byte.
bool has_absolute_address(const OracleInstruction& instruction) {
  const auto& modrm = instruction.decoded.raw.modrm;
  return (instruction.decoded.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 && modrm.mod == 0 && modrm.rm == 5;
}

/// 64-bit code has 32-bit addresses with a prefix, and by the encoding of a displacement alone means an
/// address relative to RIP; the longer one, with a SIB byte, does not.
std::vector<u8> with_long_mode_addressing(std::span<const u8> code, const OracleInstruction& instruction) {
  constexpr u8 kSibFollows = 0x04, kNeitherBaseNorIndex = 0x25, kModAndRm = 0xc7;
  std::vector<u8> bytes{kAddressSize};
  bytes.insert(bytes.end(), code.begin(), code.end());
  if (has_absolute_address(instruction)) {
    const std::size_t modrm = 1u + instruction.locks + instruction.decoded.raw.modrm.offset;
    bytes[modrm] = static_cast<u8>((bytes[modrm] & ~kModAndRm) | kSibFollows);
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(modrm) + 1, kNeitherBaseNorIndex);
  }
  return bytes;
}

/// Lets the branch lead where it led, although its end has moved. False if the distance has no room.
bool keep_target(std::vector<u8>& bytes, const ZydisDecodedInstruction& decoded, unsigned locks, s64 moved) {
  const auto& raw = decoded.raw.imm[0];
  const s64 distance = raw.value.s - moved;
  const s64 limit = raw.size == 8 ? std::numeric_limits<s8>::max() : std::numeric_limits<s32>::max();
  if (raw.size == 16 || distance > limit || distance < -limit - 1) return false;
  for (unsigned i = 0; i < raw.size / 8u; ++i)
    bytes[raw.offset + locks + i] = static_cast<u8>(static_cast<u64>(distance) >> (8 * i));
  return true;
}

/// The registers that both modes name differently by their width alone.
ZydisRegister as_in_32_bits(ZydisRegister reg) {
  if (reg == ZYDIS_REGISTER_RIP) return ZYDIS_REGISTER_EIP;
  return reg == ZYDIS_REGISTER_RFLAGS ? ZYDIS_REGISTER_EFLAGS : reg;
}

bool is_same_memory(const ZydisDecodedOperand& a, const ZydisDecodedOperand& b) {
  return a.size == b.size && a.mem.type == b.mem.type && a.mem.segment == b.mem.segment &&
         a.mem.base == b.mem.base && a.mem.index == b.mem.index && a.mem.scale == b.mem.scale &&
         static_cast<u32>(a.mem.disp.value) == static_cast<u32>(b.mem.disp.value);
}

bool is_same_operand(const ZydisDecodedOperand& a, const ZydisDecodedOperand& b) {
  if (a.type != b.type || a.visibility != b.visibility || a.actions != b.actions) return false;
  switch (a.type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
      return as_in_32_bits(a.reg.value) == as_in_32_bits(b.reg.value);
    case ZYDIS_OPERAND_TYPE_MEMORY:
      return is_same_memory(a, b);
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
      // The target of a branch was kept above, as far as it goes: its place decides.
      return a.imm.is_relative != 0 || (a.size == b.size && a.imm.value.u == b.imm.value.u);
    default:
      return false;
  }
}

bool is_same(const OracleInstruction& a, const OracleInstruction& b) {
  if (!b.known || a.decoded.mnemonic != b.decoded.mnemonic) return false;
  const auto operands = a.all_operands();
  const auto others = b.all_operands();
  return std::equal(operands.begin(), operands.end(), others.begin(), others.end(), is_same_operand);
}

/// Beyond FFFFFFFF there is more memory in 64-bit mode.
bool wraps(const OracleInstruction& instruction, const OracleState& state) {
  const auto operands = instruction.all_operands();
  return std::any_of(operands.begin(), operands.end(), [&](const ZydisDecodedOperand& operand) {
    if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY) return false;
    const u64 size = std::max<u64>(operand.size / 8, 1);
    return operand_offset(instruction, operand, state) + size > u64{1} << 32;
  });
}

/// System instructions see 64-bit tables, FXSAVE and FXRSTOR another layout; FOP shows the ModRM byte; and no
/// branch cuts RIP off to 16 bits.
bool has_twin(const OracleInstruction& instruction, const OracleState& state) {
  if (!instruction.known || instruction.row == nullptr || instruction.row->system != nullptr) return false;
  if (is_relative_branch(instruction) && instruction.decoded.operand_width != 32) return false;
  if (instruction.row->feature == Feature::Fpu && has_absolute_address(instruction)) return false;
  if (instruction.is(ZYDIS_MNEMONIC_FXSAVE) || instruction.is(ZYDIS_MNEMONIC_FXRSTOR)) return false;
  return instruction.decoded.address_width == 32 && !wraps(instruction, state);
}

std::optional<std::vector<u8>> twin_of(std::span<const u8> code, const OracleInstruction& instruction,
                                       u32 offset32, u32 offset64) {
  std::vector<u8> bytes = with_long_mode_addressing(code, instruction);
  if (bytes.size() > ZYDIS_MAX_INSTRUCTION_LENGTH) return std::nullopt;
  OracleInstruction twin = decode_oracle(bytes, ZYDIS_MACHINE_MODE_LONG_64);
  if (!is_same(instruction, twin)) return std::nullopt;
  if (is_relative_branch(instruction)) {
    const s64 moved = s64{offset64} + static_cast<s64>(bytes.size()) - (s64{offset32} + instruction.length());
    if (!keep_target(bytes, twin.decoded, twin.locks, moved)) return std::nullopt;
  }
  return bytes;
}

/// Whether the case sees where or what its code is: as data, or as FIP in the image of an x87 environment.
bool sees_code(const OracleCase& c, std::span<const OracleInstruction> instructions, u32 length) {
  for (const OracleInstruction& instruction : instructions) {
    const bool stores_fip = instruction.is(ZYDIS_MNEMONIC_FNSTENV) || instruction.is(ZYDIS_MNEMONIC_FNSAVE);
    if (stores_fip && instructions.size() > 1) return true;
    for (const ZydisDecodedOperand& operand : instruction.all_operands()) {
      const std::optional<u32> linear = operand_linear(instruction, operand, c.before);
      const u32 size = operand.size / 8u;
      if (linear && *linear + size - c.code_linear() < length + size) return true;
    }
  }
  return false;
}

/// Whether bytes behind the 32-bit code, which the longer code takes up, make a difference: at the end of the
/// code pages, or because a branch leads there. Nor may a branch lead beyond FFFFFFFF or below 0.
bool depends_on_length(const OracleCase& c, std::span<const OracleInstruction> instructions, u32 length) {
  if (u64{c.code_linear()} + length >= kCodePagesEnd) return true;
  u32 end = 0;
  return std::any_of(instructions.begin(), instructions.end(), [&](const OracleInstruction& instruction) {
    end += instruction.length();
    const s64 target = end + instruction.decoded.raw.imm[0].value.s;
    const bool wraps_around = static_cast<u64>(c.code_linear() + target) >> 32 != 0;
    return is_relative_branch(instruction) && (wraps_around || (target >= 0 && target <= length));
  });
}

}  // namespace

u32 LongModeCode::eip_of(u32 rip, u32 start) const {
  const auto found = std::find_if(boundaries.begin(), boundaries.end(),
                                  [&](const Boundary& b) { return start + b.offset64 == rip; });
  return found != boundaries.end() ? start + found->offset32 : rip;
}

std::optional<LongModeCode> long_mode_code(const OracleCase& c,
                                           std::span<const OracleInstruction> instructions) {
  if (!is_flat(c.before)) return std::nullopt;
  LongModeCode code{{}, {{0, 0}}};
  u32 offset = 0;
  for (const OracleInstruction& instruction : instructions) {
    if (!has_twin(instruction, c.before)) return std::nullopt;
    const auto bytes = twin_of(std::span(c.code).subspan(offset, instruction.length()), instruction, offset,
                               static_cast<u32>(code.bytes.size()));
    if (!bytes) return std::nullopt;
    code.bytes.insert(code.bytes.end(), bytes->begin(), bytes->end());
    offset += instruction.length();
    code.boundaries.push_back({offset, static_cast<u32>(code.bytes.size())});
  }
  if (may_enter_system(code.bytes)) return std::nullopt;
  const auto length = static_cast<u32>(code.bytes.size());
  if (sees_code(c, instructions, length) || depends_on_length(c, instructions, length)) return std::nullopt;
  return code;
}

}  // namespace ringdown::test
