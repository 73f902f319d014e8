// Bit instructions: BT, BTS, BTR, BTC, BSF, BSR.
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/operand_handlers.h"
#include "cpu/execute/segment_access.h"

namespace ringdown {

namespace {

template <class T>
constexpr u32 kBits = 8 * sizeof(T);

struct BitTest {
  static constexpr bool kStores = false;
  template <class T>
  static T apply(T value, T) {
    return value;
  }
};
struct BitSet {
  static constexpr bool kStores = true;
  template <class T>
  static T apply(T value, T bit) {
    return value | bit;
  }
};
struct BitReset {
  static constexpr bool kStores = true;
  template <class T>
  static T apply(T value, T bit) {
    return static_cast<T>(value & ~bit);
  }
};
struct BitComplement {
  static constexpr bool kStores = true;
  template <class T>
  static T apply(T value, T bit) {
    return value ^ bit;
  }
};

/// CF is the bit as it was; the other flags stay.
template <class Op, class T>
[[gnu::always_inline]] inline T apply_bit(Flags& flags, T value, u32 index) {
  const T bit = static_cast<T>(T{1} << (index % kBits<T>));
  flags.set_cf((value & bit) != 0);
  return Op::template apply<T>(value, bit);
}

enum class IndexSource : u8 { Register, Immediate };

template <class Op, class T, IndexSource Source>
const Operation* bit_of_register(Processor& cpu, const Operation* op) {
  Registers& registers = cpu.registers;
  const u32 index = Source == IndexSource::Register ? registers.read<T>(op->rm) : op->immediate;
  const T result = apply_bit<Op, T>(registers.flags, registers.read<T>(op->reg), index);
  if constexpr (Op::kStores) registers.write<T>(op->reg, result);
  return next(cpu, op);
}

/// Offset of the word that holds the bit, and the bit's index modulo the width.
struct BitPlace {
  u32 offset;
  u32 index;
};

/// With the index in a register, memory is a bit string: the index is signed and chooses the word, too.
template <class T, IndexSource Source>
[[gnu::always_inline]] inline BitPlace find_bit(const Processor& cpu, const Operation* op) {
  u32 offset = effective_offset(cpu.registers, *op);
  if constexpr (Source == IndexSource::Immediate) return {offset, op->immediate};
  const s32 position = cpu.registers.read<std::make_signed_t<T>>(op->reg);
  offset += static_cast<u32>(position >> std::countr_zero(kBits<T>)) * static_cast<u32>(sizeof(T));
  if (op->address16) offset &= 0xffffu;
  return {offset, static_cast<u32>(position)};
}

template <class Op, class T, IndexSource Source>
[[gnu::noinline]] const Operation* bit_of_memory_slowly(Processor& cpu, const Operation* op) {
  const BitPlace place = find_bit<T, Source>(cpu, op);
  const Loaded<T> operand = Op::kStores ? load_for_modify_at<T>(cpu, op, op->segment, place.offset)
                                        : load_at<T>(cpu, op, op->segment, place.offset);
  if (!operand.ok) return nullptr;
  const T result = apply_bit<Op, T>(cpu.registers.flags, operand.value, place.index);
  // Cannot fail: it was prepared.
  if constexpr (Op::kStores) (void)store_at<T>(cpu, op, op->segment, place.offset, result);
  return next(cpu, op);
}

template <class Op, class T, IndexSource Source>
const Operation* bit_of_memory(Processor& cpu, const Operation* op) {
  constexpr AccessType kAccess = Op::kStores ? AccessType::Write : AccessType::Read;
  const BitPlace place = find_bit<T, Source>(cpu, op);
  const Tlb::Hit hit = find_in_segment<kAccess>(cpu, op->segment, place.offset, sizeof(T));
  if (!hit.ok) [[unlikely]]
    return bit_of_memory_slowly<Op, T, Source>(cpu, op);
  const T result = apply_bit<Op, T>(cpu.registers.flags, host_value<T>(hit.host), place.index);
  if constexpr (Op::kStores) std::memcpy(hit.host, &result, sizeof(T));
  return next(cpu, op);
}

template <class Op>
Handler lower_bit(const LoweringContext& context, Operation& op) {
  const OperandKind kind = arrange_two(context, op);
  return for_word_size(op.size, [&]<class T>() -> Handler {
    switch (kind) {
      case OperandKind::RegisterRegister:
        return &bit_of_register<Op, T, IndexSource::Register>;
      case OperandKind::RegisterImmediate:
        return &bit_of_register<Op, T, IndexSource::Immediate>;
      case OperandKind::MemoryRegister:
        return &bit_of_memory<Op, T, IndexSource::Register>;
      case OperandKind::MemoryImmediate:
        return &bit_of_memory<Op, T, IndexSource::Immediate>;
      case OperandKind::RegisterMemory:
        break;  // no such encoding
    }
    return nullptr;
  });
}

struct ScanForward {
  template <class T>
  static T apply(T source) {
    return static_cast<T>(std::countr_zero(source));
  }
};
struct ScanReverse {
  template <class T>
  static T apply(T source) {
    return static_cast<T>(kBits<T> - 1 - static_cast<u32>(std::countl_zero(source)));
  }
};

/// A source of zero sets ZF and leaves the destination as it is (undefined by the manual, relied upon by
/// software). The flags beside ZF are undefined; PF follows the result, the others are cleared.
template <class Op, class T>
[[gnu::always_inline]] inline const Operation* scan(Processor& cpu, const Operation* op, T source) {
  Registers& registers = cpu.registers;
  if (source == 0) {
    registers.flags.set_logic<T>(0);
    return next(cpu, op);
  }
  const T result = Op::template apply<T>(source);
  registers.write<T>(op->reg, result);
  const bool even = (std::popcount(result) & 1) == 0;
  registers.flags.assign_status(even ? eflags::kPf : 0u);
  return next(cpu, op);
}

template <class Op>
Handler lower_scan(const LoweringContext& context, Operation& op) {
  arrange_two(context, op);
  return for_word_size(op.size, [&]<class T>() { return from_rm_or_memory<T, &scan<Op, T>>(context, op); });
}

}  // namespace

Handler lower_bt(const LoweringContext& context, Operation& op) { return lower_bit<BitTest>(context, op); }
Handler lower_bts(const LoweringContext& context, Operation& op) { return lower_bit<BitSet>(context, op); }
Handler lower_btr(const LoweringContext& context, Operation& op) { return lower_bit<BitReset>(context, op); }
Handler lower_btc(const LoweringContext& context, Operation& op) {
  return lower_bit<BitComplement>(context, op);
}
Handler lower_bsf(const LoweringContext& context, Operation& op) {
  return lower_scan<ScanForward>(context, op);
}
Handler lower_bsr(const LoweringContext& context, Operation& op) {
  return lower_scan<ScanReverse>(context, op);
}

}  // namespace ringdown
