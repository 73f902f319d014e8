; A kernel that takes the number of the current process from the task register, as Linux did up to 2.0: STR, less the
; first task's selector. At an outer ring STR shows the monitor's, and the number is far beyond the table of processes.
%include "lab/kernel.inc"

PROCESSES       equ 4
FIRST_TASK      equ TSS_SELECTOR
times_of        equ FREE_MEMORY         ; processor time of each process
buffers         equ FREE_MEMORY + PROCESSES * 4
BUFFERS         equ 0x7ff0 / 4

test:
        call catch_faults
        say "kernel: process 0 works for three ticks"
        mov ecx, 3
.tick:  call charge_tick
        loop .tick
        say_count "process 0: ticks charged", [times_of]
        mov edi, buffers                ; nothing is in them yet
        mov ecx, BUFFERS
        xor eax, eax
        repe scasd
        je .clean
        lea edi, [edi - 4 - buffers]
        say_hex "buffer cache: damaged at offset", edi
        panic "file system would be lost"
.clean:
        say "buffer cache: clean"
        shut_down

charge_tick:
        xor eax, eax
        str ax
        sub eax, FIRST_TASK
        shr eax, 3
        say_count "tick: charged to process", eax
        inc dword [times_of + eax * 4]
        ret
