; Instruction breakpoints match the linear address of an instruction's first byte, before it is fetched or runs; RF gets
; past one, for one instruction; MOV SS and POP SS hide the next instruction from them (SDM vol. 3B, 17.3.1.1; vol. 3A,
; table 6-2). Each cell is a #DB: DR6 and EIP as an offset from the breakpoint.
; Bochs 2.7 and QEMU 7.2 save no RF between iterations, and report the next instruction's breakpoint with the single
; step before it already, which the manual leaves open; in QEMU MOV SS and POP SS hide nothing.
; Rows: nop, popfd, iretd, int, int3, ud2, div, stosb, movsd, mov to-segment, pop segment, lss, sti, mov to-debug
; Expect:
;   one instruction 0ff10000
;   in a loop 0ff10000 0ff10000 0ff10000
;   at a prefix 0ff10000
;   behind a prefix
;   a taken branch's target 0ff10000
;   behind MOV SS
;   behind POP SS
;   behind LSS 0ff10000
;   behind STI 0ff10000
;   at MOV SS 0ff10000
;   POPFD sets no RF 0ff10000
;   IRETD sets RF
;   RF lasts for one instruction 0ff10000
;   a fault behind it 0ff10000
;   before #UD 0ff10000
;   before INT3 0ff10000
;   at a handler 0ff10000
;   REP STOSB, no iteration 0ff10000
;   REP STOSB 0ff10000
;   REP STOSB, single steps 4ff00000 0ff10000 4ff00000 4ff00000 4ff00002
;   REP MOVSD 0ff10000
;   single step onto it 4ff00000 0ff10000 4ff00001
;   breakpoints 0 and 2 0ff50000
;   L and G 0ff10000
;   neither L nor G
;   enabled by the instruction before 0ff10000
;   moved by the instruction before 0ff10001
;   code with a base 0ff10000
;   beyond the code's limit: #DB dr6 0ff1
;   end
%include "testkit.inc"
%include "trace.inc"
bits 32
BASED           equ FREE                ; code with base 1000h
LIMITED         equ FREE + 8            ; code that ends at .limited

; Traces with breakpoint 0 at the label %$at in the code; without TF, or with flags as given.
%macro traced 1-2 2
        trace_with %1, 2
        mov eax, %$at
        mov [trace_origin], eax
        mov dr0, eax
        mov eax, 0x402                  ; G0
        mov dr7, eax
        push dword %2
        popfd
%endmacro
%macro traced_end 0
        trace_end
        xor eax, eax
        mov dr7, eax
%endmacro

test:
        put_gate 1, CODE0, trace_handler, INT_GATE32
        put_gate 0, CODE0, .divide_error, INT_GATE32
        put_gate 3, CODE0, .return, INT_GATE32
        put_gate 6, CODE0, .invalid, INT_GATE32
        traced "one instruction"
        nop
%$at:   nop
        nop
        traced_end
        traced "in a loop"
        mov ecx, 3
%$at:   loop %$at
        traced_end
        traced "at a prefix"
%$at:   fs mov eax, [FREE_MEMORY]
        traced_end
        traced "behind a prefix"
        db 0x64
%$at:   mov eax, [FREE_MEMORY]
        traced_end
        traced "a taken branch's target"
        jmp short %$at
        nop
%$at:   nop
        traced_end
        traced "behind MOV SS"
        mov eax, ss
        mov ss, eax
%$at:   nop
        traced_end
        traced "behind POP SS"
        push ss
        pop ss
%$at:   nop
        traced_end
        traced "behind LSS"
        push ss
        push esp
        add dword [esp], 4
        lss esp, [esp]
%$at:   nop
        traced_end
        traced "behind STI"
        sti
%$at:   cli
        traced_end
        traced "at MOV SS"
        mov eax, ss
%$at:   mov ss, eax
        nop
        traced_end
        traced "POPFD sets no RF"
        push dword 2 | RF
        popfd
%$at:   nop
        traced_end
        traced "IRETD sets RF"
        push dword 2 | RF
        push dword CODE0
        push dword %$at
        iretd
%$at:   nop
        traced_end
        traced "RF lasts for one instruction"
        mov ecx, 2
        push dword 2 | RF
        push dword CODE0
        push dword %$at
        iretd
%$at:   loop %$at
        traced_end
        ; The handler of the fault goes back with the RF that was saved.
        xor edx, edx
        traced "a fault behind it"
        xor ecx, ecx
%$at:   div ecx
        traced_end
        traced "before #UD"
%$at:   ud2
        traced_end
        traced "before INT3"
%$at:   int3
        traced_end
        traced "at a handler"
        put_gate 0x40, CODE0, %$at, INT_GATE32
        int 0x40
        jmp short %$over
%$at:   iretd
%$over: traced_end
        mov edi, FREE_MEMORY
        traced "REP STOSB, no iteration"
        xor ecx, ecx
%$at:   rep stosb
        traced_end
        traced "REP STOSB"
        mov ecx, 3
%$at:   rep stosb
        traced_end
        traced "REP STOSB, single steps", TF | 2
        mov ecx, 3
%$at:   rep stosb
        traced_end
        mov esi, FREE_MEMORY
        traced "REP MOVSD"
        mov ecx, 3
%$at:   rep movsd
        traced_end
        traced "single step onto it", TF | 2
        nop
%$at:   nop
        traced_end

        traced "breakpoints 0 and 2"
        mov eax, %$at
        mov dr2, eax
        mov eax, 0x422
        mov dr7, eax
%$at:   nop
        traced_end
        traced "L and G"
        mov eax, 0x403
        mov dr7, eax
%$at:   nop
        traced_end
        traced "neither L nor G"
        mov eax, 0x700
        mov dr7, eax
%$at:   nop
        traced_end
        traced "enabled by the instruction before"
        xor eax, eax
        mov dr7, eax
        mov eax, 0x402
        mov dr7, eax
%$at:   nop
        traced_end
        traced "moved by the instruction before"
        mov eax, %$behind
        mov dr0, eax
%$at:   nop
%$behind:
        nop
        traced_end

        ; Linear addresses.
        put_descriptor BASED, 0x1000, 0xfffff, CODE_RX, FLAT
        trace_with "code with a base", 2
        mov eax, .based
        mov dr0, eax
        sub eax, 0x1000
        mov [trace_origin], eax
        mov eax, 0x402
        mov dr7, eax
        jmp BASED:.based - 0x1000
.based: jmp CODE0:.flat
.flat:  traced_end
        ; A breakpoint comes before the limit of the code segment.
        put_descriptor LIMITED, 0, 0, CODE_RX, BITS32
        mov eax, .limited - 1
        mov [GDT + LIMITED], ax
        mov eax, .limited
        mov dr0, eax
        mov eax, 0x402
        mov dr7, eax
        put_gate 1, CODE0, kit_stubs + 1 * KIT_STUB, INT_GATE32
        mov dword [try_name], .limited_name
        mov dword [try_eip], .limited
        mov dword [try_resume], .limited_behind
        mov [try_esp], esp
        mov [try_ss], ss
        jmp LIMITED:.limited - 1
.limited_behind:
        jmp CODE0:.end
        nop
.limited:
        nop
.limited_name: db "beyond the code's limit", 0
.end:   xor eax, eax
        mov dr7, eax
        ret
.return:
        iretd
.invalid:
        add dword [esp], 2
        iretd
.divide_error:
        inc ecx
        iretd
