; A debug trap of MOV SS or POP SS is held back until the next instruction has completed, also where that is an
; interrupt: then #DB comes before the handler's first instruction; a fault of that instruction drops it (SDM vol. 3A,
; 6.8.3; vol. 3C, 26.6.3). Breakpoint 0 is on the memory that SS is loaded from. Each cell: DR6 and EIP as an offset
; from the instruction behind.
; Bochs 2.7 drops the trap with every interrupt, QEMU 7.2 does not hold it back.
; Rows: mov to-segment, pop segment, lss, int, int3, div, mov, iretd
; Expect:
;   NOP 0ff10001
;   MOV 0ff10005
;   a second breakpoint 0ff30005
;   INT n 0ff10004
;   INT3 0ff10003
;   DIV by 0, stepped over
;   UD2, stepped over
;   a jump 0ff10003
;   POP SS, MOV ESP 0ff10002
;   LSS holds nothing 0ff10000
;   end
%include "testkit.inc"
%include "trace.inc"
bits 32
SELECTOR        equ FREE_MEMORY
OTHER           equ FREE_MEMORY + 8

; Traces with the breakpoints on; the instruction behind the one that holds is at %$at.
%macro watched 1
        trace_with %1, 2
        mov dword [trace_origin], %$at
        mov eax, 0x40a | 3 << 16 | 1 << 18 | 1 << 20
        mov dr7, eax
%endmacro
; Loads SS from the watched selector.
%macro held 1
        watched %1
        mov ss, [SELECTOR]
%$at:
%endmacro
%macro held_end 0
        trace_end
        xor eax, eax
        mov dr7, eax
%endmacro

test:
        put_gate 1, CODE0, trace_handler, INT_GATE32
        mov word [SELECTOR], DATA0
        mov eax, SELECTOR
        mov dr0, eax
        mov eax, OTHER
        mov dr1, eax
        held "NOP"
        nop
        nop
        held_end
        held "MOV"
        mov eax, 1
        held_end
        held "a second breakpoint"
        mov [OTHER], al
        held_end
        put_gate 0x40, CODE0, .int_handler, INT_GATE32
        held "INT n"
        int 0x40
        jmp short %$over
.int_handler:
        nop
        iretd
%$over: held_end
        put_gate 3, CODE0, .int3_handler, INT_GATE32
        held "INT3"
        int3
        jmp short %$over
.int3_handler:
        nop
        iretd
%$over: held_end
        xor edx, edx
        xor ecx, ecx
        put_gate 0, CODE0, .skip_two, INT_GATE32
        held "DIV by 0, stepped over"
        div ecx
        nop
        held_end
        put_gate 6, CODE0, .skip_two, INT_GATE32
        held "UD2, stepped over"
        ud2
        nop
        held_end
        held "a jump"
        jmp short %$target
        nop
%$target:
        nop
        held_end
        mov ebp, esp
        watched "POP SS, MOV ESP"
        mov esp, SELECTOR
        pop ss
%$at:   mov esp, ebp
        nop
        held_end
        mov [SELECTOR], esp
        mov dword [SELECTOR + 4], DATA0
        watched "LSS holds nothing"
        lss esp, [SELECTOR]
%$at:   nop
        nop
        held_end
        ret
.skip_two:
        add dword [esp], 2
        iretd
