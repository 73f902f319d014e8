// Logical instructions: AND, OR, XOR, TEST, NOT.
#include "cpu/execute/alu.h"
#include "cpu/execute/integer_lowerings.h"

namespace ringdown {

namespace {

/// NOT affects no flags.
struct Complement {
  template <class T, FlagUse>
  static T apply(Flags&, T a) {
    return static_cast<T>(~a);
  }
};

}  // namespace

Handler lower_and(const LoweringContext& context, Operation& op) { return alu::lower<alu::And>(context, op); }
Handler lower_or(const LoweringContext& context, Operation& op) { return alu::lower<alu::Or>(context, op); }
Handler lower_xor(const LoweringContext& context, Operation& op) { return alu::lower<alu::Xor>(context, op); }
Handler lower_test(const LoweringContext& context, Operation& op) {
  return alu::lower<alu::Test>(context, op);
}
Handler lower_not(const LoweringContext& context, Operation& op) {
  return alu::lower_unary<Complement>(context, op);
}

}  // namespace ringdown
