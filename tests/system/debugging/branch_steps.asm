; With IA32_DEBUGCTL.BTF, TF traps behind instructions that branch only; every #DB clears the bit (SDM vol. 3B, 17.4.3).
; Each cell is a trap: DR6 and the offset of EIP in the traced code.
; Rows: wrmsr, rdmsr, popfd, iretd, jmp far, ret far, int, stosb
; Cpu: pentium4
; Expect:
;   no branch, then one 4ff00005
;   conditional 4ff00007 4ff0000b
;   REP STOSB, CALL, RET, LOOP 4ff00013 4ff00011 4ff00015 4ff00015 4ff0001a
;   far transfers 4ff00008 4ff00010 4ff0001d
;   INT n 4ff00006
;   behind the first trap it is clear 4ff00003 4ff00004 4ff00005
;   IA32_DEBUGCTL 00000000
;   end
%include "testkit.inc"
%include "trace.inc"
bits 32
DEBUG_CONTROL   equ 0x1d9
BTF             equ 2

%macro set_btf 1
        mov ecx, DEBUG_CONTROL
        mov eax, %1
        xor edx, edx
        wrmsr
%endmacro
; A trace that begins with BTF set.
%macro branches 1
        set_btf BTF
        trace %1
%endmacro

test:
        put_gate 1, CODE0, .again, INT_GATE32
        put_gate 0x40, CODE0, .return, INT_GATE32
        branches "no branch, then one"
        nop
        nop
        jmp short .near
        nop
.near:  trace_end
        branches "conditional"
        cmp eax, eax
        jne .near
        je .equal
        nop
.equal: nop
        jmp short .over
        nop
.over:  trace_end
        mov edi, FREE_MEMORY
        branches "REP STOSB, CALL, RET, LOOP"
        mov ecx, 2
        rep stosb
        mov ecx, 2
        call .called
        jmp short .looped
.called:
        ret
        nop
.looped:
        loop .looped
        jmp short .behind_loop
        nop
.behind_loop:
        trace_end
        branches "far transfers"
        jmp CODE0:.far
        nop
.far:   push cs
        push dword .returned
        retf
        nop
.returned:
        push dword TF | 2
        push cs
        push dword .iret
        iretd
        nop
.iret:  trace_end
        branches "INT n"
        int 0x40
        nop
        jmp short .behind_int
        nop
.behind_int:
        trace_end
        put_gate 1, CODE0, trace_handler, INT_GATE32
        branches "behind the first trap it is clear"
        jmp short .cleared
        nop
.cleared:
        nop
        nop
        trace_end
        mov ecx, DEBUG_CONTROL
        rdmsr
        show "IA32_DEBUGCTL", eax
        ret
.return:
        iretd
.again: pushad                          ; sets BTF again
        set_btf BTF
        popad
        jmp trace_handler
