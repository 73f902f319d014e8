; A boot sector that leaves protected mode as software for the 286 does (IBM Personal System/2 and Personal Computer BIOS
; Interface Technical Reference, CMOS byte 0Fh): it puts a shutdown code into CMOS memory and an address at 40:67h, resets
; the processor, and goes on at the address. It does so while IRQ 0 is in service, which code 5 ends and code 0Ah does not.
;
; Each reset adds three characters to the line that it writes to the debug console in the end: the code, what reset the
; processor, and whether IRQ 0 was ended (e) or not (-). The machine's exit code is 0.
        bits 16
        org 0x7c00

DEBUG_CONSOLE   equ 0x402
DEBUG_EXIT      equ 0x501
CODES           equ 2
WAYS            equ 3
RESUME_OFFSET   equ 0x467
RESUME_SEGMENT  equ 0x469

        cli
        cld
        call load_segments
        mov word [RESUME_OFFSET], resumed
        mov word [RESUME_SEGMENT], 0
        mov al, 0x34                    ; a quick timer: mode 2, a period of a millisecond
        out 0x43, al
        xor al, al
        out 0x40, al
        mov al, 4
        out 0x40, al
        mov al, 0xfe                    ; IRQ 0 alone
        out 0x21, al

; Interrupts stay off: INIT# masks the local APIC's LINT0, by which those of the 8259A come.
reset_once:
        mov al, 0x0c                    ; OCW3: polls, which takes the request into service
        out 0x20, al
        in al, 0x20
        test al, 0x80
        jz reset_once
        mov al, 0x8f
        out 0x70, al
        mov bx, [code]
        mov al, [codes + bx]
        out 0x71, al
        mov bx, [way]
        add bx, bx
        jmp [resets + bx]

by_keyboard_controller:
        in al, 0x64
        test al, 2
        jnz by_keyboard_controller
        mov al, 0xfe
        out 0x64, al
        jmp never
by_port_92:
        in al, 0x92
        and al, ~1
        out 0x92, al
        or al, 1
        out 0x92, al
        jmp never
by_reset_control:                       ; without bit 1: INIT#
        mov dx, 0xcf9
        xor al, al
        out dx, al
        mov al, 4
        out dx, al
never:  cli
        hlt
        jmp never

resumed:
        cli
        cld
        call load_segments
        mov bx, [code]
        mov al, [code_names + bx]
        mov bx, [way]
        mov ah, [way_names + bx]
        mov di, [line_end]
        stosw
        mov al, 0x0b                    ; OCW3: the in-service register
        out 0x20, al
        in al, 0x20
        test al, 1
        mov al, 'e'
        jz .ended
        mov al, 0x20
        out 0x20, al
        mov al, '-'
.ended: mov ah, ' '
        stosw
        mov [line_end], di
        inc word [way]
        cmp word [way], WAYS
        jne reset_once
        mov word [way], 0
        inc word [code]
        cmp word [code], CODES
        jne reset_once

        mov si, line
        mov cx, di
        sub cx, si
        mov dx, DEBUG_CONSOLE
        rep outsb
        xor al, al
        mov dx, DEBUG_EXIT
        out dx, al
        jmp never

load_segments:                          ; and a stack, at which only the return address is
        pop bp
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        jmp bp

codes:          db 5, 0x0a
code_names:     db '5A'
way_names:      db 'k9c'
resets:         dw by_keyboard_controller, by_port_92, by_reset_control
code:           dw 0
way:            dw 0
line_end:       dw line

        times 510 - ($ - $$) db 0
        dw 0xaa55
line:                                   ; behind the sector, in memory
