; A kernel's first instruction that matters: LSS of its stack (Linux: startup_32, stack_start). The selector has RPL 0; a
; stack of ring 1 must have RPL 1.
%include "lab/kernel.inc"

test:
        call catch_faults
        say "startup: to the kernel's own stack"
        lss esp, [stack_start]
        say_hex "startup: stack at", esp
        shut_down

        section .data
stack_start:
        dd STACK0 - 0x200
        dw DATA0
        section .text
