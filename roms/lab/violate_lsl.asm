; A kernel that grants a process a port asks LSL how long its task state segment is, for the bitmap of ports at its end.
; System descriptors have DPL 0 and are for ring 0 alone: at an outer ring LSL says that there is no such segment, and
; the kernel takes this for a task without a bitmap.
%include "lab/kernel.inc"

PORT            equ 0x61                ; has no side effect of reading that matters
SYSTEM_CALL     equ 0x80
BITMAP          equ 104

test:
        call catch_faults
        put_gate SYSTEM_CALL, CODE0, process_ends, INT_GATE32 | DPL(3)
        put_gate 13, CODE0, process_faults, INT_GATE32
        say_selector "process 7: ioperm on port", PORT
        mov ebx, TSS_SELECTOR
        lsl eax, ebx
        jnz .no_bitmap
        say_hex "kernel: its TSS has the limit", eax
        cmp eax, BITMAP + PORT / 8 + 1
        jb .no_bitmap
        and byte [TSS + BITMAP + PORT / 8], ~(1 << PORT % 8) & 0xff
        say "kernel: port granted"
        jmp .run
.no_bitmap:
        say "kernel: a task without a bitmap of ports: nothing to do"
.run:
        push dword DATA3
        push dword STACK3
        push dword 2
        push dword CODE3
        push dword process
        iretd

process:
        in al, PORT
        int SYSTEM_CALL

process_ends:
        mov eax, DATA0
        mov ds, eax
        say "process 7: has read its port"
        shut_down
process_faults:
        mov eax, DATA0
        mov ds, eax
        say "process 7: general protection fault at its IN, killed"
        panic "attempted to kill init"
