; A kernel that starts its drivers at ring 1 by a far RET to a frame of the driver's CS:EIP and SS:ESP. At ring 1 that is
; a return within a ring: SS:ESP is not popped, so that the driver runs on the kernel's stack and takes the kernel's words
; for its arguments. (At ring 3 it is a return inwards, which faults.)
%include "lab/kernel.inc"

UNIT            equ 2
RETURN          equ 0x80

test:
        call catch_faults
        put_gate RETURN, CODE0, driver_returns, INT_GATE32 | DPL(1)
        mov dword [STACK1 - 4], UNIT    ; the driver's argument, on its stack
        say_count "kernel: starts the disk driver for unit", UNIT
        push dword DATA1
        push dword STACK1 - 4
        push dword CODE1
        push dword driver
        retf

driver:                                 ; DS and ES are null here: the stack's segment serves
        pop eax
        mov [ss:unit], eax
        int RETURN

driver_returns:
        mov eax, DATA0
        mov ds, eax
        mov es, eax
        say_count "driver: unit", [unit]
        cmp dword [unit], UNIT
        je .ready
        say "driver: no such unit. It has taken it from the kernel's stack"
        panic "no root device"
.ready:
        say "driver: ready"
        shut_down

        section .data
unit:   dd 0
        section .text
