// Loads, stores, exchanges and conditional moves, and the constants (Intel SDM vol. 1, 8.3.3 and 8.3.4).
#include "cpu/execute/x87/host_handlers.h"
#include "cpu/execute/x87/operands.h"
#include "cpu/execute/x87/x87_lowerings.h"

namespace ringdown {

namespace x87 {
namespace {

using soft_float::PackedDecimal;

// --- Loads
// ---------------------------------------------------------------------------------------------------

/// Pushes a loaded number, or the indefinite on a stack overflow.
[[gnu::always_inline]] inline void push_loaded(Processor& cpu, const Operation& op, Float80 value,
                                               const FloatEnvironment& environment) {
  X87State& x = cpu.x87;
  if (overflows(x)) [[unlikely]] {
    if (stack_fault(cpu, op, StackFault::Overflow)) push(x, float80::kIndefinite);
    return;
  }
  commit(cpu, op, environment);
  // An unmasked #D does not keep units of either vendor from pushing (measured, docs/floating-point.md).
  if ((environment.unmasked() & x87_exception::kInvalid) == 0) [[likely]]
    push(x, value);
}

template <class Format>
void load_number(Processor& cpu, const Operation& op, typename Format::Bits bits) {
  record_memory(cpu, op);
  FloatEnvironment environment = begin(cpu.x87);
  const Float80 value = Format::load(bits, environment);
  push_loaded(cpu, op, value, environment);
}

Fault fld_extended(Processor& cpu, const Operation& op) {
  std::array<u8, 10> bytes;
  if (const Fault fault = read_operand(cpu, op, bytes)) return fault;
  record_memory(cpu, op);
  Float80 value;
  std::memcpy(&value.significand, bytes.data(), 8);
  std::memcpy(&value.sign_exponent, bytes.data() + 8, 2);
  push_loaded(cpu, op, value, begin(cpu.x87));
  return Fault::none();
}

Fault fbld(Processor& cpu, const Operation& op) {
  PackedDecimal digits;
  if (const Fault fault = read_operand(cpu, op, digits)) return fault;
  record_memory(cpu, op);
  push_loaded(cpu, op, soft_float::from_packed_decimal(digits), begin(cpu.x87));
  return Fault::none();
}

void fld_register(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  const u8 i = stack_index(op);
  if (is_empty(x, i)) [[unlikely]] {
    if (stack_fault(cpu, op, StackFault::Underflow)) push(x, float80::kIndefinite);
  } else {
    push_loaded(cpu, op, st(x, i), begin(x));
  }
}

/// FLD1 to FLDZ, by the low bits of the ModRM byte: 66-bit constants rounded by the rounding control
/// (vol. 1, 8.3.4 and 8.3.8). `below` says that the value rounded to nearest lies below the exact one.
struct Constant {
  Float80 nearest;
  enum class Error : u8 { Exact, Below, Above } error;
};
constexpr std::array<Constant, 8> kConstants{{
    {{0x8000'0000'0000'0000, 0x3FFF}, Constant::Error::Exact},  // 1
    {{0xD49A'784B'CD1B'8AFE, 0x4000}, Constant::Error::Below},  // log2(10)
    {{0xB8AA'3B29'5C17'F0BC, 0x3FFF}, Constant::Error::Above},  // log2(e)
    {{0xC90F'DAA2'2168'C235, 0x4000}, Constant::Error::Above},  // pi
    {{0x9A20'9A84'FBCF'F799, 0x3FFD}, Constant::Error::Above},  // log10(2)
    {{0xB172'17F7'D1CF'79AC, 0x3FFE}, Constant::Error::Above},  // ln(2)
    {{0, 0}, Constant::Error::Exact},                           // 0
    {{0, 0}, Constant::Error::Exact},
}};

Float80 rounded(const Constant& constant, Rounding rounding) {
  Float80 value = constant.nearest;
  if (constant.error == Constant::Error::Below && rounding == Rounding::Up) ++value.significand;
  const bool truncates = rounding == Rounding::Down || rounding == Rounding::Zero;
  if (constant.error == Constant::Error::Above && truncates) --value.significand;
  return value;
}

void fld_constant(Processor& cpu, const Operation& op) {
  record(cpu, op);
  const FloatEnvironment environment = begin(cpu.x87);
  push_loaded(cpu, op, rounded(kConstants[stack_index(op)], environment.rounding()), environment);
}

// --- Stores
// ----------------------------------------------------------------------------------------------------

/// What FST and FIST store: the format, its conversion, and the masked response to a stack underflow.
struct StoreSingle {
  using Bits = u32;
  static constexpr Bits kIndefinite = 0xFFC0'0000;
  static Bits convert(Float80 a, FloatEnvironment& e) { return x87_float::to_float32(a, e); }
};
struct StoreDouble {
  using Bits = u64;
  static constexpr Bits kIndefinite = 0xFFF8'0000'0000'0000;
  static Bits convert(Float80 a, FloatEnvironment& e) { return x87_float::to_float64(a, e); }
};
template <soft_float::IntegerSize Size, class BitsType>
struct StoreInteger {
  using Bits = BitsType;
  static constexpr Bits kIndefinite = static_cast<Bits>(Bits{1} << (sizeof(Bits) * 8 - 1));
  static Bits convert(Float80 a, FloatEnvironment& e) {
    return static_cast<Bits>(x87_float::to_integer<Size>(a, e));
  }
};
using StoreWord = StoreInteger<soft_float::IntegerSize::Word, u16>;
using StoreDoubleword = StoreInteger<soft_float::IntegerSize::Doubleword, u32>;
using StoreQuadword = StoreInteger<soft_float::IntegerSize::Quadword, u64>;

enum class Pops : u8 { No, Once };

/// Overflow and underflow, where unmasked, leave a memory destination unwritten (vol. 1, 8.5.4 and 8.5.5).
bool stores_nothing(const FloatEnvironment& environment) {
  return (environment.unmasked() & ~x87_exception::kPrecision) != 0;
}

/// What a store is about to do, computed before memory is touched. Small enough to be returned in registers.
template <class Bits>
struct Store {
  Bits bits;
  u8 raised;
  bool rounded_up;
  bool empty;
  /// False if an unmasked exception leaves memory and stack as they are.
  bool stores;
};

template <class Format>
[[gnu::noinline]] Store<typename Format::Bits> prepare_store(const X87State& x) {
  FloatEnvironment environment = begin(x);
  const u8 top = x.top();
  if (x.is_empty(top)) [[unlikely]] {
    return {Format::kIndefinite, 0, false, true, environment.is_masked(x87_exception::kInvalid)};
  }
  const auto bits = Format::convert(x.registers[top], environment);
  return {bits, environment.raised, environment.rounded_up, false, !stores_nothing(environment)};
}

/// After the memory was written: pointers, flags, stack.
template <Pops P, class Bits>
[[gnu::noinline]] void complete_store(Processor& cpu, const Operation& op, Store<Bits> stored) {
  record_memory(cpu, op);
  if (stored.empty) [[unlikely]] {
    (void)stack_fault(cpu, op, StackFault::Underflow);
  } else {
    FloatEnvironment environment(cpu.x87.control.value());
    environment.raised = stored.raised;
    environment.rounded_up = stored.rounded_up;
    commit(cpu, op, environment);
  }
  if (P == Pops::Once && stored.stores) pop(cpu.x87);
}

template <class Format, Pops P, Addressing Mode>
const Operation* store_number(Processor& cpu, const Operation* op) {
  using Bits = typename Format::Bits;
  if (!enter_waiting(cpu, op)) return nullptr;
  const Store<Bits> prepared = prepare_store<Format>(cpu.x87);
  if (prepared.stores && !store<Bits, Mode>(cpu, op, prepared.bits)) return nullptr;
  complete_store<P, Bits>(cpu, *op, prepared);
  return finish(cpu, op);
}

/// A ten-byte store that pops: FSTP m80fp and FBSTP. `bytes` is what to store unless ST(0) is empty.
Fault store_ten_bytes(Processor& cpu, const Operation& op, const std::array<u8, 10>& bytes,
                      const FloatEnvironment& environment) {
  X87State& x = cpu.x87;
  const bool empty = is_empty(x, 0);
  const bool stores = empty ? environment.is_masked(x87_exception::kInvalid) : !stores_nothing(environment);
  if (stores) {
    if (const Fault fault = write_operand(cpu, op, bytes)) return fault;
  }
  record_memory(cpu, op);
  if (empty) {
    (void)stack_fault(cpu, op, StackFault::Underflow);
  } else {
    commit(cpu, op, environment);
  }
  if (stores) pop(x);
  return Fault::none();
}

Fault fstp_extended(Processor& cpu, const Operation& op) {
  const X87State& x = cpu.x87;
  const Float80 value = is_empty(x, 0) ? float80::kIndefinite : x.registers[x.top()];
  std::array<u8, 10> bytes;
  std::memcpy(bytes.data(), &value.significand, 8);
  std::memcpy(bytes.data() + 8, &value.sign_exponent, 2);
  return store_ten_bytes(cpu, op, bytes, begin(x));
}

Fault fbstp(Processor& cpu, const Operation& op) {
  const X87State& x = cpu.x87;
  FloatEnvironment environment = begin(x);
  // The indefinite is what an infinity is converted to.
  FloatEnvironment ignored;
  const PackedDecimal digits = is_empty(x, 0)
                                   ? soft_float::to_packed_decimal(float80::kIndefinite, ignored)
                                   : soft_float::to_packed_decimal(x.registers[x.top()], environment);
  return store_ten_bytes(cpu, op, digits, environment);
}

template <Pops P>
void fst_register(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  const u8 i = stack_index(op);
  Float80 value = float80::kIndefinite;
  if (is_empty(x, 0)) [[unlikely]] {
    if (!stack_fault(cpu, op, StackFault::Underflow)) return;
  } else {
    value = st(x, 0);
    x.status.set<x87_status::C1>(false);
  }
  write(x, i, value);
  if constexpr (P == Pops::Once) pop(x);
}

/// FSTPNCE (D9 D8), an alias of FSTP that looks at no tag: an empty ST(0) is popped and stores nothing.
void fstp_unchecked(Processor& cpu, const Operation& op) {
  if (!is_empty(cpu.x87, 0)) return fst_register<Pops::Once>(cpu, op);
  record(cpu, op);
  cpu.x87.status.set<x87_status::C1>(false);
  pop(cpu.x87);
}

// --- Between registers -------------------------------------------------------------------------------------

void fxch(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  const u8 i = stack_index(op);
  if (is_empty(x, 0) || is_empty(x, i)) [[unlikely]] {
    if (!stack_fault(cpu, op, StackFault::Underflow)) return;
    if (is_empty(x, 0)) write(x, 0, float80::kIndefinite);
    if (is_empty(x, i)) write(x, i, float80::kIndefinite);
  } else {
    x.status.set<x87_status::C1>(false);
  }
  Float80& st0 = st(x, 0);
  Float80& sti = st(x, i);
  // By fields: see cpu/float/fast_path.h.
  std::swap(st0.significand, sti.significand);
  std::swap(st0.sign_exponent, sti.sign_exponent);
}

/// Conditions of FCMOVcc, as the opcode map orders them.
enum class Condition : u8 { Below, Equal, BelowOrEqual, Unordered };

bool holds(const Flags& flags, Condition condition) {
  switch (condition) {
    case Condition::Below:
      return flags.cf();
    case Condition::Equal:
      return flags.zf();
    case Condition::BelowOrEqual:
      return flags.cf() || flags.zf();
    case Condition::Unordered:
      return flags.pf();
  }
  return false;
}

/// DA: the condition in ModRM.reg. DB: its opposite.
bool moves(const Processor& cpu, const Operation& op) {
  const bool negated = (op.extra & 0x100) != 0;
  return holds(cpu.registers.flags, static_cast<Condition>(op.number & 3)) != negated;
}

void fcmov(Processor& cpu, const Operation& op) {
  X87State& x = cpu.x87;
  record(cpu, op);
  const u8 i = stack_index(op);
  if (is_empty(x, 0) || is_empty(x, i)) {
    if (stack_fault(cpu, op, StackFault::Underflow)) write(x, 0, float80::kIndefinite);
    return;
  }
  if (moves(cpu, op)) st(x, 0) = st(x, i);
}

// --- Lowering
// ----------------------------------------------------------------------------------------------------

template <u8 Opcode, u8 Extension, class Format>
Handler load_handler(const LoweringContext& context) {
  return memory_handler<Opcode, Extension, load_number<Format>, typename Format::Bits>(context);
}

template <u8 Opcode, u8 Extension, class Format, Pops P>
Handler store_handler(const LoweringContext& context) {
  return for_addressing(context.addressing, []<Addressing A>() {
    return memory_on_host<AccessType::Write, Opcode, Extension, sizeof(typename Format::Bits), A,
                          &store_number<Format, P, A>>();
  });
}

constexpr unsigned kExtendedSize = 10;

Handler lower_fld_extended(const LoweringContext& context) {
  return for_addressing(context.addressing, []<Addressing A>() {
    return memory_on_host<AccessType::Read, 0xDB, 5, kExtendedSize, A, &waiting<fld_extended>>();
  });
}
Handler lower_fstp_extended(const LoweringContext& context) {
  return for_addressing(context.addressing, []<Addressing A>() {
    return memory_on_host<AccessType::Write, 0xDB, 7, kExtendedSize, A, &waiting<fstp_extended>>();
  });
}

template <u8 ModRm>
constexpr Handler constant_handler() {
  return without_operands<ModRm, fld_constant>();
}
constexpr std::array<Handler, 8> kConstantHandlers{
    constant_handler<0xE8>(), constant_handler<0xE9>(), constant_handler<0xEA>(), constant_handler<0xEB>(),
    constant_handler<0xEC>(), constant_handler<0xED>(), constant_handler<0xEE>(), nullptr};

/// FST and FSTP have aliases, which act as the encodings that the manual names.
Handler lower_fst_register(const Operation& op, Pops pops) {
  if (pops == Pops::No) {
    return on_host_with_index<OnRegisters, 0xDD, 0xD0, &on_registers<fst_register<Pops::No>>>(op);
  }
  return on_host_with_index<OnRegisters, 0xDD, 0xD8, &on_registers<fst_register<Pops::Once>>>(op);
}

/// FCMOVcc as FCMOVE of a condition that was found before.
template <u8 Opcode, u8 ModRm>
struct Conditionally {
  static constexpr bool kControl = false;
  [[gnu::always_inline]] static void run(Processor& cpu, const Operation& op) {
    host_x87::execute_if<Opcode, ModRm>(moves(cpu, op));
  }
};

}  // namespace
}  // namespace x87

Handler lower_fld(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  if (!op.memory) {
    return x87::on_host_with_index<x87::OnRegisters, 0xD9, 0xC0, &x87::on_registers<x87::fld_register>>(op);
  }
  switch (context.instruction.opcode) {
    case 0xD9:
      return x87::load_handler<0xD9, 0, x87::Single>(context);
    case 0xDD:
      return x87::load_handler<0xDD, 0, x87::Double>(context);
    default:
      return x87::lower_fld_extended(context);
  }
}

Handler lower_fild(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  if (context.instruction.opcode == 0xDB) return x87::load_handler<0xDB, 0, x87::Doubleword>(context);
  return op.number == 0 ? x87::load_handler<0xDF, 0, x87::Word>(context)
                        : x87::load_handler<0xDF, 5, x87::Quadword>(context);
}

Handler lower_fld_constant(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  return x87::kConstantHandlers[x87::stack_index(op)];
}

Handler lower_fst(const LoweringContext& context, Operation& op) {
  using x87::Pops;
  x87::set_opcode(context, op);
  if (context.instruction.mnemonic == ZYDIS_MNEMONIC_FSTPNCE) return &x87::on_registers<x87::fstp_unchecked>;
  const Pops pops = context.instruction.mnemonic == ZYDIS_MNEMONIC_FST ? Pops::No : Pops::Once;
  if (!op.memory) return x87::lower_fst_register(op, pops);
  switch (context.instruction.opcode) {
    case 0xD9:
      return pops == Pops::No ? x87::store_handler<0xD9, 2, x87::StoreSingle, Pops::No>(context)
                              : x87::store_handler<0xD9, 3, x87::StoreSingle, Pops::Once>(context);
    case 0xDD:
      return pops == Pops::No ? x87::store_handler<0xDD, 2, x87::StoreDouble, Pops::No>(context)
                              : x87::store_handler<0xDD, 3, x87::StoreDouble, Pops::Once>(context);
    default:
      return x87::lower_fstp_extended(context);
  }
}

Handler lower_fist(const LoweringContext& context, Operation& op) {
  using x87::Pops;
  x87::set_opcode(context, op);
  const Pops pops = context.instruction.mnemonic == ZYDIS_MNEMONIC_FIST ? Pops::No : Pops::Once;
  if (op.number == 7) return x87::store_handler<0xDF, 7, x87::StoreQuadword, Pops::Once>(context);
  if (context.instruction.opcode == 0xDB) {
    return pops == Pops::No ? x87::store_handler<0xDB, 2, x87::StoreDoubleword, Pops::No>(context)
                            : x87::store_handler<0xDB, 3, x87::StoreDoubleword, Pops::Once>(context);
  }
  return pops == Pops::No ? x87::store_handler<0xDF, 2, x87::StoreWord, Pops::No>(context)
                          : x87::store_handler<0xDF, 3, x87::StoreWord, Pops::Once>(context);
}

Handler lower_x87_transfer(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_FBLD:
      return &x87::waiting<x87::fbld>;
    case ZYDIS_MNEMONIC_FBSTP:
      return &x87::waiting<x87::fbstp>;
    case ZYDIS_MNEMONIC_FXCH:
      return x87::on_host_with_index<x87::OnRegisters, 0xD9, 0xC8, &x87::on_registers<x87::fxch>>(op);
    default:
      return x87::on_host_with_index<x87::Conditionally, 0xDA, 0xC8, &x87::on_registers<x87::fcmov>>(op);
  }
}

}  // namespace ringdown
