; A memory manager for DOS that asks SMSW before it starts whether the processor is in protected mode already, for then
; it is in virtual-8086 mode, under another one. Under a monitor, real mode is virtual-8086 mode.
%include "lab/kernel.inc"

test:
        call catch_faults
        in_real start_manager
        cmp byte [refused], 0
        je .started
        panic "no memory beyond 640 KB: nothing else can start"
.started:
        say "memory manager: protected mode is its own, 15 MB are free"
        shut_down

bits 16
start_manager:
        mov esi, banner
        call kit16_string
        smsw ax
        test al, 1
        jz .real_mode
        mov esi, already
        call kit16_string
        mov byte [refused], 1
.real_mode:
        ret

        section .data
refused: db 0
banner: db "memory manager: loading from real mode", 10, 0
already: db "memory manager: this is virtual-8086 mode, under another manager", 10, 0
        section .text
