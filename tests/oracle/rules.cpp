// The known differences between the host's processor and ours.
#include <algorithm>
#include <cmath>

#include "cpu/encoding_head.h"
#include "cpu/fault.h"
#include "cpu/flags.h"
#include "tests/oracle/differences.h"
#include "tests/oracle/oracle_guest.h"
#include "tests/oracle/x87_rules.h"

namespace ringdown::test {

namespace {

/// Gives the host the guest's bytes of [linear, linear + size).
void take_bytes(OracleOutcome& host, const OracleOutcome& guest, u32 linear, u32 size) {
  const auto inside = [&](const MemoryChange& change) { return change.linear - linear < size; };
  std::erase_if(host.changes, inside);
  std::copy_if(guest.changes.begin(), guest.changes.end(), std::back_inserter(host.changes), inside);
  std::sort(host.changes.begin(), host.changes.end(),
            [](const MemoryChange& a, const MemoryChange& b) { return a.linear < b.linear; });
}

template <class T>
void take_field(OracleOutcome& host, const OracleOutcome& guest, u32 offset) {
  host.after.fx.set(offset, guest.after.fx.get<T>(offset));
}

template <class T>
bool kept(const GeneratedCase& g, const OracleOutcome& host, u32 offset) {
  return host.after.fx.get<T>(offset) == g.c.before.fx.get<T>(offset);
}

struct Range {
  u32 offset;
  u32 size;
};

/// Where FSTENV, FSAVE and FXSAVE of an operand size put a field; a size of 0 where they do not.
struct StoredField {
  Range environment32;
  Range environment16;
  Range fxsave;
};
constexpr StoredField kStoredOpcode = {{18, 2}, {0, 0}, {FxImage::kOpcode, 2}};
constexpr StoredField kStoredData = {{20, 4}, {10, 2}, {FxImage::kData, 4}};

/// Takes a field of all images that the case's instructions store.
void take_stored(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest,
                 const StoredField& field) {
  for (const OracleInstruction& instruction : g.instructions) {
    const bool environment = instruction.is(ZYDIS_MNEMONIC_FNSTENV) || instruction.is(ZYDIS_MNEMONIC_FNSAVE);
    if (!environment && !instruction.is(ZYDIS_MNEMONIC_FXSAVE)) continue;
    const std::optional<u32> linear = operand_linear(instruction, instruction.operands[0], g.c.before);
    const Range range = !environment                              ? field.fxsave
                        : instruction.decoded.operand_width == 16 ? field.environment16
                                                                  : field.environment32;
    if (linear) take_bytes(host, guest, *linear + range.offset, range.size);
  }
}

bool has_any(const GeneratedCase& g, std::initializer_list<ZydisMnemonic> mnemonics) {
  return std::any_of(g.instructions.begin(), g.instructions.end(), [&](const OracleInstruction& i) {
    return std::any_of(mnemonics.begin(), mnemonics.end(), [&](ZydisMnemonic m) { return i.is(m); });
  });
}

bool loads_environment(const GeneratedCase& g) {
  return has_any(g, {ZYDIS_MNEMONIC_FLDENV, ZYDIS_MNEMONIC_FRSTOR, ZYDIS_MNEMONIC_FXRSTOR,
                     ZYDIS_MNEMONIC_FNINIT, ZYDIS_MNEMONIC_FNSAVE});
}

void opcode_kept(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (!kept<u16>(g, host, FxImage::kOpcode) && !loads_environment(g)) return;
  take_field<u16>(host, guest, FxImage::kOpcode);
  take_stored(g, host, guest, kStoredOpcode);
}

void data_pointer_kept(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (!kept<u32>(g, host, FxImage::kData) && !loads_environment(g)) return;
  take_field<u32>(host, guest, FxImage::kData);
  take_stored(g, host, guest, kStoredData);
}

void null_selector(const GeneratedCase&, OracleOutcome& host, const OracleOutcome& guest) {
  constexpr u16 kPrivilegeBits = 3;
  for (const Segment segment : {Segment::Es, Segment::Ds, Segment::Fs, Segment::Gs}) {
    const u16 loaded = guest.after.selector(segment);
    if (host.after.selector(segment) == 0 && loaded <= kPrivilegeBits)
      host.after.set_selector(segment, loaded);
  }
}

bool is_operand_fault(const OracleOutcome& outcome) {
  switch (static_cast<Vector>(outcome.vector)) {
    case Vector::StackFault:
    case Vector::GeneralProtection:
    case Vector::PageFault:
    case Vector::AlignmentCheck:
      return true;
    default:
      return false;
  }
}

void take_fault(OracleOutcome& host, const OracleOutcome& guest) {
  host.vector = guest.vector;
  host.error_code = guest.error_code;
  host.fault_address = guest.fault_address;
}

void order_of_operands(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  const bool compares = has_any(g, {ZYDIS_MNEMONIC_CMPSB, ZYDIS_MNEMONIC_CMPSW, ZYDIS_MNEMONIC_CMPSD}) &&
                        is_operand_fault(host);
  if (compares && is_operand_fault(guest) && host.after.eip == guest.after.eip) take_fault(host, guest);
}

/// The instruction at which the case ended.
const OracleInstruction* ended_at(const GeneratedCase& g, const OracleOutcome& outcome) {
  u32 eip = g.c.before.eip;
  for (const OracleInstruction& instruction : g.instructions) {
    if (outcome.after.eip == eip) return &instruction;
    eip += instruction.length();
  }
  return nullptr;
}

bool ended_at_any(const GeneratedCase& g, const OracleOutcome& outcome,
                  std::initializer_list<ZydisMnemonic> mnemonics) {
  const OracleInstruction* instruction = ended_at(g, outcome);
  return instruction != nullptr &&
         std::any_of(mnemonics.begin(), mnemonics.end(), [&](ZydisMnemonic m) { return instruction->is(m); });
}

void part_of_large_operand(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (is_operand_fault(host) && is_operand_fault(guest) && host.after.eip == guest.after.eip &&
      ended_at_any(
          g, guest,
          {ZYDIS_MNEMONIC_FXSAVE, ZYDIS_MNEMONIC_FXRSTOR, ZYDIS_MNEMONIC_FNSAVE, ZYDIS_MNEMONIC_FRSTOR,
           ZYDIS_MNEMONIC_FNSTENV, ZYDIS_MNEMONIC_FLDENV, ZYDIS_MNEMONIC_FBSTP, ZYDIS_MNEMONIC_FBLD,
           ZYDIS_MNEMONIC_MASKMOVDQU, ZYDIS_MNEMONIC_MASKMOVQ}))
    take_fault(host, guest);
}

/// A 32-bit operand that begins below FFFFFFFF and ends behind it, in a segment of 4 GiB.
bool wraps_at_4_gib(const OracleState& state, const OracleInstruction& instruction) {
  if (!instruction.known || instruction.decoded.address_width != 32) return false;
  return std::any_of(instruction.all_operands().begin(), instruction.all_operands().end(),
                     [&](const auto& o) {
                       return o.type == ZYDIS_OPERAND_TYPE_MEMORY &&
                              u64{operand_offset(instruction, o, state)} + o.size / 8u > u64{1} << 32;
                     });
}

void effective_limit_of_4_gib(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  const bool refused = host.vector == static_cast<u8>(Vector::GeneralProtection) ||
                       host.vector == static_cast<u8>(Vector::StackFault);
  const OracleInstruction* instruction = ended_at(g, host);
  if (refused && host.error_code == 0 && instruction != nullptr && wraps_at_4_gib(host.after, *instruction))
    host = guest;
}

void guest_kernel(const GeneratedCase&, OracleOutcome& host, const OracleOutcome& guest) {
  const bool there = guest.fault_address - kGuestKernel < kGuestKernelEnd - kGuestKernel;
  if (host.vector == guest.vector && host.fault_address == guest.fault_address && there)
    take_fault(host, guest);
}

void order_of_stack_words(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  const OracleInstruction* instruction = ended_at(g, guest);
  const bool returns = instruction != nullptr && instruction->known &&
                       (instruction->is(ZYDIS_MNEMONIC_IRET) || instruction->is(ZYDIS_MNEMONIC_IRETD) ||
                        (instruction->is(ZYDIS_MNEMONIC_RET) &&
                         instruction->decoded.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR));
  const bool of_stack = guest.vector != static_cast<u8>(Vector::GeneralProtection);
  if (!returns || !of_stack || !is_operand_fault(guest)) return;
  const bool next_page = (guest.fault_address & kPageOffsetMask) == 0;
  if (host.after.eip == guest.after.eip && is_operand_fault(host)) {
    take_fault(host, guest);
  } else if (host.after.eip != guest.after.eip && next_page) {
    host = guest;
  }
}

void popa_begun(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (!is_operand_fault(guest) || !ended_at_any(g, guest, {ZYDIS_MNEMONIC_POPA, ZYDIS_MNEMONIC_POPAD}))
    return;
  const u32 esp = host.after.get(Gpr::Esp);
  host.after.gpr = guest.after.gpr;
  host.after.set(Gpr::Esp, esp);
}

void stores_begun(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (is_operand_fault(guest) &&
      ended_at_any(g, guest,
                   {ZYDIS_MNEMONIC_ENTER, ZYDIS_MNEMONIC_CALL, ZYDIS_MNEMONIC_PUSHA, ZYDIS_MNEMONIC_PUSHAD,
                    ZYDIS_MNEMONIC_FBSTP, ZYDIS_MNEMONIC_FSTP, ZYDIS_MNEMONIC_FNSAVE, ZYDIS_MNEMONIC_FNSTENV,
                    ZYDIS_MNEMONIC_FXSAVE}))
    host.changes = guest.changes;
}

void call_checks(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  const bool refused = guest.vector == static_cast<u8>(Vector::GeneralProtection);
  if (refused && is_operand_fault(host) && host.after.eip == guest.after.eip &&
      ended_at_any(g, guest, {ZYDIS_MNEMONIC_CALL}))
    take_fault(host, guest);
}

/// A 16-bit operand that begins below FFFF and ends behind it, of an instruction that accesses it in parts.
bool straddles_segment_end(const GeneratedCase& g, const OracleState& after,
                           const OracleInstruction& instruction) {
  if (!instruction.known || instruction.decoded.address_width != 16) return false;
  return std::any_of(instruction.all_operands().begin(), instruction.all_operands().end(),
                     [&](const auto& o) {
                       constexpr u32 kParts = 8;  // bytes; what is larger comes in parts
                       const bool in_parts = o.size / 8u > kParts || instruction.is(ZYDIS_MNEMONIC_BOUND);
                       return o.type == ZYDIS_OPERAND_TYPE_MEMORY && in_parts &&
                              (operand_offset(instruction, o, g.c.before) + o.size / 8u > 0x1'0000 ||
                               operand_offset(instruction, o, after) + o.size / 8u > 0x1'0000);
                     });
}

void wraps_by_parts(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (std::any_of(g.instructions.begin(), g.instructions.end(),
                  [&](const OracleInstruction& i) { return straddles_segment_end(g, host.after, i); }))
    host = guest;
}

void upper_bound_unread(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (host.vector == static_cast<u8>(Vector::BoundRange) && is_operand_fault(guest) &&
      ended_at_any(g, guest, {ZYDIS_MNEMONIC_BOUND}))
    take_fault(host, guest);
}

void access_rights_limit(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  constexpr u32 kUndefined = 0x000f'0000;
  if (!g.instructions.back().is(ZYDIS_MNEMONIC_LAR)) return;
  const ZydisRegister reg = g.instructions.back().operands[0].reg.value;
  const auto number = static_cast<unsigned>(ZydisRegisterGetId(reg)) & 7;
  u32& value = host.after.gpr[number];
  value = (value & ~kUndefined) | (guest.after.gpr[number] & kUndefined);
}

/// The selector that LAR, LSL, VERR, VERW or a load of a segment register looks at.
std::optional<u16> selector_operand(const GeneratedCase& g, const OracleInstruction& instruction) {
  if (instruction.row == nullptr || instruction.row->system == nullptr) return std::nullopt;
  if (instruction.decoded.operand_count_visible == 0) return std::nullopt;
  const ZydisDecodedOperand& last = instruction.operands[instruction.decoded.operand_count_visible - 1u];
  if (last.type == ZYDIS_OPERAND_TYPE_REGISTER) {
    const std::optional<u32> value = register_value(last.reg.value, g.c.before);
    return value ? std::optional(static_cast<u16>(*value)) : std::nullopt;
  }
  const std::optional<u32> linear = operand_linear(instruction, last, g.c.before);
  const std::optional<u32> offset = linear ? image_offset(*linear) : std::nullopt;
  if (!offset || *offset + sizeof(u16) > sizeof(MemoryImage)) return std::nullopt;
  MemoryImage image;
  fill_image(g.c, image);
  return static_cast<u16>(image[*offset] | image[*offset + 1] << 8);
}

void segment_of_linux(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  constexpr u16 kPerCpu = 0x78, kIndexAndTable = 0xfffc;
  for (const OracleInstruction& instruction : g.instructions) {
    const std::optional<u16> selector = selector_operand(g, instruction);
    if (selector && (*selector & kIndexAndTable) == kPerCpu) host = guest;
  }
}

std::size_t prefixes_at(std::span<const u8> code, std::size_t begin) {
  const auto first = code.begin() + static_cast<std::ptrdiff_t>(begin);
  return static_cast<std::size_t>(std::find_if_not(first, code.end(), &is_legacy_prefix) - first);
}

void undefined_and_unfetched(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  // Opcode, ModRM, SIB, displacement and an immediate byte.
  constexpr std::size_t kLongest = 15, kLongestUnprefixed = 9;
  if (host.after.eip != guest.after.eip) return;
  const u32 begun = host.after.eip - g.c.before.eip;
  const u32 start = g.c.code_linear() + begun;
  const bool too_long =
      begun < g.c.code.size() && prefixes_at(g.c.code, begun) >= kLongest - kLongestUnprefixed;
  const std::optional<OracleDescriptor> cs = find_descriptor(g.c.before.selector(Segment::Cs));
  const bool at_limit = cs && cs->last() - host.after.eip < kLongest;
  const auto is_undefined = [](const OracleOutcome& outcome) {
    return outcome.vector == static_cast<u8>(Vector::InvalidOpcode);
  };
  const auto is_unfetched = [&](const OracleOutcome& outcome) {
    if (outcome.vector == static_cast<u8>(Vector::PageFault)) return outcome.fault_address - start < kLongest;
    const bool refused =
        outcome.vector == static_cast<u8>(Vector::GeneralProtection) && outcome.error_code == 0;
    return refused && (too_long || at_limit);
  };
  if ((is_undefined(guest) || is_unfetched(guest)) && (is_undefined(host) || is_unfetched(host)))
    take_fault(host, guest);
}

void flags_of_begun_comparison(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  const bool compares = ended_at_any(g, guest,
                                     {ZYDIS_MNEMONIC_CMPSB, ZYDIS_MNEMONIC_CMPSW, ZYDIS_MNEMONIC_CMPSD,
                                      ZYDIS_MNEMONIC_SCASB, ZYDIS_MNEMONIC_SCASW, ZYDIS_MNEMONIC_SCASD});
  const bool stepped = guest.vector == static_cast<u8>(Vector::Debug);
  if (compares && (is_operand_fault(guest) || stepped))
    host.after.eflags = (host.after.eflags & ~eflags::kStatus) | (guest.after.eflags & eflags::kStatus);
}

/// The physical register that ST(i) is.
FxImage with_top(const FxImage& fx, u8 top) {
  FxImage turned = fx;
  for (unsigned i = 0; i < 8; ++i) turned.set_st(i, fx.st((i + top - fx.top()) & 7));
  turned.set<u16>(FxImage::kStatus, x87_status::Top::with(fx.status(), top));
  return turned;
}

void mmx_state_begun(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  const bool faulted = is_operand_fault(guest) || guest.vector == static_cast<u8>(Vector::SimdFloatingPoint);
  if (!faulted ||
      !ended_at_any(g, guest,
                    {ZYDIS_MNEMONIC_MOVD, ZYDIS_MNEMONIC_MOVQ, ZYDIS_MNEMONIC_MOVNTQ, ZYDIS_MNEMONIC_MASKMOVQ,
                     ZYDIS_MNEMONIC_CVTPI2PS, ZYDIS_MNEMONIC_CVTPS2PI, ZYDIS_MNEMONIC_CVTTPS2PI,
                     ZYDIS_MNEMONIC_CVTPD2PI, ZYDIS_MNEMONIC_CVTTPD2PI}))
    return;
  if (host.after.fx.top() != 0) return;
  host.after.fx = with_top(host.after.fx, guest.after.fx.top());
  host.after.fx.set<u8>(FxImage::kValid, guest.after.fx.valid());
}

void no_mmx_operand(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  const bool converts =
      std::any_of(g.instructions.begin(), g.instructions.end(), [](const OracleInstruction& i) {
        return i.is(ZYDIS_MNEMONIC_CVTPI2PS) && i.operands[1].type == ZYDIS_OPERAND_TYPE_MEMORY;
      });
  if (!converts) return;
  // An exception that is pending in the unit is met only by those who enter MMX state.
  if (guest.vector == static_cast<u8>(Vector::FloatingPoint)) host = guest;
  if (guest.after.fx.top() != 0 || guest.after.fx.valid() != 0xff) return;
  host.after.fx = with_top(host.after.fx, 0);
  host.after.fx.set<u8>(FxImage::kValid, 0xff);
}

void masked_store_alignment(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (host.vector == static_cast<u8>(Vector::AlignmentCheck) &&
      ended_at_any(g, host, {ZYDIS_MNEMONIC_MASKMOVDQU, ZYDIS_MNEMONIC_MASKMOVQ}))
    host = guest;
}

/// Whether two results may both be within 1.5 * 2^-12 of the same number.
bool approximate_the_same(float a, float b) {
  constexpr float kTwiceTheError = 3.0f / 4096;
  constexpr float kNearlySmallest = 0x1.04p-126f;
  const bool tiny = std::abs(a) <= kNearlySmallest && std::abs(b) <= kNearlySmallest;
  return a == b || tiny || std::abs(a - b) <= kTwiceTheError * std::abs(b);
}

void approximation(const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
  if (!has_any(g,
               {ZYDIS_MNEMONIC_RCPPS, ZYDIS_MNEMONIC_RCPSS, ZYDIS_MNEMONIC_RSQRTPS, ZYDIS_MNEMONIC_RSQRTSS}))
    return;
  const auto destination =
      static_cast<unsigned>(ZydisRegisterGetId(g.instructions.back().operands[0].reg.value));
  for (unsigned lane = 0; lane < 4; ++lane) {
    const u32 offset = FxImage::kXmm + 16 * (destination & 7) + 4 * lane;
    if (approximate_the_same(host.after.fx.get<float>(offset), guest.after.fx.get<float>(offset)))
      take_field<u32>(host, guest, offset);
  }
}

std::vector<OracleRule> make_rules() {
  std::vector<OracleRule> rules = {
      {"the last x87 opcode is stored only with unmasked exceptions (SDM vol. 1, 8.1.9.1: fopcode "
       "compatibility "
       "sub-mode)",
       &opcode_kept},
      {"the x87 data pointer is updated only by unmasked exceptions (SDM vol. 1, 8.1.8; CPUID leaf 7, EBX "
       "bit 6)",
       &data_pointer_kept},
      {"a null selector with privilege bits loses them on the host's way back from its system (SDM vol. 2, "
       "IRET: "
       "outer privilege level)",
       &null_selector},
      {"CMPS: which of its two operands faults is not defined", &order_of_operands},
      {"FSAVE, FXSAVE, FBSTP, MASKMOVDQU and their kin: which part of a large operand faults first is not "
       "defined",
       &part_of_large_operand},
      {"the guest's kernel is mapped, for itself, where the host has nothing: bit 0 of the error code",
       &guest_kernel},
      {"an access that wraps at an effective limit of 4 GiB may fault or not (SDM vol. 3A, 5.3)",
       &effective_limit_of_4_gib},
      {"IRET and far RET: which word of the stack faults first, and whether all of the word of CS is read, "
       "is not defined",
       &order_of_stack_words},
      {"POPA that faults may have loaded registers, which it loads again (SDM vol. 3A, 6.5)", &popa_begun},
      {"CALL, ENTER, PUSHA, FBSTP, FSTP, FSAVE, FSTENV and FXSAVE that fault may have stored a part, as they "
       "do again (SDM "
       "vol. 3A, 6.5)",
       &stores_begun},
      {"CALL: whether the target or the stack is checked first is not defined", &call_checks},
      {"an operand in parts that begins below FFFF: the parts behind it are at 0 or beyond the limit "
       "(measured)",
       &wraps_by_parts},
      {"BOUND reads the upper bound before or after it has compared with the lower (measured)",
       &upper_bound_unread},
      {"selector 78 is a segment of Linux' own, with data of the host's processor", &segment_of_linux},
      {"LAR: bits 19 to 16 are undefined (SDM vol. 2, LAR)", &access_rights_limit},
      {"an instruction that is undefined or longer than 15 bytes, with bytes beyond the limit or in a page "
       "that is not there, raises #UD, #GP or what the fetch of all its bytes raises",
       &undefined_and_unfetched},
      {"repeated CMPS and SCAS that fault or trap in the middle restore the flags of their start (SDM vol. "
       "2, REP); ours are those of the "
       "last comparison, since an interrupt may have come between",
       &flags_of_begun_comparison},
      {"MMX stores and conversions that fault may have entered MMX state, as they do again (measured)",
       &mmx_state_begun},
      {"CVTPI2PS from memory enters MMX state (SDM vol. 2, CVTPI2PS) or not (measured)", &no_mmx_operand},
      {"MASKMOVDQU and MASKMOVQ check alignment or not (measured)", &masked_store_alignment},
      {"RCP and RSQRT are approximations, with a relative error up to 1.5 * 2^-12 (SDM vol. 2, RCPPS)",
       &approximation},
  };
  for (const X87Deviation& deviation : x87_deviations()) {
    if (deviation.vendor != HostVendor::Other && deviation.vendor != host_vendor()) continue;
    rules.push_back({std::string(deviation.reason),
                     [&deviation](const GeneratedCase& g, OracleOutcome& host, const OracleOutcome& guest) {
                       forgive_x87(deviation, g, host, guest);
                     }});
  }
  return rules;
}

}  // namespace

std::span<const OracleRule> oracle_rules() {
  static const std::vector<OracleRule> rules = make_rules();
  return rules;
}

}  // namespace ringdown::test
