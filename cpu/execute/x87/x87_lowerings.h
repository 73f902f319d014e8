// Lowering functions of the x87 instructions.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {

// FADD to FDIVRP and the FI forms.
Handler lower_fadd(const LoweringContext& context, Operation& op);
Handler lower_fmul(const LoweringContext& context, Operation& op);
Handler lower_fsub(const LoweringContext& context, Operation& op);
Handler lower_fsubr(const LoweringContext& context, Operation& op);
Handler lower_fdiv(const LoweringContext& context, Operation& op);
Handler lower_fdivr(const LoweringContext& context, Operation& op);
/// FABS, FCHS, FSQRT, FRNDINT, FSCALE, FPREM, FPREM1, FXTRACT.
Handler lower_x87_basic(const LoweringContext& context, Operation& op);

Handler lower_fld(const LoweringContext& context, Operation& op);
Handler lower_fild(const LoweringContext& context, Operation& op);
/// FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ.
Handler lower_fld_constant(const LoweringContext& context, Operation& op);
Handler lower_fst(const LoweringContext& context, Operation& op);
Handler lower_fist(const LoweringContext& context, Operation& op);
/// FBLD, FBSTP, FXCH, FCMOVcc.
Handler lower_x87_transfer(const LoweringContext& context, Operation& op);

/// FCOM, FCOMP, FCOMPP, FICOM, FICOMP.
Handler lower_fcom(const LoweringContext& context, Operation& op);
/// FUCOM, FUCOMP, FUCOMPP.
Handler lower_fucom(const LoweringContext& context, Operation& op);
/// FCOMI, FCOMIP, FUCOMI, FUCOMIP.
Handler lower_fcomi(const LoweringContext& context, Operation& op);
/// FTST, FXAM.
Handler lower_x87_examine(const LoweringContext& context, Operation& op);

Handler lower_x87_transcendental(const LoweringContext& context, Operation& op);
/// Control words, environment, state, stack pointer.
Handler lower_x87_control(const LoweringContext& context, Operation& op);
Handler lower_fwait(const LoweringContext& context, Operation& op);

}  // namespace ringdown
