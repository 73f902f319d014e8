// Binary arithmetic instructions: ADD, ADC, SUB, SBB, CMP, INC, DEC, NEG.
#include "cpu/execute/alu.h"
#include "cpu/execute/integer_lowerings.h"

namespace ringdown {

namespace {

struct Negate {
  template <class T, FlagUse Use>
  static T apply(Flags& flags, T a) {
    const T result = static_cast<T>(-a);
    if constexpr (Use == FlagUse::Live) flags.set_subtract<T>(T{0}, a);
    return result;
  }
};

}  // namespace

Handler lower_add(const LoweringContext& context, Operation& op) { return alu::lower<alu::Add>(context, op); }
Handler lower_adc(const LoweringContext& context, Operation& op) {
  return alu::lower<alu::AddWithCarry>(context, op);
}
Handler lower_sub(const LoweringContext& context, Operation& op) {
  return alu::lower<alu::Subtract>(context, op);
}
Handler lower_sbb(const LoweringContext& context, Operation& op) {
  return alu::lower<alu::SubtractWithBorrow>(context, op);
}
Handler lower_cmp(const LoweringContext& context, Operation& op) {
  return alu::lower<alu::Compare>(context, op);
}
Handler lower_inc(const LoweringContext& context, Operation& op) {
  return alu::lower_unary<alu::Increment, Frequency::Frequent>(context, op);
}
Handler lower_dec(const LoweringContext& context, Operation& op) {
  return alu::lower_unary<alu::Decrement, Frequency::Frequent>(context, op);
}
Handler lower_neg(const LoweringContext& context, Operation& op) {
  return alu::lower_unary<Negate>(context, op);
}

}  // namespace ringdown
