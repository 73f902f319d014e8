; Near transfers with operands of 16 bits clear the upper half of EIP when they are taken; CX or ECX counts by the
; address size; a target beyond the code's limit is #GP(0) before anything changes.
; Rows: jmp, jz, jnz, loop, loope, loopne, jcxz, jecxz, call, ret
; Expect:
;   JMP short: ok 0008 00000010 00000000 00000000 #GP 0000 00000000 00000000
;   JMP short, 16 bits: ok 0008 fffd0010 00000000 00000000 #GP 0000 00000000 00000000
;   JMP near: ok 0008 00000010 00000000 00000000 #GP 0000 00000000 00000000
;   JMP near, 16 bits: ok 0008 fffd0010 00000000 00000000 #GP 0000 00000000 00000000
;   JZ short: ok 0008 00000010 00000000 00000000 #GP 0000 00000000 00000000
;   JZ short, 16 bits: ok 0008 fffd0010 00000000 00000000 #GP 0000 00000000 00000000
;   JZ near: ok 0008 00000010 00000000 00000000 #GP 0000 00000000 00000000
;   JZ near, 16 bits: ok 0008 fffd0010 00000000 00000000 #GP 0000 00000000 00000000
;   JNZ short, not taken: ok 0008 00000002 00000000 00000000 ok 0068 00000000 00000000
;   JNZ short, not taken, 16 bits: ok 0008 00000003 00000000 00000000 ok 0068 00000000 00000000
;   JNZ near, not taken: ok 0008 00000006 00000000 00000000 ok 0068 00000000 00000000
;   JNZ near, 16 bits, not taken: ok 0008 00000005 00000000 00000000 ok 0068 00000000 00000000
;   LOOP: ok 0008 00000010 00000000 00010001 #GP 0000 00000000 00010002
;   LOOP, 16 bits: ok 0008 fffd0010 00000000 00010001 #GP 0000 00000000 00010002
;   LOOP by CX: ok 0008 00000010 00000000 00010001 #GP 0000 00000000 00010002
;   LOOP by CX, 16 bits: ok 0008 fffd0010 00000000 00010001 #GP 0000 00000000 00010002
;   LOOP, not taken: ok 0008 00000002 00000000 00000000 ok 0068 00000000 00000000
;   LOOP, not taken, 16 bits: ok 0008 00000003 00000000 00000000 ok 0068 00000000 00000000
;   LOOP by CX, not taken: ok 0008 00000003 00000000 00010000 ok 0068 00000000 00010000
;   LOOP by CX, not taken, 16 bits: ok 0008 00000004 00000000 00010000 ok 0068 00000000 00010000
;   LOOP from 0: ok 0008 00000010 00000000 ffffffff #GP 0000 00000000 00000000
;   LOOP from 0, 16 bits: ok 0008 fffd0010 00000000 ffffffff #GP 0000 00000000 00000000
;   LOOP by CX from 0: ok 0008 00000010 00000000 0001ffff #GP 0000 00000000 00010000
;   LOOP by CX from 0, 16 bits: ok 0008 fffd0010 00000000 0001ffff #GP 0000 00000000 00010000
;   LOOPE: ok 0008 00000010 00000000 00000001 #GP 0000 00000000 00000002
;   LOOPE, 16 bits: ok 0008 fffd0010 00000000 00000001 #GP 0000 00000000 00000002
;   LOOPNE, not taken: ok 0008 00000002 00000000 00000001 ok 0068 00000000 00000001
;   LOOPNE, not taken, 16 bits: ok 0008 00000003 00000000 00000001 ok 0068 00000000 00000001
;   JECXZ: ok 0008 00000010 00000000 00000000 #GP 0000 00000000 00000000
;   JECXZ, 16 bits: ok 0008 fffd0010 00000000 00000000 #GP 0000 00000000 00000000
;   JECXZ, not taken: ok 0008 00000002 00000000 00010000 ok 0068 00000000 00010000
;   JECXZ, not taken, 16 bits: ok 0008 00000003 00000000 00010000 ok 0068 00000000 00010000
;   JCXZ: ok 0008 00000010 00000000 00010000 #GP 0000 00000000 00010000
;   JCXZ, 16 bits: ok 0008 fffd0010 00000000 00010000 #GP 0000 00000000 00010000
;   JCXZ, not taken: ok 0008 00000003 00000000 00000001 ok 0068 00000000 00000001
;   JCXZ, not taken, 16 bits: ok 0008 00000004 00000000 00000001 ok 0068 00000000 00000001
;   CALL: ok 0008 00000010 fffffffc 00000000 #GP 0000 00000000 00000000
;   CALL, 16 bits: ok 0008 fffd0010 fffffffe 00000000 #GP 0000 00000000 00000000
;   JMP register: ok 0008 00000010 00000000 0003e810 #GP 0000 00000000 0003e810
;   JMP register of 16 bits: ok 0008 fffd0110 00000000 0003e910 #GP 0000 00000000 0003e910
;   CALL register: ok 0008 00000010 fffffffc 0003e810 #GP 0000 00000000 0003e810
;   CALL register of 16 bits: ok 0008 fffd0110 fffffffe 0003e910 #GP 0000 00000000 0003e910
;   JMP memory: ok 0008 00000010 00000000 00000000 #GP 0000 00000000 00000000
;   JMP memory of 16 bits: ok 0008 fffd0110 00000000 00000000 #GP 0000 00000000 00000000
;   CALL memory: ok 0008 00000010 fffffffc 00000000 #GP 0000 00000000 00000000
;   CALL memory of 16 bits: ok 0008 fffd0110 fffffffe 00000000 #GP 0000 00000000 00000000
;   RET: ok 0008 00000010 00000004 00000000 #GP 0000 00000000 00000000
;   RET, 16 bits: ok 0008 fffd0010 00000002 00000000 #GP 0000 00000000 00000000
;   RET 6: ok 0008 00000010 0000000a 00000000 #GP 0000 00000000 00000000
;   RET 6, 16 bits: ok 0008 fffd0010 00000008 00000000 #GP 0000 00000000 00000000
;   end
%include "testkit.inc"
; SDM volume 2. Each instruction runs as a copy at STUB, with its target 10h behind; where EIP cut to 16 bits leads to
; there are instructions that arrive too. Cells: CS, EIP less STUB (of 16 bits: fffd0010, or fffd0110 by a register or
; memory), ESP less what it was, ECX; then the same, but for EIP, in code that ends before the target. QEMU 7.2 checks
; no limit.
STUB            equ 0x3e800
LOW_STUB        equ 0xe900              ; another copy, for the code that ends before the target
TARGET          equ 0x10
WORD_TARGET     equ 0x30000 | LOW_STUB + TARGET
SMALL           equ FREE
%macro run 3+                           ; name, ECX, instruction
  %define target %%target
        jmp %%behind
%%stub: %3
        arrive
        times TARGET - ($ - %%stub) nop
%%target:
        arrive
%%behind:
        row %1, ":"
        mov esi, %%stub
        mov dword [count], %2
        call run_stub
  %undef target                         ; it may stand in the next invocation
%endmacro
%macro prepare 0
        mov ecx, [count]
        cmp eax, eax
%endmacro
%macro enter_small 0
        mov dword [try_eip], LOW_STUB
        jmp SMALL:LOW_STUB
%endmacro
; NASM has no name for the near Jcc of 16 bits in code of 32.
%macro jcc16 2                          ; opcode, target
        db 0x66, 0x0f, %1
        dw %2 - ($ + 2)
%endmacro
%macro both 3+                          ; the same with operands of 32 and 16 bits
        run %1, %2, %3
        run {%1, ", 16 bits"}, %2, o16 %3
%endmacro
bits 32
test:
        mov edi, STUB & 0xffff          ; INT n to arrive, at each even address
        mov eax, KIT_ARRIVED << 24 | 0xcd << 16 | KIT_ARRIVED << 8 | 0xcd
        mov ecx, 0x20 / 4
        rep stosd
        put_descriptor SMALL, 0, LOW_STUB + TARGET - 1, CODE_RX, BITS32
        both "JMP short", 0, jmp short target
        run "JMP near", 0, jmp near target
        run "JMP near, 16 bits", 0, jmp word target
        xor eax, eax
        both "JZ short", 0, jz short target
        run "JZ near", 0, jz near target
        run "JZ near, 16 bits", 0, jcc16 0x84, target
        both "JNZ short, not taken", 0, jnz short target
        run "JNZ near, not taken", 0, jnz near target
        run "JNZ near, 16 bits, not taken", 0, jcc16 0x85, target
        both "LOOP", 0x10002, loop target, ecx
        both "LOOP by CX", 0x10002, loop target, cx
        both "LOOP, not taken", 1, loop target, ecx
        both "LOOP by CX, not taken", 0x10001, loop target, cx
        both "LOOP from 0", 0, loop target, ecx
        both "LOOP by CX from 0", 0x10000, loop target, cx
        both "LOOPE", 2, loope target, ecx
        both "LOOPNE, not taken", 2, loopne target, ecx
        both "JECXZ", 0, jecxz target
        both "JECXZ, not taken", 0x10000, jecxz target
        both "JCXZ", 0x10000, jcxz target
        both "JCXZ, not taken", 1, jcxz target
        run "CALL", 0, call target
        run "CALL, 16 bits", 0, call word target
        run "JMP register", STUB + TARGET, jmp ecx
        run "JMP register of 16 bits", WORD_TARGET, jmp cx
        run "CALL register", STUB + TARGET, call ecx
        run "CALL register of 16 bits", WORD_TARGET, call cx
        mov dword [pointer], STUB + TARGET
        run "JMP memory", 0, jmp [pointer]
        mov dword [word_pointer], WORD_TARGET
        run "JMP memory of 16 bits", 0, jmp word [word_pointer]
        run "CALL memory", 0, call [pointer]
        run "CALL memory of 16 bits", 0, call word [word_pointer]
        both "RET", 0, ret
        both "RET 6", 0, ret 6
        ret

; Runs the instruction at ESI, with ECX from `count` and ZF set; the target's address on the stack is for RET.
run_stub:
        push esi
        mov edi, STUB
        mov ecx, 0x20
        rep movsb
        pop esi
        mov edi, LOW_STUB
        mov ecx, 0x20
        rep movsb
        sub esp, 16                     ; what RET 6 releases
        push dword STUB + TARGET
        prepare
        cell jmp STUB
        mov ebx, [last_eip]
        sub ebx, STUB + 2
        cell_value ebx
        call .show_registers
        mov dword [esp], LOW_STUB + TARGET
        prepare
        cell enter_small
        jmp CODE0:.flat                 ; a fault leaves CS
.flat:  call .show_registers
        add esp, 20
        row_end
        ret
.show_registers:
        mov ebx, [last_esp]
        sub ebx, [try_esp]
        cell_value ebx
        cell_value ecx
        ret
        section .data
count:  dd 0
pointer: dd 0
word_pointer: dd 0
