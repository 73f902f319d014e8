// Flag control and miscellaneous instructions: CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC, NOP, UD2, BOUND.
#include "cpu/execute/integer_lowerings.h"
#include "cpu/execute/raising.h"
#include "cpu/execute/segment_access.h"
#include "cpu/execute/select.h"
#include "cpu/execute/terminators.h"

namespace ringdown {

namespace {

using namespace eflags;

constexpr RegisterOffset kAl = register_offset(0, 1);
constexpr RegisterOffset kAh = register_offset(4, 1);
/// Status flags that AH holds.
constexpr u32 kInAh = kSf | kZf | kAf | kPf | kCf;

const Operation* clear_carry(Processor& cpu, const Operation* op) {
  cpu.registers.flags.set_cf(false);
  return next(cpu, op);
}

const Operation* set_carry(Processor& cpu, const Operation* op) {
  cpu.registers.flags.set_cf(true);
  return next(cpu, op);
}

const Operation* complement_carry(Processor& cpu, const Operation* op) {
  cpu.registers.flags.set_cf(!cpu.registers.flags.cf());
  return next(cpu, op);
}

const Operation* clear_direction(Processor& cpu, const Operation* op) {
  cpu.registers.flags.set_control(cpu.registers.flags.control() & ~kDf);
  return next(cpu, op);
}

const Operation* set_direction(Processor& cpu, const Operation* op) {
  cpu.registers.flags.set_control(cpu.registers.flags.control() | kDf);
  return next(cpu, op);
}

const Operation* load_ah_from_flags(Processor& cpu, const Operation* op) {
  const u32 value = (cpu.registers.flags.status() & kInAh) | kReserved1;
  cpu.registers.write<u8>(kAh, static_cast<u8>(value));
  return next(cpu, op);
}

const Operation* store_ah_into_flags(Processor& cpu, const Operation* op) {
  Flags& flags = cpu.registers.flags;
  flags.assign_status((cpu.registers.read<u8>(kAh) & kInAh) | (flags.of() ? kOf : 0u));
  return next(cpu, op);
}

/// Undocumented: AL is FFh with carry, else 0.
const Operation* set_al_on_carry(Processor& cpu, const Operation* op) {
  cpu.registers.write<u8>(kAl, cpu.registers.flags.cf() ? 0xff : 0x00);
  return next(cpu, op);
}

const Operation* do_nothing(Processor& cpu, const Operation* op) { return next(cpu, op); }

/// The bounds stand behind one another in memory; the offset of the second wraps with the address size.
template <class T, bool Address16>
const Operation* check_bounds(Processor& cpu, const Operation* op) {
  using Signed = std::make_signed_t<T>;
  const u32 offset = effective_offset(cpu.registers, *op);
  u32 second = offset + static_cast<u32>(sizeof(T));
  if constexpr (Address16) second &= 0xffffu;
  const Loaded<T> lower = load_at<T>(cpu, op, op->segment, offset);
  if (!lower.ok) return nullptr;
  const Loaded<T> upper = load_at<T>(cpu, op, op->segment, second);
  if (!upper.ok) return nullptr;
  const auto index = static_cast<Signed>(cpu.registers.read<T>(op->reg));
  if (index < static_cast<Signed>(lower.value) || index > static_cast<Signed>(upper.value))
    return raise_bound_range(cpu, op);
  return next(cpu, op);
}

}  // namespace

Handler lower_clc(const LoweringContext&, Operation&) { return &clear_carry; }
Handler lower_stc(const LoweringContext&, Operation&) { return &set_carry; }
Handler lower_cmc(const LoweringContext&, Operation&) { return &complement_carry; }
Handler lower_cld(const LoweringContext&, Operation&) { return &clear_direction; }
Handler lower_std(const LoweringContext&, Operation&) { return &set_direction; }
Handler lower_lahf(const LoweringContext&, Operation&) { return &load_ah_from_flags; }
Handler lower_sahf(const LoweringContext&, Operation&) { return &store_ah_into_flags; }
Handler lower_salc(const LoweringContext&, Operation&) { return &set_al_on_carry; }
Handler lower_nop(const LoweringContext&, Operation&) { return &do_nothing; }
Handler lower_ud2(const LoweringContext&, Operation&) { return &raise_invalid_opcode; }

Handler lower_bound(const LoweringContext&, Operation& op) {
  return for_word_size(op.size, [&]<class T>() {
    return for_bool(op.address16, []<bool Address16>() -> Handler { return &check_bounds<T, Address16>; });
  });
}

}  // namespace ringdown
