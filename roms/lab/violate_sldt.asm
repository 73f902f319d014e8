; A kernel that frees a dead thread's LDT asks SLDT whether the processor still uses it, as another thread may. At an
; outer ring SLDT shows the monitor's: the memory is freed, and the thread that lives loads a segment from it.
%include "lab/kernel.inc"

IN_LDT          equ 7                   ; the LDT's first entry, RPL 3
SYSTEM_CALL     equ 0x80

test:
        call catch_faults
        put_gate SYSTEM_CALL, CODE0, thread_ends, INT_GATE32 | DPL(3)
        put_gate 13, CODE0, thread_faults, INT_GATE32
        put_ldt_descriptor IN_LDT, 0, 0xfffff, DATA_RW | DPL(3), FLAT
        say "kernel: thread 1 has ended, its LDT is that of thread 2"
        call free_ldt
        say "kernel: thread 2 runs"
        push dword DATA3
        push dword STACK3
        push dword 2
        push dword CODE3
        push dword thread
        iretd

free_ldt:
        sldt ax
        cmp ax, LDT_SELECTOR
        je .in_use
        say "kernel: the LDT is not loaded: its memory is freed and cleared"
        mov edi, LDT
        mov ecx, 0x100 / 4
        xor eax, eax
        rep stosd
        ret
.in_use:
        say "kernel: the LDT is loaded: it stays"
        ret

thread:
        mov eax, IN_LDT
        mov fs, eax
        int SYSTEM_CALL

thread_ends:
        mov eax, DATA0
        mov ds, eax
        say "thread 2: has its own segment"
        shut_down
thread_faults:
        pop ebx
        mov eax, DATA0
        mov ds, eax
        say_selector "thread 2: general protection fault, selector", ebx
        panic "attempted to kill init"
