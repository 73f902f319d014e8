; LOCK before every instruction that takes it, with a memory destination; with a register for destination and before
; other instructions it is #UD, whatever else they would raise (SDM vol. 2, LOCK). The cells of a line of the first
; part: memory, register, memory for source. QEMU 7.2 ignores LOCK where it does not belong.
; Rows: add, or, adc, sbb, and, sub, xor, bts, btr, btc, xchg, xadd, cmpxchg, cmpxchg8b, inc, dec, neg, not
; Expect:
;   ADD: ok #UD #UD
;   ADD of an immediate: ok ok #UD
;   OR: ok #UD #UD
;   OR of an immediate: ok ok #UD
;   ADC: ok #UD #UD
;   ADC of an immediate: ok ok #UD
;   SBB: ok #UD #UD
;   SBB of an immediate: ok ok #UD
;   AND: ok #UD #UD
;   AND of an immediate: ok ok #UD
;   SUB: ok #UD #UD
;   SUB of an immediate: ok ok #UD
;   XOR: ok #UD #UD
;   XOR of an immediate: ok ok #UD
;   BTS: ok #UD
;   BTR: ok #UD
;   BTC: ok #UD
;   XADD: ok #UD
;   CMPXCHG: ok #UD
;   XCHG: ok #UD ok
;   INC: ok ok #UD
;   DEC: ok ok #UD
;   NEG: ok ok #UD
;   NOT: ok ok #UD
;   CMPXCHG8B: ok #UD
;   BTS, BTR, BTC of an immediate: ok ok ok #UD
;   8-bit forms, 16-bit forms, opcode 82, with REP: ok ok ok ok ok
;   virtual-8086 mode
;   INC: ok
;   CMP: #UD
;   real mode
;   INC: ok
;   CMP: #UD
;   LLDT: #UD
;   refused
;   MOV: #UD
;   MOV of an immediate: #UD
;   MOV of a segment register: #UD
;   CMP: #UD
;   CMP of an immediate: #UD
;   TEST: #UD
;   BT: #UD
;   BT of an immediate: #UD
;   BSF: #UD
;   PUSH: #UD
;   POP: #UD
;   LEA: #UD
;   NOP: #UD
;   NOP with an operand: #UD
;   XCHG EAX, ECX: #UD
;   SHL: #UD
;   ROR: #UD
;   SHLD: #UD
;   MUL: #UD
;   IMUL: #UD
;   DIV by 0: #UD
;   SETZ: #UD
;   CMOVZ: #UD
;   MOVZX: #UD
;   BSWAP: #UD
;   MOVSD: #UD
;   STOSB: #UD
;   INSB: #UD
;   XLAT: #UD
;   CALL: #UD
;   JMP: #UD
;   JZ: #UD
;   INT3: #UD
;   INT n: #UD
;   INTO: #UD
;   BOUND: #UD
;   LES: #UD
;   ENTER: #UD
;   PUSHFD: #UD
;   CLI: #UD
;   CLTS: #UD
;   LGDT: #UD
;   SGDT: #UD
;   INVLPG: #UD
;   LAR: #UD
;   MOV CR0: #UD
;   MOV from CR0: #UD
;   MOV DR0: #UD
;   RDMSR: #UD
;   RDTSC: #UD
;   IN: #UD
;   FLD1: #UD
;   FST: #UD
;   FXSAVE: #UD
;   MOVQ: #UD
;   MOVAPS: #UD
;   LFENCE: #UD
;   an undefined opcode: #UD
;   ring 3
;   CLI: #UD
;   HLT: #UD
;   MOV CR0: #UD
;   MOV without rights: #UD
;   the same without: #GP 0000
;   ADD without rights: #GP 0000
;   IRETD: #UD
;   RET: #UD
;   end
%include "testkit.inc"

%macro locked 1+
        db 0xf0
        %1
%endmacro

%macro two_operands 2                           ; name, mnemonic
        row %1, ":"
        cell locked %2 [ebx], eax
        cell locked %2 ecx, eax
        cell locked %2 eax, [ebx]
        row_end
%endmacro

%macro immediate 2
        row %1, " of an immediate:"
        cell locked %2 dword [ebx], 1
        cell locked %2 byte [ebx], 1
        cell locked %2 ecx, 1
        row_end
%endmacro

%macro one_operand 2
        row %1, ":"
        cell locked %2 dword [ebx]
        cell locked %2 byte [ebx]
        cell locked %2 ecx
        row_end
%endmacro

%macro to_memory 2                              ; there is no form with a memory source
        row %1, ":"
        cell locked %2 [ebx], eax
        cell locked %2 ecx, eax
        row_end
%endmacro

%macro arithmetic 2
        two_operands %1, %2
        immediate %1, %2
%endmacro

%macro with_lock 2+
        try %1, locked %2
%endmacro

        section .data
operand:        times 16 dd 0
bounds:         dd -100, 100
far_pointer:    dd 0
                dw DATA3

        section .text
bits 32
test:   mov ebx, operand
        mov edi, ebx
        mov esi, ebx
        arithmetic "ADD", add
        arithmetic "OR", or
        arithmetic "ADC", adc
        arithmetic "SBB", sbb
        arithmetic "AND", and
        arithmetic "SUB", sub
        arithmetic "XOR", xor
        xor eax, eax
        to_memory "BTS", bts
        to_memory "BTR", btr
        to_memory "BTC", btc
        to_memory "XADD", xadd
        to_memory "CMPXCHG", cmpxchg
        two_operands "XCHG", xchg
        one_operand "INC", inc
        one_operand "DEC", dec
        one_operand "NEG", neg
        one_operand "NOT", not
        row "CMPXCHG8B:"
        cell locked cmpxchg8b [ebx]
        cell locked db 0x0f, 0xc7, 0xc9
        row_end
        row "BTS, BTR, BTC of an immediate:"
        cell locked bts dword [ebx], 1
        cell locked btr word [ebx], 1
        cell locked btc dword [ebx], 1
        cell locked bts ecx, 1
        row_end
        row "8-bit forms, 16-bit forms, opcode 82, with REP:"
        cell locked add [ebx], cl
        cell locked xadd [ebx], dx
        cell locked db 0x82, 0x03, 1
        cell locked rep add [ebx], eax
        cell locked ss add [ebx], eax
        row_end
        in_v86 .v86
        in_real .real
        log "refused"
        with_lock "MOV", mov [ebx], eax
        with_lock "MOV of an immediate", mov dword [ebx], 1
        with_lock "MOV of a segment register", mov [ebx], ds
        with_lock "CMP", cmp [ebx], eax
        with_lock "CMP of an immediate", cmp dword [ebx], 1
        with_lock "TEST", test [ebx], eax
        with_lock "BT", bt [ebx], eax
        with_lock "BT of an immediate", bt dword [ebx], 1
        with_lock "BSF", bsf eax, [ebx]
        with_lock "PUSH", push dword [ebx]
        with_lock "POP", pop dword [ebx]
        with_lock "LEA", lea eax, [ebx]
        with_lock "NOP", nop
        with_lock "NOP with an operand", nop dword [ebx]
        with_lock "XCHG EAX, ECX", xchg eax, ecx
        with_lock "SHL", shl dword [ebx], 1
        with_lock "ROR", ror byte [ebx], cl
        with_lock "SHLD", shld [ebx], eax, 3
        with_lock "MUL", mul dword [ebx]
        with_lock "IMUL", imul eax, [ebx]
        with_lock "DIV by 0", div dword [ebx]
        with_lock "SETZ", setz [ebx]
        with_lock "CMOVZ", cmovz eax, [ebx]
        with_lock "MOVZX", movzx eax, byte [ebx]
        with_lock "BSWAP", bswap eax
        with_lock "MOVSD", movsd
        with_lock "STOSB", stosb
        with_lock "INSB", insb
        with_lock "XLAT", xlatb
        with_lock "CALL", call nothing
        with_lock "JMP", jmp short $ + 2
        with_lock "JZ", jz $ + 2
        with_lock "INT3", int3
        with_lock "INT n", int 0x40
        with_lock "INTO", into
        with_lock "BOUND", bound eax, [bounds]
        with_lock "LES", les eax, [far_pointer]
        with_lock "ENTER", enter 0, 0
        with_lock "PUSHFD", pushfd
        with_lock "CLI", cli
        with_lock "CLTS", clts
        with_lock "LGDT", lgdt [ebx]
        with_lock "SGDT", sgdt [ebx]
        with_lock "INVLPG", invlpg [ebx]
        with_lock "LAR", lar eax, [ebx]
        with_lock "MOV CR0", mov cr0, eax
        with_lock "MOV from CR0", mov eax, cr0
        with_lock "MOV DR0", mov dr0, eax
        with_lock "RDMSR", rdmsr
        with_lock "RDTSC", rdtsc
        with_lock "IN", in al, dx
        with_lock "FLD1", fld1
        with_lock "FST", fst dword [ebx]
        with_lock "FXSAVE", fxsave [ebx]
        with_lock "MOVQ", movq [ebx], mm0
        with_lock "MOVAPS", movaps [ebx], xmm0
        with_lock "LFENCE", lfence
        with_lock "an undefined opcode", db 0x0f, 0x04
        in_ring 3, .user
        with_lock "IRETD", iretd        ; the last ones: peers that execute them end here
        with_lock "RET", ret
nothing:
        ret
test.user:
        log "ring 3"
        with_lock "CLI", cli
        with_lock "HLT", hlt
        with_lock "MOV CR0", mov cr0, eax
        with_lock "MOV without rights", mov [cs:ebx], eax
        try "the same without", mov [cs:ebx], eax
        try "ADD without rights", lock add [cs:ebx], eax
        leave_ring
bits 16
test.v86:   log "virtual-8086 mode"
        with_lock "INC", inc word [bx]
        with_lock "CMP", cmp [bx], ax
        leave_ring
test.real:  log "real mode"
        with_lock "INC", inc word [bx]
        with_lock "CMP", cmp [bx], ax
        with_lock "LLDT", lldt ax
        ret
