; A kernel that starts the first process by its own system call, INT 80h in kernel code, as Linux did up to 2.5. The
; handler looks at the pushed CS for who called. At ring 1 INT pushes a CS of that ring: an application is taken to be
; there, and IRET refuses the frame; at ring 3 as well.
%include "lab/kernel.inc"

SYSTEM_CALL     equ 0x80
EXECVE          equ 11

test:
        call catch_faults
        put_gate SYSTEM_CALL, CODE0, system_call, INT_GATE32 | DPL(3)
        say "kernel: execve of init, by its own system call"
        mov eax, EXECVE
        int SYSTEM_CALL
        say_hex "kernel: execve returned", eax
        shut_down

system_call:
        say_selector "system call: from cs", [esp + 4]
        test byte [esp + 4], 3
        jnz .application
        say "system call: execve for the kernel"
        xor eax, eax
        iretd
.application:
        say "system call: from an application, which may not name kernel memory"
        mov eax, -14                    ; EFAULT
        iretd
