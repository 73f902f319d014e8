// String instructions: MOVS, STOS, LODS, CMPS, SCAS, alone and repeated.
#include <algorithm>

#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/segment_access.h"
#include "cpu/execute/select.h"
#include "cpu/execute/string_runs.h"

namespace ringdown {

namespace {

using string_runs::Direction;
using string_runs::Run;

template <bool Address16>
using AddressType = std::conditional_t<Address16, u16, u32>;

template <bool Address16>
[[gnu::always_inline]] inline u32 read_address(const Registers& registers, Gpr reg) {
  return registers.read<AddressType<Address16>>(offset_of(reg));
}

template <bool Address16>
[[gnu::always_inline]] inline void advance(Registers& registers, Gpr reg, u32 by) {
  using Type = AddressType<Address16>;
  const auto moved = static_cast<Type>(registers.read<Type>(offset_of(reg)) + by);
  registers.write<Type>(offset_of(reg), moved);
}

/// What one element moves ESI and EDI by.
template <class T>
[[gnu::always_inline]] inline u32 stride(const Registers& registers) {
  const u32 size = sizeof(T);
  return registers.flags.df() ? 0 - size : size;
}

template <bool Address16, Direction D>
[[gnu::always_inline]] inline void pass(Registers& registers, Gpr reg, u32 bytes) {
  advance<Address16>(registers, reg, D == Direction::Up ? bytes : 0 - bytes);
}

/// Up to `limit` elements that lie in one page, and whose offsets do not wrap, where they may be accessed
/// through host memory; none where not even one may.
template <class T, AccessType Access, bool Address16, Direction D>
[[gnu::always_inline]] inline Run<T, D> find_run(const Processor& cpu, Segment segment, Gpr reg, u32 limit) {
  constexpr u32 kSize = sizeof(T);
  const u32 offset = read_address<Address16>(cpu.registers, reg);
  const u32 in_page = (cpu.windows[static_cast<unsigned>(segment)].base + offset) & kPageOffsetMask;
  u32 count = limit;
  u32 lowest = offset;
  if constexpr (D == Direction::Up) {
    u32 room = kPageSize - in_page;
    if constexpr (Address16) room = std::min(room, 0x10000u - offset);
    count = std::min(count, room / kSize);
    if (count == 0) return {};
  } else {
    count = std::min(count, std::min(in_page, offset) / kSize + 1);
    lowest -= (count - 1) * kSize;
  }
  const Tlb::Hit hit = find_in_segment<Access>(cpu, segment, lowest, count * kSize);
  if (!hit.ok) return {};
  return {hit.host + (offset - lowest), count};
}

// Each instruction has step(), one element with all checks, false after a fault; and run(), up to `limit` (at
// least 1) elements through host memory, which returns how many (0 if it cannot).

template <class T, bool Address16>
struct Move {
  static constexpr bool kAddress16 = Address16;
  static constexpr bool kCompares = false;

  static bool step(Processor& cpu, const Operation* op) {
    Registers& registers = cpu.registers;
    const Loaded<T> value = load_at<T>(cpu, op, op->segment, read_address<Address16>(registers, Gpr::Esi));
    if (!value.ok) return false;
    const u32 to = read_address<Address16>(registers, Gpr::Edi);
    if (!store_at<T>(cpu, op, Segment::Es, to, value.value)) return false;
    advance<Address16>(registers, Gpr::Esi, stride<T>(registers));
    advance<Address16>(registers, Gpr::Edi, stride<T>(registers));
    return true;
  }

  template <Direction D>
  static u32 run(Processor& cpu, const Operation* op, u32 limit) {
    const auto from = find_run<T, AccessType::Read, Address16, D>(cpu, op->segment, Gpr::Esi, limit);
    if (from.count == 0) return 0;
    const auto to = find_run<T, AccessType::Write, Address16, D>(cpu, Segment::Es, Gpr::Edi, from.count);
    if (to.count == 0) return 0;
    string_runs::copy(to, from.front(to.count));
    pass<Address16, D>(cpu.registers, Gpr::Esi, to.bytes());
    pass<Address16, D>(cpu.registers, Gpr::Edi, to.bytes());
    return to.count;
  }
};

template <class T, bool Address16>
struct Store {
  static constexpr bool kAddress16 = Address16;
  static constexpr bool kCompares = false;

  static bool step(Processor& cpu, const Operation* op) {
    Registers& registers = cpu.registers;
    const u32 to = read_address<Address16>(registers, Gpr::Edi);
    if (!store_at<T>(cpu, op, Segment::Es, to, registers.read<T>(offset_of(Gpr::Eax)))) return false;
    advance<Address16>(registers, Gpr::Edi, stride<T>(registers));
    return true;
  }

  template <Direction D>
  static u32 run(Processor& cpu, const Operation*, u32 limit) {
    const auto to = find_run<T, AccessType::Write, Address16, D>(cpu, Segment::Es, Gpr::Edi, limit);
    if (to.count == 0) return 0;
    string_runs::fill(to, cpu.registers.read<T>(offset_of(Gpr::Eax)));
    pass<Address16, D>(cpu.registers, Gpr::Edi, to.bytes());
    return to.count;
  }
};

template <class T, bool Address16>
struct Load {
  static constexpr bool kAddress16 = Address16;
  static constexpr bool kCompares = false;

  static bool step(Processor& cpu, const Operation* op) {
    Registers& registers = cpu.registers;
    const Loaded<T> value = load_at<T>(cpu, op, op->segment, read_address<Address16>(registers, Gpr::Esi));
    if (!value.ok) return false;
    registers.write<T>(offset_of(Gpr::Eax), value.value);
    advance<Address16>(registers, Gpr::Esi, stride<T>(registers));
    return true;
  }

  template <Direction D>
  static u32 run(Processor& cpu, const Operation* op, u32 limit) {
    const auto from = find_run<T, AccessType::Read, Address16, D>(cpu, op->segment, Gpr::Esi, limit);
    if (from.count == 0) return 0;
    cpu.registers.write<T>(offset_of(Gpr::Eax), from[from.count - 1]);
    pass<Address16, D>(cpu.registers, Gpr::Esi, from.bytes());
    return from.count;
  }
};

template <class T>
void set_comparison_flags(Flags& flags, T a, T b) {
  flags.set_subtract<T>(a, b);
}

/// Whether a repeated comparison ends behind a pair that is equal, or different.
inline bool ends_comparison(const Operation* op, bool equal) {
  return equal != (op->repeat == Repeat::WhileEqual);
}

template <class T, bool Address16>
struct CompareStrings {
  static constexpr bool kAddress16 = Address16;
  static constexpr bool kCompares = true;

  static bool step(Processor& cpu, const Operation* op) {
    Registers& registers = cpu.registers;
    // Processors read the second operand first, which tells if both fault.
    const Loaded<T> b = load_at<T>(cpu, op, Segment::Es, read_address<Address16>(registers, Gpr::Edi));
    if (!b.ok) return false;
    const Loaded<T> a = load_at<T>(cpu, op, op->segment, read_address<Address16>(registers, Gpr::Esi));
    if (!a.ok) return false;
    set_comparison_flags<T>(registers.flags, a.value, b.value);
    advance<Address16>(registers, Gpr::Esi, stride<T>(registers));
    advance<Address16>(registers, Gpr::Edi, stride<T>(registers));
    return true;
  }

  template <Direction D>
  static u32 run(Processor& cpu, const Operation* op, u32 limit) {
    const auto a = find_run<T, AccessType::Read, Address16, D>(cpu, op->segment, Gpr::Esi, limit);
    if (a.count == 0) return 0;
    const auto b = find_run<T, AccessType::Read, Address16, D>(cpu, Segment::Es, Gpr::Edi, a.count);
    if (b.count == 0) return 0;
    const auto seen = b.front(string_runs::compare(a, b, ends_comparison(op, true)));
    set_comparison_flags<T>(cpu.registers.flags, a[seen.count - 1], seen[seen.count - 1]);
    pass<Address16, D>(cpu.registers, Gpr::Esi, seen.bytes());
    pass<Address16, D>(cpu.registers, Gpr::Edi, seen.bytes());
    return seen.count;
  }
};

template <class T, bool Address16>
struct Scan {
  static constexpr bool kAddress16 = Address16;
  static constexpr bool kCompares = true;

  static bool step(Processor& cpu, const Operation* op) {
    Registers& registers = cpu.registers;
    const Loaded<T> value = load_at<T>(cpu, op, Segment::Es, read_address<Address16>(registers, Gpr::Edi));
    if (!value.ok) return false;
    set_comparison_flags<T>(registers.flags, registers.read<T>(offset_of(Gpr::Eax)), value.value);
    advance<Address16>(registers, Gpr::Edi, stride<T>(registers));
    return true;
  }

  template <Direction D>
  static u32 run(Processor& cpu, const Operation* op, u32 limit) {
    const auto run = find_run<T, AccessType::Read, Address16, D>(cpu, Segment::Es, Gpr::Edi, limit);
    if (run.count == 0) return 0;
    const T wanted = cpu.registers.read<T>(offset_of(Gpr::Eax));
    const auto seen = run.front(string_runs::scan(run, wanted, ends_comparison(op, true)));
    set_comparison_flags<T>(cpu.registers.flags, wanted, seen[seen.count - 1]);
    pass<Address16, D>(cpu.registers, Gpr::Edi, seen.bytes());
    return seen.count;
  }
};

template <class Instruction>
const Operation* once(Processor& cpu, const Operation* op) {
  if (!Instruction::step(cpu, op)) [[unlikely]]
    return nullptr;
  return next(cpu, op);
}

/// One or more elements; returns how many, 0 after a fault.
template <class Instruction>
u32 some(Processor& cpu, const Operation* op, u32 limit) {
  const u32 done = cpu.registers.flags.df() ? Instruction::template run<Direction::Down>(cpu, op, limit)
                                            : Instruction::template run<Direction::Up>(cpu, op, limit);
  if (done != 0) return done;
  return Instruction::step(cpu, op) ? 1 : 0;
}

/// A repeated instruction is the last of its block, and counts one instruction for each element. The first
/// was counted when the block was entered; each further one is taken off the budget before it is tried. When
/// the budget is used up the instruction is left half-done, to be resumed with what ECX, ESI and EDI hold.
template <class Instruction>
const Operation* repeated(Processor& cpu, const Operation* op) {
  using Count = AddressType<Instruction::kAddress16>;
  u32 count = cpu.registers.read<Count>(offset_of(Gpr::Ecx));
  if (count == 0) return follow(cpu, op, Way::FallThrough);
  for (;;) {
    const s64 affordable = 1 + std::max<s64>(cpu.budget, 0);
    const u32 done = some<Instruction>(cpu, op, static_cast<u32>(std::min<s64>(count, affordable)));
    if (done == 0) [[unlikely]]
      return nullptr;
    cpu.budget -= done - 1;
    count -= done;
    cpu.registers.write<Count>(offset_of(Gpr::Ecx), static_cast<Count>(count));
    if (count == 0) break;
    if (Instruction::kCompares && ends_comparison(op, cpu.registers.flags.zf())) break;
    if (cpu.budget <= 0) {
      // Half-done: RF keeps a breakpoint on the instruction from being met again (SDM vol. 3B, 17.3.1.1).
      cpu.registers.flags.set_control(cpu.registers.flags.control() | eflags::kRf);
      cpu.registers.eip = op->eip;
      cpu.leave = Processor::Leave::Boundary;
      return nullptr;
    }
    --cpu.budget;
  }
  return follow(cpu, op, Way::FallThrough);
}

/// The source's segment; ES:EDI cannot be overridden.
Segment source_segment(const ZydisDecodedInstruction& instruction) {
  if ((instruction.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_CS) != 0) return Segment::Cs;
  if ((instruction.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_SS) != 0) return Segment::Ss;
  if ((instruction.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_ES) != 0) return Segment::Es;
  if ((instruction.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS) != 0) return Segment::Fs;
  if ((instruction.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS) != 0) return Segment::Gs;
  return Segment::Ds;
}

template <template <class, bool> class Instruction>
Handler lower_string(const LoweringContext& context, Operation& op) {
  op.segment = source_segment(context.instruction);
  return for_size(op.size, [&]<class T>() {
    return for_bool(op.address16, [&]<bool Address16>() -> Handler {
      if (op.repeat == Repeat::None) return &once<Instruction<T, Address16>>;
      return &repeated<Instruction<T, Address16>>;
    });
  });
}

}  // namespace

Handler lower_movs(const LoweringContext& context, Operation& op) { return lower_string<Move>(context, op); }
Handler lower_stos(const LoweringContext& context, Operation& op) { return lower_string<Store>(context, op); }
Handler lower_lods(const LoweringContext& context, Operation& op) { return lower_string<Load>(context, op); }
Handler lower_cmps(const LoweringContext& context, Operation& op) {
  return lower_string<CompareStrings>(context, op);
}
Handler lower_scas(const LoweringContext& context, Operation& op) { return lower_string<Scan>(context, op); }

}  // namespace ringdown
