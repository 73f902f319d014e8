// Lowering functions of the MMX, SSE and SSE2 instructions, by the file of cpu/execute/simd/ that defines
// them. Where an instruction exists for both MMX and XMM registers, the row's form says which is meant.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {

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
