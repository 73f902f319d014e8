; A kernel that switches tasks by a far JMP to a task state segment, as Linux did up to 2.2. Such a descriptor has DPL 0
; and is for ring 0 alone.
%include "lab/kernel.inc"

SECOND          equ FREE                ; selector of the second task
SECOND_TSS      equ FREE_MEMORY

test:
        call catch_faults
        put_descriptor SECOND, SECOND_TSS, 103, TSS32_AVAILABLE, 0
        mov dword [SECOND_TSS + 32], second
        mov dword [SECOND_TSS + 36], 2
        mov dword [SECOND_TSS + 56], STACK2
        mov dword [SECOND_TSS + 76], CODE0
        mov dword [SECOND_TSS + 72], DATA0
        mov dword [SECOND_TSS + 80], DATA0
        mov dword [SECOND_TSS + 84], DATA0
        say "scheduler: task 1 gives way to task 2"
        jmp SECOND:0
        say "task 1: runs again"
        shut_down

second:
        say "task 2: runs"
        jmp TSS_SELECTOR:0
