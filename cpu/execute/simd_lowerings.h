// Lowering functions of the MMX, SSE and SSE2 instructions, by the file of cpu/execute/simd/ that defines
// them. Where an instruction exists for both MMX and XMM registers, the row's form says which is meant.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {

// float_arithmetic.cpp: each for packed and scalar singles and doubles
Handler lower_float_add(const LoweringContext& context, Operation& op);
Handler lower_float_subtract(const LoweringContext& context, Operation& op);
Handler lower_float_multiply(const LoweringContext& context, Operation& op);
Handler lower_float_divide(const LoweringContext& context, Operation& op);
Handler lower_float_square_root(const LoweringContext& context, Operation& op);
Handler lower_float_minimum(const LoweringContext& context, Operation& op);
Handler lower_float_maximum(const LoweringContext& context, Operation& op);
Handler lower_float_estimate(const LoweringContext& context, Operation& op);  // RCPPS, RSQRTPS, ...

// float_compare.cpp
Handler lower_float_compare(const LoweringContext& context, Operation& op);  // CMPPS, ...
Handler lower_comis(const LoweringContext& context, Operation& op);          // COMISS, UCOMISS, ...

// float_convert.cpp
Handler lower_convert_floats(const LoweringContext& context, Operation& op);       // CVTPS2PD, ...
Handler lower_convert_integers(const LoweringContext& context, Operation& op);     // CVTDQ2PS, CVTSI2SD, ...
Handler lower_convert_to_integers(const LoweringContext& context, Operation& op);  // CVTTSD2SI, ...

// moves.cpp
Handler lower_movaps(const LoweringContext& context, Operation& op);  // and MOVAPD, MOVDQA, MOVNTPS, ...
Handler lower_movups(const LoweringContext& context, Operation& op);  // and MOVUPD, MOVDQU
Handler lower_movss(const LoweringContext& context, Operation& op);
Handler lower_movsd(const LoweringContext& context, Operation& op);
Handler lower_movlps(const LoweringContext& context, Operation& op);  // and MOVLPD
Handler lower_movhps(const LoweringContext& context, Operation& op);  // and MOVHPD, MOVLHPS
Handler lower_movhlps(const LoweringContext& context, Operation& op);
Handler lower_movd(const LoweringContext& context, Operation& op);
Handler lower_movq(const LoweringContext& context, Operation& op);  // and MOVNTQ
Handler lower_movq2dq(const LoweringContext& context, Operation& op);
Handler lower_movdq2q(const LoweringContext& context, Operation& op);
Handler lower_movmskps(const LoweringContext& context, Operation& op);
Handler lower_movmskpd(const LoweringContext& context, Operation& op);
Handler lower_pmovmskb(const LoweringContext& context, Operation& op);
Handler lower_movnti(const LoweringContext& context, Operation& op);
Handler lower_maskmov(const LoweringContext& context, Operation& op);  // MASKMOVQ, MASKMOVDQU

// packed_arithmetic.cpp
Handler lower_packed_add(const LoweringContext& context, Operation& op);       // PADDB to PADDUSW
Handler lower_packed_subtract(const LoweringContext& context, Operation& op);  // PSUBB to PSUBUSW
Handler lower_packed_select(const LoweringContext& context, Operation& op);    // PAVG, PMIN, PMAX, PSADBW
Handler lower_packed_logic(const LoweringContext& context, Operation& op);     // PAND, ANDPS, ANDPD, ...

// packed_compare.cpp
Handler lower_packed_compare(const LoweringContext& context, Operation& op);

// packed_multiply.cpp
Handler lower_packed_multiply(const LoweringContext& context, Operation& op);

// packed_shift.cpp
Handler lower_packed_shift(const LoweringContext& context, Operation& op);

// packed_shuffle.cpp
Handler lower_pack(const LoweringContext& context, Operation& op);     // PACKSSWB, PACKSSDW, PACKUSWB
Handler lower_unpack(const LoweringContext& context, Operation& op);   // PUNPCKLBW, UNPCKLPS, ...
Handler lower_shuffle(const LoweringContext& context, Operation& op);  // PSHUFW, PSHUFD, SHUFPS, ...
Handler lower_pinsrw(const LoweringContext& context, Operation& op);
Handler lower_pextrw(const LoweringContext& context, Operation& op);

// state_save.cpp
Handler lower_fxsave(const LoweringContext& context, Operation& op);
Handler lower_fxrstor(const LoweringContext& context, Operation& op);
Handler lower_ldmxcsr(const LoweringContext& context, Operation& op);
Handler lower_stmxcsr(const LoweringContext& context, Operation& op);
Handler lower_emms(const LoweringContext& context, Operation& op);

// cache_control.cpp
Handler lower_fence(const LoweringContext& context, Operation& op);
Handler lower_prefetch(const LoweringContext& context, Operation& op);
Handler lower_clflush(const LoweringContext& context, Operation& op);

}  // namespace ringdown
