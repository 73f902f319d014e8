; A kernel that finds damage, notes its registers, CS by MOV, and leaves the rest to what serves exceptions too: were they
; an application's or the kernel's? (Linux: crash_setup_regs and user_mode.) At an outer ring its own CS shows that ring,
; so an application dies for the kernel's damage, and the kernel goes on with it.
%include "lab/kernel.inc"

DAMAGED         equ 0xdeadbeef

test:
        call catch_faults
        say "kernel: process 7 reads a file"
        call read_directory
        say "kernel: process 8 reads a file"
        call read_directory
        say "kernel: two files read"
        shut_down

read_directory:
        cmp dword [free_blocks], DAMAGED
        jne .sound
        say "BUG: the list of free blocks is damaged"
        mov [registers_cs], cs
        call die
.sound:
        ret

die:                                    ; as for an exception: whose registers are these?
        say_selector "  cs", [registers_cs]
        test byte [registers_cs], 3
        jnz .application
        say "  kernel mode: the list is built anew, nothing is lost"
        mov dword [free_blocks], 0x1000
        ret
.application:
        say "  user mode: the process is killed"
        inc dword [killed]
        cmp dword [killed], 2
        jb .survivors
        panic "all processes were killed; the list is still damaged"
.survivors:
        ret

        section .data
free_blocks:    dd DAMAGED
registers_cs:   dd 0
killed:         dd 0
        section .text
