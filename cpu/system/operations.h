// The operations on privileged state that the instruction table names.
#pragma once

#include "cpu/system/view.h"

namespace ringdown {

// Each follows the contract of SystemOperation (cpu/instruction_table.h): registers.eip is at the next
// instruction on entry, a transfer overwrites it, and on a fault nothing has changed. Of the Operation they
// read what its fields say, in particular:
//   size       operand size (Zydis' operand width); 16-bit or 32-bit for PUSH, POP, IRET, far transfers, LGDT
//   number     segment register of MOV, PUSH and POP Sreg; control or debug register of MOV CR and DR
//   rm, memory the r/m operand; also the general register of MOV CR and DR
//   reg        destination of LAR, LSL, LDS and its kin; source of ARPL
//   immediate  INT: vector; IN, OUT: port; RETF: bytes released; far pointer: offset
//   extra      far pointer: selector
//   segment    of the memory operand, for OUTS too
//   repeat, address16  INS and OUTS

// Segment registers (segment_moves.cpp).
Fault op_mov_from_sreg(SystemView& view, const Operation& op);
Fault op_mov_to_sreg(SystemView& view, const Operation& op);
Fault op_push_sreg(SystemView& view, const Operation& op);
Fault op_pop_sreg(SystemView& view, const Operation& op);
Fault op_lds(SystemView& view, const Operation& op);
Fault op_les(SystemView& view, const Operation& op);
Fault op_lfs(SystemView& view, const Operation& op);
Fault op_lgs(SystemView& view, const Operation& op);
Fault op_lss(SystemView& view, const Operation& op);

// Far transfers and returns (far_transfer.cpp, far_return.cpp, interrupt_return.cpp).
Fault op_jmp_far(SystemView& view, const Operation& op);
Fault op_call_far(SystemView& view, const Operation& op);
Fault op_ret_far(SystemView& view, const Operation& op);
Fault op_iret(SystemView& view, const Operation& op);

// Software interrupts (event.cpp). A fault of the delivery is returned; the caller delivers it as an
// exception at the instruction.
Fault op_int(SystemView& view, const Operation& op);
Fault op_int3(SystemView& view, const Operation& op);
Fault op_into(SystemView& view, const Operation& op);
Fault op_int1(SystemView& view, const Operation& op);

// Flags (flags_instructions.cpp).
Fault op_pushf(SystemView& view, const Operation& op);
Fault op_popf(SystemView& view, const Operation& op);
Fault op_cli(SystemView& view, const Operation& op);
Fault op_sti(SystemView& view, const Operation& op);

// Control and debug registers (control_state.cpp, debug.cpp).
Fault op_mov_from_cr(SystemView& view, const Operation& op);
Fault op_mov_to_cr(SystemView& view, const Operation& op);
Fault op_mov_from_dr(SystemView& view, const Operation& op);
Fault op_mov_to_dr(SystemView& view, const Operation& op);
Fault op_lmsw(SystemView& view, const Operation& op);
Fault op_smsw(SystemView& view, const Operation& op);
Fault op_clts(SystemView& view, const Operation& op);

// Descriptor tables and selectors (descriptor_tables.cpp, selector_checks.cpp).
Fault op_lgdt(SystemView& view, const Operation& op);
Fault op_lidt(SystemView& view, const Operation& op);
Fault op_lldt(SystemView& view, const Operation& op);
Fault op_ltr(SystemView& view, const Operation& op);
Fault op_sgdt(SystemView& view, const Operation& op);
Fault op_sidt(SystemView& view, const Operation& op);
Fault op_sldt(SystemView& view, const Operation& op);
Fault op_str(SystemView& view, const Operation& op);
Fault op_lar(SystemView& view, const Operation& op);
Fault op_lsl(SystemView& view, const Operation& op);
Fault op_verr(SystemView& view, const Operation& op);
Fault op_verw(SystemView& view, const Operation& op);
Fault op_arpl(SystemView& view, const Operation& op);

// Port I/O (io.cpp). Under REP, INS and OUTS do one iteration; if iterations remain, registers.eip is back at
// the instruction.
Fault op_in_immediate(SystemView& view, const Operation& op);
Fault op_in_dx(SystemView& view, const Operation& op);
Fault op_out_immediate(SystemView& view, const Operation& op);
Fault op_out_dx(SystemView& view, const Operation& op);
Fault op_insb(SystemView& view, const Operation& op);
Fault op_insw(SystemView& view, const Operation& op);
Fault op_insd(SystemView& view, const Operation& op);
Fault op_outsb(SystemView& view, const Operation& op);
Fault op_outsw(SystemView& view, const Operation& op);
Fault op_outsd(SystemView& view, const Operation& op);

// Processor control, identification, model-specific registers, system management mode (processor_control.cpp,
// identification.cpp, msr.cpp, system_management.cpp).
Fault op_hlt(SystemView& view, const Operation& op);
Fault op_pause(SystemView& view, const Operation& op);
Fault op_flush_caches(SystemView& view, const Operation& op);
Fault op_invlpg(SystemView& view, const Operation& op);
Fault op_sysenter(SystemView& view, const Operation& op);
Fault op_sysexit(SystemView& view, const Operation& op);
Fault op_cpuid(SystemView& view, const Operation& op);
Fault op_rsm(SystemView& view, const Operation& op);
Fault op_rdtsc(SystemView& view, const Operation& op);
Fault op_rdpmc(SystemView& view, const Operation& op);
Fault op_rdmsr(SystemView& view, const Operation& op);
Fault op_wrmsr(SystemView& view, const Operation& op);

}  // namespace ringdown
