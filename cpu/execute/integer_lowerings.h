// Lowering functions of the integer instructions, by the file that defines them. `context` and `op` are what
// cpu/lowering.h describes.
#pragma once

#include "cpu/lowering.h"

namespace ringdown {

// data_transfer.cpp
Handler lower_mov(const LoweringContext& context, Operation& op);
Handler lower_movzx(const LoweringContext& context, Operation& op);
Handler lower_movsx(const LoweringContext& context, Operation& op);
Handler lower_lea(const LoweringContext& context, Operation& op);
Handler lower_xlat(const LoweringContext& context, Operation& op);
Handler lower_cbw(const LoweringContext& context, Operation& op);
Handler lower_cwde(const LoweringContext& context, Operation& op);
Handler lower_cwd(const LoweringContext& context, Operation& op);
Handler lower_cdq(const LoweringContext& context, Operation& op);

// exchange.cpp
Handler lower_xchg(const LoweringContext& context, Operation& op);
Handler lower_bswap(const LoweringContext& context, Operation& op);
Handler lower_xadd(const LoweringContext& context, Operation& op);
Handler lower_cmpxchg(const LoweringContext& context, Operation& op);
Handler lower_cmpxchg8b(const LoweringContext& context, Operation& op);

// selector.cpp
Handler lower_push_selector(const LoweringContext& context, Operation& op);
Handler lower_mov_from_selector(const LoweringContext& context, Operation& op);

// conditional.cpp
Handler lower_cmovcc(const LoweringContext& context, Operation& op);
Handler lower_setcc(const LoweringContext& context, Operation& op);

// arithmetic.cpp
Handler lower_add(const LoweringContext& context, Operation& op);
Handler lower_adc(const LoweringContext& context, Operation& op);
Handler lower_sub(const LoweringContext& context, Operation& op);
Handler lower_sbb(const LoweringContext& context, Operation& op);
Handler lower_cmp(const LoweringContext& context, Operation& op);
Handler lower_inc(const LoweringContext& context, Operation& op);
Handler lower_dec(const LoweringContext& context, Operation& op);
Handler lower_neg(const LoweringContext& context, Operation& op);

// multiply_divide.cpp
Handler lower_mul(const LoweringContext& context, Operation& op);
Handler lower_imul(const LoweringContext& context, Operation& op);
Handler lower_div(const LoweringContext& context, Operation& op);
Handler lower_idiv(const LoweringContext& context, Operation& op);

// decimal.cpp
Handler lower_daa(const LoweringContext& context, Operation& op);
Handler lower_das(const LoweringContext& context, Operation& op);
Handler lower_aaa(const LoweringContext& context, Operation& op);
Handler lower_aas(const LoweringContext& context, Operation& op);
Handler lower_aam(const LoweringContext& context, Operation& op);
Handler lower_aad(const LoweringContext& context, Operation& op);

// logic.cpp
Handler lower_and(const LoweringContext& context, Operation& op);
Handler lower_or(const LoweringContext& context, Operation& op);
Handler lower_xor(const LoweringContext& context, Operation& op);
Handler lower_test(const LoweringContext& context, Operation& op);
Handler lower_not(const LoweringContext& context, Operation& op);

// shift_rotate.cpp
Handler lower_shl(const LoweringContext& context, Operation& op);
Handler lower_shr(const LoweringContext& context, Operation& op);
Handler lower_sar(const LoweringContext& context, Operation& op);
Handler lower_rol(const LoweringContext& context, Operation& op);
Handler lower_ror(const LoweringContext& context, Operation& op);
Handler lower_rcl(const LoweringContext& context, Operation& op);
Handler lower_rcr(const LoweringContext& context, Operation& op);
Handler lower_shld(const LoweringContext& context, Operation& op);
Handler lower_shrd(const LoweringContext& context, Operation& op);

// bit.cpp
Handler lower_bt(const LoweringContext& context, Operation& op);
Handler lower_bts(const LoweringContext& context, Operation& op);
Handler lower_btr(const LoweringContext& context, Operation& op);
Handler lower_btc(const LoweringContext& context, Operation& op);
Handler lower_bsf(const LoweringContext& context, Operation& op);
Handler lower_bsr(const LoweringContext& context, Operation& op);

// control_transfer.cpp
Handler lower_jcc(const LoweringContext& context, Operation& op);
Handler lower_jmp(const LoweringContext& context, Operation& op);
Handler lower_call(const LoweringContext& context, Operation& op);
Handler lower_ret(const LoweringContext& context, Operation& op);
Handler lower_loop(const LoweringContext& context, Operation& op);
Handler lower_loope(const LoweringContext& context, Operation& op);
Handler lower_loopne(const LoweringContext& context, Operation& op);
Handler lower_jcxz(const LoweringContext& context, Operation& op);
Handler lower_jecxz(const LoweringContext& context, Operation& op);

// stack.cpp
Handler lower_push(const LoweringContext& context, Operation& op);
Handler lower_pop(const LoweringContext& context, Operation& op);
Handler lower_pusha(const LoweringContext& context, Operation& op);
Handler lower_popa(const LoweringContext& context, Operation& op);
Handler lower_enter(const LoweringContext& context, Operation& op);
Handler lower_leave(const LoweringContext& context, Operation& op);

// string.cpp
Handler lower_movs(const LoweringContext& context, Operation& op);
Handler lower_stos(const LoweringContext& context, Operation& op);
Handler lower_lods(const LoweringContext& context, Operation& op);
Handler lower_cmps(const LoweringContext& context, Operation& op);
Handler lower_scas(const LoweringContext& context, Operation& op);

// flag_control.cpp
Handler lower_clc(const LoweringContext& context, Operation& op);
Handler lower_stc(const LoweringContext& context, Operation& op);
Handler lower_cmc(const LoweringContext& context, Operation& op);
Handler lower_cld(const LoweringContext& context, Operation& op);
Handler lower_std(const LoweringContext& context, Operation& op);
Handler lower_lahf(const LoweringContext& context, Operation& op);
Handler lower_sahf(const LoweringContext& context, Operation& op);
Handler lower_salc(const LoweringContext& context, Operation& op);
Handler lower_nop(const LoweringContext& context, Operation& op);
Handler lower_ud2(const LoweringContext& context, Operation& op);
Handler lower_bound(const LoweringContext& context, Operation& op);

}  // namespace ringdown
