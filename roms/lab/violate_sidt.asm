; A kernel's debugger that hooks the breakpoint: it asks SIDT where the table of vectors is and writes its gate there. At
; an outer ring it is told where the monitor's table is, which no page of its own maps.
%include "lab/kernel.inc"

test:
        call catch_faults
        call kit_paging_on
        sidt [pointer]
        mov edi, [pointer + 2]
        say_hex "debugger: vectors at", edi
        mov eax, breakpoint
        mov [edi + 3 * 8], ax
        mov word [edi + 3 * 8 + 2], CODE0
        mov word [edi + 3 * 8 + 4], INT_GATE32 << 8
        mov word [edi + 3 * 8 + 6], 0
        say "debugger: vector 3 is hooked"
        int3
        cmp byte [taken], 0
        jne .taken
        panic "the debugger has missed its breakpoint"
.taken:
        say "debugger: breakpoint taken"
        shut_down

breakpoint:
        mov byte [taken], 1
        iretd

        section .data
pointer: dw 0, 0, 0
taken:  db 0
        section .text
